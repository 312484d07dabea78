"""The one shape of every answer."""

import orjson
import pytest

from gateway import envelope as envelopes
from gateway.envelope import Envelope
from gateway.errors import NotFound, Overloaded, ParameterError

FLAGS = {"request_id": "r1", "creation": True}


def success() -> Envelope:
    return envelopes.of_success(b'{"pong":true}', flags=FLAGS, seconds=0.0041171)


def parameter_error() -> Envelope:
    error = ParameterError("`name` is wrong", {"name": ["Wrong."]})
    return envelopes.of_parameter_error(error, flags=FLAGS, seconds=0.5)


def error() -> Envelope:
    return envelopes.of_error(Overloaded(), flags=FLAGS, seconds=12.0, headers=(("Sunset", "x"),))


SUCCESS = """\
{"status":"success","time":0.004117,"flags":{"request_id":"r1","creation":true},\
"data":{"pong":true}}"""

PARAMETER_ERROR = """\
{"status":"parameter-error","time":0.500000,"flags":{"request_id":"r1","creation":true},\
"data":{"message":"`name` is wrong","errors":{"name":["Wrong."]}}}"""

ERROR = """\
{"status":"error","time":12.000000,"flags":{"request_id":"r1","creation":true},\
"data":{"code":"Overloaded","message":"The gateway is going down or has too much to do; \
try again in a moment.","retryable":true}}"""


@pytest.mark.parametrize(
    ("envelope", "body"),
    [(success(), SUCCESS), (parameter_error(), PARAMETER_ERROR), (error(), ERROR)],
)
def test_an_envelope_is_four_keys_in_order(envelope: Envelope, body: str) -> None:
    assert envelope.body.decode() == body
    assert list(orjson.loads(envelope.body)) == ["status", "time", "flags", "data"]


@pytest.mark.parametrize(
    ("envelope", "gateway_status", "http_status", "mirrored"),
    [
        (success(), "success", 200, 200),
        (parameter_error(), "parameter-error", 200, 422),
        (error(), "error;code=Overloaded", 503, 503),
        (
            envelopes.of_error(NotFound(), flags=FLAGS, seconds=0),
            "error;code=NotFound",
            200,
            404,
        ),
    ],
)
def test_an_envelope_knows_how_doors_tell_its_outcome(
    envelope: Envelope, gateway_status: str, http_status: int, mirrored: int
) -> None:
    assert envelope.gateway_status == gateway_status
    assert (envelope.http_status, envelope.mirrored) == (http_status, mirrored)


def test_an_errors_own_headers_come_behind_the_calls() -> None:
    assert error().headers == (("Sunset", "x"), ("Retry-After", "1"))

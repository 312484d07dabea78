"""The outcome is in the envelope; the HTTP status mirrors it for those who ask."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.web.wire import GREET, Wire, json_request, request, wired
from tests.support.house import House

CRASH, THINGS = "/api/v1/toys/keep_and_crash", "/api/v1/toys/things"
BRIEF = "/api/v1/toys/brief"
JSON = "application/json"


class Case(NamedTuple):
    """A request, its outcome, and the HTTP status of it unasked and mirrored."""

    outcome: str
    sent: bytes
    status: int
    mirrored: int


CASES = [
    Case("success", json_request(), 200, 200),
    Case("parameter-error", json_request(sent={"name": ""}), 200, 422),
    Case("TooSour", json_request(sent={"name": "lemon"}), 200, 422),
    Case("UnknownAction", json_request("/api/v1/toys/nothing"), 200, 404),
    Case("AccessDenied", json_request(CRASH), 200, 401),
    Case("InvalidAPIKey", json_request(CRASH, Authorization="Bearer x"), 200, 401),
    Case("MalformedRequest", request(GREET, b"{", Content_Type=JSON), 200, 400),
    Case("UnsupportedMediaType", request(GREET, b"{}", Content_Type="text/plain"), 200, 415),
    Case("PayloadTooLarge", json_request(BRIEF, sent={"name": "x" * 40}), 200, 413),
    Case("RequestTimeout", request(Content_Type=JSON, Content_Length="2"), 200, 408),
    Case("DeadlineExceeded", request("/api/v1/toys/wait", X_Timeout_Ms="1"), 200, 504),
    Case("FilterError", json_request(THINGS, sent={"filters": {"x": 1}}), 200, 422),
    Case("Conflict", json_request("/api/v1/toys/keep", sent={"name": "there"}), 200, 409),
    Case("InternalServerError", json_request(CRASH), 500, 500),
    Case("UnknownPath", request("/nowhere"), 404, 404),
    Case("MethodNotAllowed", request(method="GET"), 405, 405),
]
ALL = pytest.mark.parametrize("case", CASES, ids=lambda case: case.outcome)
WITH_KEY = {"FilterError", "Conflict", "InternalServerError"}


def with_header(sent: bytes, header: str) -> bytes:
    head, _, body = sent.partition(b"\r\n\r\n")
    return head + f"\r\n{header}\r\n\r\n".encode() + body


def keyed(case: Case, house: House) -> bytes:
    """The request, with the key if its outcome needs one."""
    if case.outcome not in WITH_KEY:
        return case.sent
    return with_header(case.sent, f"Authorization: Bearer {house.key}")


@pytest.fixture
async def stocked(house: House) -> House:
    """A house in which the thing `there` is kept."""
    await house.data("toys/keep", name="there")
    return house


@ALL
async def test_a_call_that_reached_the_gateway_is_answered_200_but_for_a_few(
    stocked: House, wire: Wire, case: Case
) -> None:
    answer = await wire.call(keyed(case, stocked))

    assert (answer.code, answer.status) == (case.outcome, case.status)
    assert "Preference-Applied" not in answer.headers


@ALL
async def test_who_prefers_it_gets_the_outcome_as_the_status(
    stocked: House, wire: Wire, case: Case
) -> None:
    answer = await wire.call(with_header(keyed(case, stocked), "Prefer: http-status"))

    assert (answer.code, answer.status) == (case.outcome, case.mirrored)
    assert answer.headers["Preference-Applied"] == "http-status"


async def test_several_prefer_headers_are_one_list(wire: Wire) -> None:
    sent = with_header(json_request(sent={"name": ""}), "Prefer: wait=5")
    answer = await wire.call(with_header(sent, "Prefer: http-status"))

    assert answer.status == 422


@pytest.fixture
async def mirroring(open_house: OpenHouse) -> AsyncIterator[Wire]:
    """A connection to a gateway that mirrors unasked."""
    house = await open_house(door="http", sections=(toys.section,), mirror_status=True)
    async with wired(house) as connected:
        yield connected


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (json_request(), 200),
        (json_request(sent={"name": ""}), 422),
        (json_request(CRASH), 401),
        (request("/nowhere"), 404),
    ],
)
async def test_an_operator_can_make_that_the_default(
    mirroring: Wire, sent: bytes, status: int
) -> None:
    answer = await mirroring.call(sent)

    assert answer.status == status
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("http-status", 422),
        ("HTTP-Status", 422),
        ("respond-async, http-status", 422),
        ("http-status; foo=1, wait=10", 422),
        ("respond-async,http-status;x", 422),
        ("http-statuses", 200),
        ("wait=http-status", 200),
        ("respond-async", 200),
        ("", 200),
    ],
)
async def test_a_preference_is_one_of_a_list(wire: Wire, prefer: str, status: int) -> None:
    answer = await wire.call(json_request(sent={"name": ""}, Prefer=prefer))

    assert answer.status == status


async def test_broken_http_is_400_for_everybody(wire: Wire) -> None:
    answer = await wire.call(b"nonsense\r\n\r\n")

    assert (answer.line, answer.code) == ("HTTP/1.1 400 Bad Request", "MalformedRequest")


async def test_the_body_is_the_same_either_way(wire: Wire) -> None:
    sent = {"name": "lemon"}
    plain = (await wire.call(json_request(sent=sent, X_Request_Id="r"))).envelope
    mirrored = await wire.call(json_request(sent=sent, X_Request_Id="r", Prefer="http-status"))

    assert {**mirrored.envelope, "time": 0} == {**plain, "time": 0}

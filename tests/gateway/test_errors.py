"""Errors state their sentence, and carry exactly the values that their class names."""

from typing import ClassVar

import pytest

from gateway import errors
from gateway.errors import ActionError

# The table of the protocol's section 2: code, attributes, mirrored status.
OF_THE_GATEWAY: list[tuple[str, list[str], int]] = [
    ("MalformedRequest", [], 400),
    ("UnsupportedMediaType", [], 415),
    ("PayloadTooLarge", ["limit"], 413),
    ("RequestTimeout", [], 408),
    ("UnknownAction", ["section", "action", "did_you_mean"], 404),
    ("AccessDenied", [], 401),
    ("InvalidAPIKey", [], 401),
    ("PermissionDenied", ["scope"], 403),
    ("WorkspaceSuspended", [], 403),
    ("NotFound", [], 404),
    ("Conflict", [], 409),
    ("FilterError", ["attribute", "issue_code", "issue_message"], 422),
    ("RateLimited", ["retry_after"], 429),
    ("DeadlineExceeded", [], 504),
    ("Overloaded", [], 503),
    ("InternalServerError", [], 500),
    ("UnknownPath", [], 404),
    ("MethodNotAllowed", [], 405),
    ("HttpsRequired", [], 308),
]
UNASKED = {
    "Overloaded": 503,
    "InternalServerError": 500,
    "UnknownPath": 404,
    "MethodNotAllowed": 405,
    "HttpsRequired": 308,
}
RETRYABLE = {
    *("RequestTimeout", "RateLimited", "DeadlineExceeded", "Overloaded", "InternalServerError")
}


class Spilled(ActionError):
    message = "{amount} of {what} spilled over {where}."
    attributes: ClassVar = {"amount": 1, "what": "milk"}
    wording: ClassVar = {"where": "the floor"}
    number = -1234


@pytest.mark.parametrize(("code", "attributes", "mirrored"), OF_THE_GATEWAY)
def test_the_gateways_own_errors_are_those_of_the_protocol(
    code: str, attributes: list[str], mirrored: int
) -> None:
    kind: type[ActionError] = getattr(errors, code)

    assert kind.code() == code
    assert list(kind.attributes) == attributes
    assert kind.mirrored == mirrored
    assert kind.http_status == UNASKED.get(code, 200)
    assert kind.retryable is (code in RETRYABLE)
    assert kind.example().sentence


def test_an_error_shows_its_attributes_and_keeps_its_wording_to_itself() -> None:
    error = Spilled(amount=2, what="tea", where="the desk")

    assert list(error.data().items()) == [
        ("code", "Spilled"),
        ("message", "2 of tea spilled over the desk."),
        ("retryable", False),
        ("number", -1234),
        ("amount", 2),
        ("what", "tea"),
    ]


def test_an_error_without_a_number_shows_none() -> None:
    assert "number" not in errors.NotFound().data()


@pytest.mark.parametrize(
    "values",
    [{}, {"amount": 1, "what": "tea"}, {"amount": 1, "what": "tea", "where": "", "when": "now"}],
)
def test_an_error_takes_its_values_and_no_others(values: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="Spilled takes amount, what, where"):
        Spilled(**values)


def test_an_action_error_mirrors_422_unless_it_says_otherwise() -> None:
    assert (Spilled.mirrored, Spilled.http_status, Spilled.retryable) == (422, 200, False)


def test_the_example_of_an_error_reads_like_a_real_one() -> None:
    assert str(Spilled.example()) == "1 of milk spilled over the floor."


@pytest.mark.parametrize(
    ("seconds", "header"), [(0.001, "1"), (1.0, "1"), (1.001, "2"), (60, "60")]
)
def test_who_is_limited_is_told_whole_seconds_too(seconds: float, header: str) -> None:
    error = errors.RateLimited(retry_after=seconds)

    assert error.data()["retry_after"] == seconds
    assert error.all_headers() == (("Retry-After", header),)

"""What the system section takes and gives, as tables."""

from typing import Any

import pytest
from marshmallow import ValidationError

from schemas.base import ABSENT, Shape
from schemas.system import (
    Echo,
    EchoedShape,
    EchoShape,
    Nothing,
    NothingShape,
    Pong,
    PongShape,
    Rehearsal,
    RehearsalShape,
    Wanted,
    WantedShape,
)


def refusal(shape: Shape[Any], params: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(ValidationError) as caught:
        shape.read(params)
    problems: dict[str, Any] = caught.value.normalized_messages()
    return problems


def test_nothing_takes_nothing() -> None:
    assert NothingShape().read({}) == Nothing()
    assert refusal(NothingShape(), {"a": 1}) == {"a": ["Unknown field."]}


def test_a_pong_is_shown() -> None:
    assert PongShape().show(Pong(pong=True)) == {"pong": True}


@pytest.mark.parametrize("action", ["counters/increment", "a/b", "a_1/b_2"])
def test_a_wanted_action_has_its_section(action: str) -> None:
    assert WantedShape().read({"action": action}) == Wanted(action)


def test_no_action_stands_for_all() -> None:
    assert WantedShape().read({}) == Wanted(ABSENT)


@pytest.mark.parametrize(
    "action", ["", "counters", "/a", "a/", "a/b/c", "A/b", "a/B", "1a/b", "a-b/c", "a/b\n", " a/b"]
)
def test_what_no_action_is_called(action: str) -> None:
    assert refusal(WantedShape(), {"action": action}) == {
        "action": ["Must be of the form section/action."]
    }


@pytest.mark.parametrize("value", [None, 5, ["a/b"]])
def test_a_wanted_action_is_a_text(value: object) -> None:
    assert list(refusal(WantedShape(), {"action": value})) == ["action"]


@pytest.mark.parametrize(
    "params",
    [{}, {"a": None, "b": [1, {"c": 2.5}]}, {"page": 1, "_full": True, "": "", "rehearse": {}}],
)
def test_echo_takes_any_object_and_gives_it_back(params: dict[str, Any]) -> None:
    echo = EchoShape().read(params)

    assert echo == Echo(params, ABSENT)
    assert list(EchoedShape().show(echo).items()) == list(params.items())


def test_a_rehearsal_is_taken_out_of_the_echo() -> None:
    params = {"a": 1, "_rehearse": {"sleep_ms": 10_000, "crash": True, "error": "Conflict"}}

    echo = EchoShape().read(params)

    assert echo == Echo({"a": 1}, Rehearsal(sleep_ms=10_000, crash=True, error="Conflict"))
    assert EchoedShape().show(echo) == {"a": 1}
    assert list(params) == ["a", "_rehearse"]


def test_a_rehearsal_is_harmless_unless_told_otherwise() -> None:
    assert RehearsalShape().read({}) == Rehearsal(sleep_ms=0, crash=False, error=ABSENT)


@pytest.mark.parametrize(
    ("rehearsal", "problems"),
    [
        (None, ["Field may not be null."]),
        ([], {"_schema": ["Invalid input type."]}),
        ("crash", {"_schema": ["Invalid input type."]}),
        ({"sleep": 1}, {"sleep": ["Unknown field."]}),
        ({"sleep_ms": 1.0}, {"sleep_ms": ["Not a valid integer."]}),
        ({"crash": "true"}, {"crash": ["Not a valid boolean."]}),
        ({"crash": None}, {"crash": ["Field may not be null."]}),
    ],
)
def test_what_cannot_be_rehearsed(rehearsal: object, problems: object) -> None:
    assert refusal(EchoShape(), {"a": 1, "_rehearse": rehearsal}) == {"_rehearse": problems}


@pytest.mark.parametrize("sleep_ms", [-1, 10_001])
def test_a_rehearsed_sleep_ends_within_ten_seconds(sleep_ms: int) -> None:
    problems = refusal(EchoShape(), {"_rehearse": {"sleep_ms": sleep_ms}})

    assert problems == {
        "_rehearse": {
            "sleep_ms": ["Must be greater than or equal to 0 and less than or equal to 10000."]
        }
    }


@pytest.mark.parametrize("error", ["notfound", "RehearsalOff", "ActionError", ""])
def test_only_errors_of_the_protocol_can_be_rehearsed(error: str) -> None:
    problems = refusal(EchoShape(), {"_rehearse": {"error": error}})

    assert problems["_rehearse"]["error"][0].startswith("Must be one of: AccessDenied, ")

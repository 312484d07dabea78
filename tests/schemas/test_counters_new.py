"""What a new counter can be, as tables: no gateway, no database."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.base import ABSENT, Shape
from schemas.counters import NewCounter, NewCounterShape, foreign_fields

ID = "01a2003c-06ab-73ba-9d3a-9beed55b7919"
NULL = ["Field may not be null."]
MISSING = ["Missing data for required field."]
INTEGER = ["Not a valid integer."]
LENGTH = {size: [f"Length must be between {size}."] for size in ("5 and 40", "1 and 128")}
UPDOWN = {"name": "Daily steps", "type": "UpDown"}
FROM = {"name": "Days so far", "type": "FromDate", "date": "2026-11-01"}


def refusal(shape: Shape[Any], params: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(ValidationError) as caught:
        shape.read(params)
    problems: dict[str, Any] = caught.value.normalized_messages()
    return problems


def test_a_new_counter_has_its_defaults() -> None:
    made = NewCounterShape().read(UPDOWN)

    assert made == NewCounter(
        name="Daily steps",
        type="UpDown",
        external_id=None,
        value=0,
        mode="UpAndDown",
        goal=None,
        overflow="allow",
        date=ABSENT,
        milestones=(),
        description=None,
        metadata=None,
        timezone=None,
    )


def test_a_new_counter_takes_everything_that_its_type_has() -> None:
    text = {"external_id": "x", "description": "", "metadata": {"a": "b"}, "timezone": "UTC"}

    updown = NewCounterShape().read(
        UPDOWN | text | {"value": -5, "mode": "OnlyDown", "goal": -9, "overflow": "refuse"}
    )
    from_date = NewCounterShape().read(FROM | text | {"milestones": [3, 3, 1]})

    assert updown[:7] == ("Daily steps", "UpDown", "x", -5, "OnlyDown", -9, "refuse")
    assert from_date.date == date(2026, 11, 1)
    assert list(from_date.milestones) == [3, 3, 1]
    assert updown[9:] == from_date[9:] == ("", {"a": "b"}, "UTC")


@pytest.mark.parametrize(
    ("params", "problems"),
    [
        ({}, {"name": MISSING, "type": MISSING}),
        (UPDOWN | {"name": "Four"}, {"name": LENGTH["5 and 40"]}),
        (UPDOWN | {"name": " Four "}, {"name": LENGTH["5 and 40"]}),
        (UPDOWN | {"name": "x" * 41}, {"name": LENGTH["5 and 40"]}),
        (UPDOWN | {"name": 12345}, {"name": ["Not a valid string."]}),
        (UPDOWN | {"type": "updown"}, {"type": ["Must be one of: UpDown, FromDate, ToDate."]}),
        (UPDOWN | {"external_id": ""}, {"external_id": LENGTH["1 and 128"]}),
        (UPDOWN | {"external_id": "x" * 129}, {"external_id": LENGTH["1 and 128"]}),
        (UPDOWN | {"external_id": 5}, {"external_id": ["Not a valid string."]}),
        (UPDOWN | {"value": 1.0, "goal": "9"}, {"value": INTEGER, "goal": INTEGER}),
        (UPDOWN | {"mode": "Up"}, {"mode": ["Must be one of: OnlyUp, OnlyDown, UpAndDown."]}),
        (UPDOWN | {"overflow": "Refuse"}, {"overflow": ["Must be one of: allow, refuse."]}),
        (UPDOWN | dict.fromkeys(("value", "goal")), {"value": NULL, "goal": NULL}),
        (
            UPDOWN | dict.fromkeys(("external_id", "description", "metadata")),
            {"external_id": NULL, "description": NULL, "metadata": NULL},
        ),
        (
            UPDOWN | {"description": "x" * 2001},
            {"description": ["Length must be between 0 and 2000."]},
        ),
        (
            UPDOWN | {"metadata": {f"key {n}": "" for n in range(21)}},
            {"metadata": ["Longer than maximum length 20."]},
        ),
        (
            UPDOWN | {"metadata": {"k" * 41: "", "v": "x" * 501}},
            {
                "metadata": {
                    "k" * 41: {"key": ["Length must be between 1 and 40."]},
                    "v": {"value": ["Length must be between 0 and 500."]},
                }
            },
        ),
        (FROM | {"date": "1 November"}, {"date": ["Not a valid date."]}),
        (FROM | {"date": None}, {"date": NULL}),
        ({"name": "Days left", "type": "ToDate"}, {"date": MISSING}),
        (
            FROM | {"milestones": [*range(1, 22)]},
            {"milestones": ["Longer than maximum length 20."]},
        ),
        (FROM | {"milestones": 7}, {"milestones": ["Not a valid list."]}),
        (FROM | {"milestones": ["7", None]}, {"milestones": {0: INTEGER, 1: NULL}}),
        (FROM | {"timezone": "Berlin"}, {"timezone": ["Not a time zone that we know."]}),
        (UPDOWN | {"id": ID}, {"id": ["Unknown field."]}),
        (UPDOWN | {"version": 1}, {"version": ["Unknown field."]}),
    ],
)
def test_what_a_new_counter_cannot_be(params: dict[str, Any], problems: dict[str, Any]) -> None:
    assert refusal(NewCounterShape(), params) == problems


@pytest.mark.parametrize(
    "params",
    [
        UPDOWN | {"name": "x" * 40, "external_id": "y" * 128, "description": "z" * 2000},
        UPDOWN | {"metadata": {f"{n:040}": "v" * 500 for n in range(20)}},
        FROM | {"milestones": [*range(1, 21)], "date": "0001-01-01"},
        FROM | {"milestones": [1, 3_652_058], "date": "9999-12-31"},
    ],
)
def test_the_longest_that_a_new_counter_can_be(params: dict[str, Any]) -> None:
    made = NewCounterShape().read(params)

    assert {name: getattr(made, name) for name in params if name != "date"} == {
        name: value for name, value in params.items() if name != "date"
    }


@pytest.mark.parametrize("days", [0, -7, 3_652_059])
def test_a_milestone_is_a_number_of_days_that_a_calendar_has(days: int) -> None:
    problems = refusal(NewCounterShape(), FROM | {"milestones": [days]})

    assert problems == {
        "milestones": {0: ["Must be greater than or equal to 1 and less than or equal to 3652058."]}
    }


@settings(deadline=None)
@given(st.text(min_size=5, max_size=40).filter(lambda text: text == text.strip()))
def test_any_5_to_40_code_points_are_a_name(name: str) -> None:
    assert NewCounterShape().read(UPDOWN | {"name": f" {name}\n"}).name == name


@pytest.mark.parametrize(
    ("type_", "foreign"),
    [
        ("UpDown", {"date", "milestones"}),
        ("FromDate", {"value", "mode", "goal", "overflow"}),
        ("ToDate", {"value", "mode", "goal", "overflow", "milestones"}),
    ],
)
def test_each_type_has_fields_of_its_own(type_: str, foreign: set[str]) -> None:
    everything = dict.fromkeys(NewCounter._fields)
    sentence = [f"A counter of type {type_} does not have this."]

    assert foreign_fields(type_, everything) == dict.fromkeys(foreign, sentence)

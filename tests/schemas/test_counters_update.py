"""What an update can change, as tables: no gateway, no database."""

from datetime import date
from typing import Any

import pytest
from marshmallow import ValidationError

from schemas.base import Shape
from schemas.counters import CounterReference, CounterUpdate, CounterUpdateShape

ID = "01a2003c-06ab-73ba-9d3a-9beed55b7919"
NULL = ["Field may not be null."]
ONE = ["Send either id or external_id."]
INTEGER = ["Not a valid integer."]
LENGTH = {size: [f"Length must be between {size}."] for size in ("5 and 40", "1 and 128")}


def refusal(shape: Shape[Any], params: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(ValidationError) as caught:
        shape.read(params)
    problems: dict[str, Any] = caught.value.normalized_messages()
    return problems


@pytest.mark.parametrize(
    ("params", "reference", "changes"),
    [
        ({"id": ID, "name": "Steps a day"}, {"id": ID}, {"name": "Steps a day"}),
        ({"id": ID, "external_id": "new"}, {"id": ID}, {"external_id": "new"}),
        ({"id": ID, "external_id": None}, {"id": ID}, {"external_id": None}),
        ({"external_id": "old", "goal": None}, {"external_id": "old"}, {"goal": None}),
        (
            {"external_id": "old", "milestones": [7], "timezone": "UTC", "expected_version": 1},
            {"external_id": "old"},
            {"milestones": [7]},
        ),
        (
            {"id": ID, "description": None, "metadata": None, "milestones": None},
            {"id": ID},
            {"description": None, "metadata": None, "milestones": None},
        ),
        (
            {"id": ID, "date": "2026-11-21", "mode": "OnlyUp", "overflow": "refuse"},
            {"id": ID},
            {"date": date(2026, 11, 21), "mode": "OnlyUp", "overflow": "refuse"},
        ),
    ],
)
def test_an_update_tells_which_counter_and_what_changes(
    params: dict[str, Any], reference: dict[str, Any], changes: dict[str, Any]
) -> None:
    update = CounterUpdateShape().read(params)

    assert update.reference == CounterReference(**reference)
    assert update.changes() == changes


@pytest.mark.parametrize(
    ("params", "problems"),
    [
        ({}, {"id": ONE}),
        ({"name": "Steps a day"}, {"id": ONE}),
        ({"external_id": None, "name": "Steps a day"}, {"id": ONE}),
        ({"id": None, "name": "Steps a day"}, {"id": NULL}),
        ({"id": ID}, {"_schema": ["Send at least one field to change."]}),
        ({"external_id": "old"}, {"_schema": ["Send at least one field to change."]}),
        (
            {"id": ID, "timezone": "UTC", "expected_version": 3},
            {"_schema": ["Send at least one field to change."]},
        ),
        ({"id": ID, "name": None, "mode": None}, {"name": NULL, "mode": NULL}),
        ({"id": ID, "overflow": None, "date": None}, {"overflow": NULL, "date": NULL}),
        ({"id": ID, "name": "Four"}, {"name": LENGTH["5 and 40"]}),
        ({"id": ID, "external_id": ""}, {"external_id": LENGTH["1 and 128"]}),
        ({"id": ID, "goal": 1.0}, {"goal": INTEGER}),
        ({"id": ID, "goal": 1, "expected_version": None}, {"expected_version": NULL}),
        ({"id": ID, "value": 5}, {"value": ["Unknown field."]}),
        ({"id": ID, "type": "ToDate"}, {"type": ["Unknown field."]}),
        ({"id": ID, "milestones": [None]}, {"milestones": {0: NULL}}),
    ],
)
def test_what_an_update_cannot_be(params: dict[str, Any], problems: dict[str, Any]) -> None:
    assert refusal(CounterUpdateShape(), params) == problems


def test_an_update_expects_a_version_from_1_on() -> None:
    update = CounterUpdateShape().read({"id": ID, "goal": 1, "expected_version": 1})

    assert update == CounterUpdate(id=ID, goal=1, expected_version=1)
    assert list(refusal(CounterUpdateShape(), {"id": ID, "goal": 1, "expected_version": 0})) == [
        "expected_version"
    ]

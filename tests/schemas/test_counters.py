"""How counters are named, moved and shown, as tables: no gateway, no database."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from marshmallow import ValidationError

from schemas.base import ABSENT, Shape
from schemas.counters import (
    Change,
    ChangeShape,
    Counter,
    CounterListShape,
    CounterMoment,
    CounterMomentShape,
    CounterReference,
    CounterReferenceShape,
    CounterShape,
    CounterStep,
    CounterStepShape,
    CounterValue,
    CounterValueShape,
    Milestone,
)

ID = "01a2003c-06ab-73ba-9d3a-9beed55b7919"
NULL = ["Field may not be null."]
MISSING = ["Missing data for required field."]
ONE = ["Send either id or external_id."]
INTEGER = ["Not a valid integer."]
TOO_LONG = ["Length must be between 1 and 128."]


def refusal(shape: Shape[Any], params: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(ValidationError) as caught:
        shape.read(params)
    problems: dict[str, Any] = caught.value.normalized_messages()
    return problems


REFERRING: list[tuple[Shape[Any], dict[str, Any]]] = [
    (CounterReferenceShape(), {}),
    (CounterStepShape(), {}),
    (CounterValueShape(), {"value": 5}),
    (CounterMomentShape(), {"moment": "2026-11-21T12:00:00Z"}),
]


@pytest.mark.parametrize(("shape", "more"), REFERRING)
def test_a_counter_is_named_by_its_id_or_by_its_reference(
    shape: Shape[Any], more: dict[str, Any]
) -> None:
    by_id = shape.read({"id": ID, **more})
    by_reference = shape.read({"external_id": "steps", **more})

    assert (by_id.id, by_id.external_id) == (ID, None)
    assert (by_reference.id, by_reference.external_id) == (None, "steps")


@pytest.mark.parametrize(("shape", "more"), REFERRING)
@pytest.mark.parametrize(
    ("reference", "problems"),
    [
        ({}, {"id": ONE}),
        ({"id": ID, "external_id": "steps"}, {"external_id": ONE}),
        ({"id": None}, {"id": NULL}),
        ({"external_id": None}, {"external_id": NULL}),
        ({"id": "steps"}, {"id": ["Not a valid id."]}),
        ({"external_id": "x" * 129}, {"external_id": TOO_LONG}),
    ],
)
def test_a_counter_is_named_once(
    shape: Shape[Any], more: dict[str, Any], reference: dict[str, Any], problems: dict[str, Any]
) -> None:
    assert refusal(shape, reference | more) == problems


def test_steps_values_and_moments_are_read_whole() -> None:
    moment = datetime(2026, 11, 21, 11, tzinfo=UTC)
    named = {"external_id": "steps"}

    assert CounterStepShape().read(named) == CounterStep(None, "steps", 1)
    assert CounterStepShape().read(named | {"by": 10**12}) == CounterStep(None, "steps", 10**12)
    assert CounterValueShape().read(named | {"value": -1}) == CounterValue(-1, None, "steps")
    assert CounterReferenceShape().read(named | {"timezone": "Asia/Tokyo"}) == CounterReference(
        None, "steps", "Asia/Tokyo"
    )
    assert CounterMomentShape().read(
        named | {"moment": "2026-11-21T12:00:00+01:00"}
    ) == CounterMoment(moment, None, "steps", None)


@pytest.mark.parametrize("by", [0, -1, 10**12 + 1])
def test_a_step_is_1_to_a_million_million(by: int) -> None:
    problems = refusal(CounterStepShape(), {"external_id": "steps", "by": by})

    assert problems == {
        "by": ["Must be greater than or equal to 1 and less than or equal to 1000000000000."]
    }


@pytest.mark.parametrize(
    ("shape", "params", "problems"),
    [
        (CounterStepShape(), {"by": 1.0}, {"by": INTEGER}),
        (CounterStepShape(), {"by": None}, {"by": NULL}),
        (CounterStepShape(), {"timezone": "UTC"}, {"timezone": ["Unknown field."]}),
        (CounterValueShape(), {}, {"value": MISSING}),
        (CounterValueShape(), {"value": "5"}, {"value": INTEGER}),
        (CounterValueShape(), {"value": 1, "by": 1}, {"by": ["Unknown field."]}),
        (CounterMomentShape(), {}, {"moment": MISSING}),
        (CounterMomentShape(), {"moment": "noon"}, {"moment": ["Not a valid moment."]}),
    ],
)
def test_what_steps_values_and_moments_refuse(
    shape: Shape[Any], params: dict[str, Any], problems: dict[str, Any]
) -> None:
    assert refusal(shape, {"external_id": "steps", **params}) == problems


def test_a_list_takes_a_zone_alone() -> None:
    assert CounterListShape().read({"timezone": "Asia/Tokyo"}).timezone == "Asia/Tokyo"
    assert refusal(CounterListShape(), {"type": "UpDown"}) == {"type": ["Unknown field."]}


def test_a_counter_is_shown_flat_in_a_fixed_order_without_what_it_lacks() -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    counter = Counter(
        id=ID,
        external_id=None,
        name="Days so far",
        type="FromDate",
        value=20,
        mode=ABSENT,
        goal=ABSENT,
        overflow=ABSENT,
        date=date(2026, 11, 1),
        milestones=[Milestone(7, date(2026, 11, 8), reached=True)],
        version=1,
        created_at=at,
        updated_at=at,
        created_by=ID,
        description=None,
        metadata={},
        history=[Change(1, "create", None, date(2026, 11, 1), ID, at)],
    )

    shown = CounterShape().show(counter)

    assert list(shown) == [
        *("id", "external_id", "name", "type", "value", "date", "milestones", "version"),
        *("created_at", "updated_at", "created_by", "description", "metadata", "history"),
        "permitted_actions",
    ]
    assert shown["milestones"] == [{"days": 7, "date": "2026-11-08", "reached": True}]
    assert shown["updated_at"] == "2026-11-21T12:00:00.000000Z"


def test_a_change_is_shown_from_and_to() -> None:
    at = datetime(2026, 11, 21, 12, 0, 0, 5, tzinfo=UTC)

    shown = ChangeShape().show(Change(2, "increment", 5, 8, ID, at))

    assert list(shown.items()) == [
        ("version", 2),
        ("action", "increment"),
        ("from", 5),
        ("to", 8),
        ("by_account", ID),
        ("at", "2026-11-21T12:00:00.000005Z"),
    ]

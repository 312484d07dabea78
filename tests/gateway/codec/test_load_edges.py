"""The edges of what comes in: both ways make the same of each, or marshmallow is asked."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from gateway.codec.load import REFUSED, compile_load
from gateway.codec.strict import DEPTH
from schemas.fields import Choice, Day, Flag, Id, Int64, Moment, Text, Zone
from tests.gateway.codec.drawn import typed

Table = list[tuple[fields.Field[Any], Any, Any]]

RANGE = [f"Must be greater than or equal to {-(2**63)} and less than or equal to {2**63 - 1}."]
WHOLE = ["Not a valid integer."]
MOMENT = ["Not a valid moment."]
DAY = ["Not a valid date."]
NULL = ["Field may not be null."]


class OddRange(validate.Range):
    """A range that has a rule of its own beside its bounds."""

    def __call__(self, value: Any) -> Any:
        if value % 2 == 0:
            raise ValidationError("Must be odd.")
        return super().__call__(value)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


TAKEN: Table = [
    (Int64(), 2**63 - 1, 2**63 - 1),
    (Int64(), -(2**63), -(2**63)),
    (Int64(0, 5), 5, 5),
    (Flag(), True, True),
    (Moment(), "2026-11-21T20:34:39Z", datetime(2026, 11, 21, 20, 34, 39, tzinfo=UTC)),
    (Moment(), "2026-11-21t20:34:39z", datetime(2026, 11, 21, 20, 34, 39, tzinfo=UTC)),
    (Moment(), "2026-11-21T20:34:39+14:00", datetime(2026, 11, 21, 6, 34, 39, tzinfo=UTC)),
    (Moment(), "2026-11-21T20:34:39-00:00", datetime(2026, 11, 21, 20, 34, 39, tzinfo=UTC)),
    (Moment(), "2026-11-21T20:34:39.123456789Z", datetime(2026, 11, 21, 20, 34, 39, 123456, UTC)),
    (Day(), "2024-02-29", date(2024, 2, 29)),
    (Choice(("UpDown",)), "UpDown", "UpDown"),
    (Text(0, 2), "\N{CAT}\N{CAT}", "\N{CAT}\N{CAT}"),
    (Text(1, 3, trim=True), "  abc ", "abc"),
    (Text(allow_none=True), None, None),
    (Text(load_default=None), None, None),
    (fields.String(validate=validate.Length(equal=0)), "", ""),
    (fields.Raw(), nested(DEPTH - 1), nested(DEPTH - 1)),
    (fields.Raw(), 1.0, 1.0),
    (fields.Raw(), 2**64 - 1, 2**64 - 1),
    (fields.Raw(validate=validate.Range(Decimal("0.1"), 1)), 0.2, 0.2),
    (fields.Raw(validate=validate.Range(0.5, 1)), True, True),
    (fields.Raw(validate=validate.Range(0, 10**5000)), 2**64 - 1, 2**64 - 1),
    (fields.Raw(validate=validate.Range(-5, -1)), -1.5, -1.5),
    (fields.Raw(validate=validate.Range(None, -1)), -2, -2),
    (Day(validate=validate.Range(date(2026, 1, 1), date(2026, 1, 31))), "2026-01-31",
     date(2026, 1, 31)),
    (fields.String(validate=validate.Length(2)), "abc", "abc"),
    (fields.List(Int64(), validate=validate.Length(max=1)), [], []),
    (fields.Raw(validate=OddRange(0, 9)), 3, 3),
    (fields.List(fields.List(Int64())), [[], [1]], [[], [1]]),
    (fields.Dict(values=fields.Dict()), {"": {}}, {"": {}}),
]  # fmt: skip

REFUSALS: Table = [
    (Int64(), 2**63, RANGE),
    (Int64(), -(2**63) - 1, RANGE),
    (Int64(), True, WHOLE),
    (Int64(), 1.0, WHOLE),
    (Int64(), 1e300, WHOLE),
    (Int64(), "1", WHOLE),
    (Int64(), None, NULL),
    (Flag(), 1, ["Not a valid boolean."]),
    (Flag(), "true", ["Not a valid boolean."]),
    (Flag(), None, NULL),
    (Moment(), "2026-11-21T20:34:60Z", MOMENT),
    (Moment(), "2026-11-21T24:00:00Z", MOMENT),
    (Moment(), "2026-11-21T20:34:39", MOMENT),
    (Moment(), "2026-11-21T20:34Z", MOMENT),
    (Moment(), "2026-11-21 20:34:39Z", MOMENT),
    (Moment(), "2026-11-21", MOMENT),
    (Moment(), "0001-01-01T00:00:00+01:00", MOMENT),
    (Moment(), "\uff12026-11-21T20:34:39Z", MOMENT),
    (Moment(), 1795293279, MOMENT),
    (Moment(), None, NULL),
    (Day(), "2026-02-29", DAY),
    (Day(), "0000-01-01", DAY),
    (Day(), "20260228", DAY),
    (Day(), "2026-02-28T00:00:00Z", DAY),
    (Choice(("UpDown",)), "updown", ["Must be one of: UpDown."]),
    (Choice(("UpDown",)), "UpDown ", ["Must be one of: UpDown."]),
    (Id(), "0193F0F0-0000-7000-8000-000000000000", ["Not a valid id."]),
    (Zone(), "europe/nowhere", ["Not a time zone that we know."]),
    (Text(load_default="x"), None, NULL),
    (Text(0, 2), "abc", ["Length must be between 0 and 2."]),
    (fields.String(validate=validate.Length(equal=0)), "xyz", ["Length must be 0."]),
    # The decimal is more than the float that is written the same.
    (fields.Raw(validate=validate.Range(Decimal("0.1") + Decimal("1e-17"), 1)), 0.1,
     ["Must be greater than or equal to 0.10000000000000001 and less than or equal to 1."]),
    (fields.Raw(validate=validate.Range(5, 1)), 3,
     ["Must be greater than or equal to 5 and less than or equal to 1."]),
    (Day(validate=validate.Range(date(2026, 1, 1), date(2026, 1, 31))), "2026-02-01",
     ["Must be greater than or equal to 2026-01-01 and less than or equal to 2026-01-31."]),
    (fields.String(validate=validate.Length(2)), "a", ["Shorter than minimum length 2."]),
    (fields.List(Int64(), validate=validate.Length(max=1)), [1, 2],
     ["Longer than maximum length 1."]),
    (fields.Raw(validate=OddRange(0, 9)), 4, ["Must be odd."]),
    (fields.List(Int64()), [1, None], {1: NULL}),
    (fields.List(Int64()), {}, ["Not a valid list."]),
    (fields.Nested({"a": Int64()}), {"a": 1, "b": 2}, {"b": ["Unknown field."]}),
    (fields.Nested({"a": Int64()}), [], {"_schema": ["Invalid input type."]}),
]  # fmt: skip


def of(field: fields.Field[Any]) -> Schema:
    return Schema.from_dict({"it": field})()


def ids(table: Table) -> list[str]:
    return [f"{number} {type(row[0]).__name__}" for number, row in enumerate(table)]


@pytest.mark.parametrize(("field", "sent", "made"), TAKEN, ids=ids(TAKEN))
def test_it_is_taken_without_marshmallow(field: fields.Field[Any], sent: Any, made: Any) -> None:
    shape = of(field)

    assert typed(compile_load(shape)({"it": sent})) == typed({"it": made})
    assert typed(shape.load({"it": sent})) == typed({"it": made})


@pytest.mark.parametrize(("field", "sent", "sentences"), REFUSALS, ids=ids(REFUSALS))
def test_it_is_left_to_marshmallow_which_refuses_it(
    field: fields.Field[Any], sent: Any, sentences: Any
) -> None:
    shape = of(field)

    assert compile_load(shape)({"it": sent}) is REFUSED
    with pytest.raises(ValidationError) as refused:
        shape.load({"it": sent})
    assert refused.value.normalized_messages() == {"it": sentences}


def test_what_marshmallow_takes_and_the_compiled_form_does_not_is_asked_for() -> None:
    shape = of(fields.Boolean())

    assert compile_load(shape)({"it": "yes"}) is REFUSED
    assert shape.load({"it": "yes"}) == {"it": True}

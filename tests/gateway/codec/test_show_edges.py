"""The edges of what goes out, to the byte; the compiled form and marshmallow write the same."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from marshmallow import Schema, fields

from gateway.codec.encode import encode
from gateway.codec.show import compile_show, why_interpreted
from schemas.base import ABSENT
from schemas.fields import Day, Flag, Int64, Moment, Text
from tests.gateway.codec.drawn import written


@dataclass(frozen=True)
class Held:
    it: Any


class Colour(StrEnum):
    RED = "red"


class Size(Enum):
    BIG = 3


class Instant(datetime):
    """As other libraries have their own."""


class Birthday(date):
    """A date, and more."""


def of(field: fields.Field[Any]) -> Schema:
    shape: Schema = type("HeldShape", (Schema,), {"makes": Held, "it": field})()
    return shape


HELD = of(Int64())
VIENNA = timezone(timedelta(hours=1))
TABLE: list[tuple[fields.Field[Any], Any, str]] = [
    (Int64(), 2**63 - 1, '{"it":9223372036854775807}'),
    (Int64(), True, '{"it":1}'),
    (Int64(), 2.9, '{"it":2}'),
    (Int64(), None, '{"it":null}'),
    (Int64(), ABSENT, "{}"),
    (fields.Float(), 3, '{"it":3.0}'),
    (fields.Float(), -0.0, '{"it":-0.0}'),
    (fields.Float(), float("nan"), '{"it":null}'),
    (fields.Float(), float("inf"), '{"it":null}'),
    (fields.Decimal(as_string=True), Decimal("1.10"), '{"it":"1.10"}'),
    (fields.Integer(as_string=True), 5, '{"it":"5"}'),
    (Text(), Colour.RED, '{"it":"red"}'),
    (Text(), 5, '{"it":"5"}'),
    (Text(), b"a", '{"it":"a"}'),
    (Text(data_key='The "it"'), "a", '{"The \\"it\\"":"a"}'),
    (Text(load_only=True), "a", "{}"),
    (Text(dump_only=True), "a", '{"it":"a"}'),
    (fields.Enum(Size), Size.BIG, '{"it":"BIG"}'),
    (fields.Enum(Size, by_value=True), Size.BIG, '{"it":3}'),
    (fields.UUID(), UUID(int=1), '{"it":"00000000-0000-0000-0000-000000000001"}'),
    (Flag(), False, '{"it":false}'),
    (Moment(), datetime(2026, 1, 1, tzinfo=UTC), '{"it":"2026-01-01T00:00:00.000000Z"}'),
    (Moment(), datetime(2026, 1, 1, 0, 0, 0, 5, VIENNA), '{"it":"2025-12-31T23:00:00.000005Z"}'),
    (Moment(), datetime(1, 1, 1, 0, 0, 0, 5, UTC), '{"it":"0001-01-01T00:00:00.000005Z"}'),
    (Moment(), Instant(2026, 1, 1, 0, 0, 0, 5, UTC), '{"it":"2026-01-01T00:00:00.000005Z"}'),
    (Moment(), None, '{"it":null}'),
    (Day(), date(1, 1, 1), '{"it":"0001-01-01"}'),
    (Day(), datetime(2026, 1, 1, 12, tzinfo=VIENNA), '{"it":"2026-01-01"}'),
    (Day(), Birthday(2026, 1, 1), '{"it":"2026-01-01"}'),
    (Day("%d.%m.%Y"), date(2026, 1, 1), '{"it":"2026-01-01"}'),
    (fields.List(Text()), ("a", None, Colour.RED), '{"it":["a",null,"red"]}'),
    (fields.List(Moment()), [None], '{"it":[null]}'),
    (fields.List(fields.List(Int64())), [[], None, [True]], '{"it":[[],null,[1]]}'),
    (fields.Dict(keys=Text(), values=Int64()), {1: None, "a": True}, '{"it":{"1":null,"a":1}}'),
    (fields.Dict(values=fields.Dict()), {"a": None, "b": {}}, '{"it":{"a":null,"b":{}}}'),
    (fields.Raw(), [Colour.RED, {"a": None}], '{"it":["red",{"a":null}]}'),
    (fields.Nested(HELD), Held(1), '{"it":{"it":1}}'),
    (fields.Nested(HELD), {"it": 1}, '{"it":{"it":1}}'),
    (fields.Nested(HELD), object(), '{"it":{}}'),
    (fields.Nested(HELD, many=True), [Held(1), {"it": True}], '{"it":[{"it":1},{"it":1}]}'),
    (fields.Nested(HELD, many=True), None, '{"it":null}'),
    (fields.List(fields.Nested(HELD)), [None, Held(ABSENT)], '{"it":[null,{}]}'),
]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    TABLE,
    ids=[f"{n} {type(row[0]).__name__}" for n, row in enumerate(TABLE)],
)
def test_it_is_written_as_marshmallow_has_it(
    field: fields.Field[Any], value: Any, text: str
) -> None:
    shape = of(field)

    assert list(why_interpreted(shape)) == []
    assert encode(compile_show(shape)(Held(value))).decode() == text
    assert encode(shape.dump(Held(value))).decode() == text


def test_what_can_be_read_but_once_is_read_once() -> None:
    shape = of(fields.List(Moment()))
    one: Any = [datetime(2026, 1, 1, tzinfo=UTC), None]  # null is for marshmallow

    assert written(compile_show(shape), Held(iter(one))) == written(shape.dump, Held(one))


def test_an_attribute_of_another_name_is_read() -> None:
    shape = type("S", (Schema,), {"makes": Held, "other": Text(attribute="it")})()

    assert compile_show(shape)(Held("a")) == {"other": "a"}


class Keyed(dict[str, str]):
    it = "by attribute"


def test_an_object_of_another_class_is_read_as_marshmallow_reads_it() -> None:
    keyed = Keyed(it="by key")

    assert compile_show(of(Text()))(keyed) == of(Text()).dump(keyed) == {"it": "by key"}


@pytest.mark.parametrize("value", [2**64, "\ud800", {1}, 1j])
@pytest.mark.parametrize("field", [Int64(), Text(), fields.Raw(), fields.List(fields.Raw())])
def test_what_cannot_be_written_fails_alike(field: fields.Field[Any], value: Any) -> None:
    shape = of(field)

    assert written(compile_show(shape), Held(value)) == written(shape.dump, Held(value))

"""Whatever a shape describes and whatever it is given: both ways write the same, or fail alike."""

from collections.abc import Callable
from dataclasses import make_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from ipaddress import ip_address
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields, post_dump

from gateway.codec.show import compile_show
from schemas.base import ABSENT
from schemas.fields import Choice, Day, Flag, Id, Int64, Moment, Tags, Text
from tests.gateway.codec.drawn import ANY, values_of, written


class Colour(StrEnum):
    RED = "red"


class Size(Enum):
    BIG = 3


class Pair(NamedTuple):
    a: Any
    b: Any


VALUES: st.SearchStrategy[Any] = st.recursive(
    ANY
    | st.sampled_from(
        [
            ABSENT, float("nan"), float("inf"), 2**70, b"a", b"\xff", Colour.RED, Size.BIG,
            Decimal("1.10"), UUID(int=1), date(1, 1, 1), datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 1, 1, 0, 0, 0, 5, timezone(timedelta(hours=5))), datetime(2026, 1, 1),  # noqa: DTZ001
            datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), time(1, 2), timedelta(1),
            ip_address("::1"), {1}, object(), Pair(1, None), {1: 2}, {None: 1}, "\ud800", len,
        ]
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner)
    | st.builds(Pair, inner, inner) | st.tuples(inner),
    max_leaves=3,
)  # fmt: skip

KINDS: list[Callable[..., fields.Field[Any]]] = [
    fields.String, fields.Email, fields.Integer, fields.Float, fields.Boolean, fields.Raw,
    fields.UUID, fields.DateTime, fields.AwareDateTime, fields.Date, fields.Time, fields.TimeDelta,
    fields.IP, fields.Dict, Text, Id, Int64, Flag, Moment, Day,
    lambda **o: fields.Integer(as_string=True, **o),
    lambda **o: fields.Decimal(as_string=True, **o),
    lambda **o: fields.Enum(Size, **o),
    lambda **o: fields.Enum(Size, by_value=fields.Integer, **o),
    lambda **o: fields.Constant(5, **o),
    lambda **o: fields.Function(lambda made: type(made).__name__, **o),
    lambda **o: fields.Tuple((Text(), Moment()), **o),
    lambda **o: Choice(("a",), **o),
    lambda **o: Tags(1, 2, 3, **o),
    lambda **o: fields.List(Text(), **o),
    lambda **o: fields.List(Moment(), **o),
    lambda **o: fields.List(fields.Enum(Size), **o),
    lambda **o: fields.List(fields.List(fields.Float()), **o),
    lambda **o: fields.Dict(keys=Text(), values=Day(), **o),
    lambda **o: fields.Dict(keys=fields.UUID(), **o),
    lambda **o: fields.Dict(values=fields.List(Int64()), **o),
]  # fmt: skip
NESTS: list[Callable[..., fields.Field[Any]]] = [
    fields.Nested,
    lambda inner, **o: fields.Nested(inner, many=True, **o),
    lambda inner, **o: fields.Nested(inner, exclude=("a",), **o) if "a" in inner.fields
    else fields.Pluck(inner, "b", **o) if "b" in inner.fields else fields.Nested(inner, **o),
    lambda inner, **o: fields.List(fields.Nested(inner), **o),
    lambda inner, **o: fields.Dict(values=fields.Nested(inner), **o),
]  # fmt: skip
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "data_key": st.sampled_from(["", "Full name", "a.b", "'\"\\\n", "x"]),
        "attribute": st.sampled_from(["a", "b", "z", "a.b", "class", "not one"]),
        "load_only": st.booleans(),
        "dump_only": st.booleans(),
        "dump_default": st.sampled_from([None, 1, list]),
    },
)


@st.composite
def shapes(draw: st.DrawFn, depth: int = 2) -> Schema:
    """A shape that makes a dataclass or a named tuple, with others nested in it."""
    declared: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from("abc"), unique=True)):
        options = draw(OPTIONS) if draw(st.booleans()) else {}
        if depth and draw(st.integers(0, 2)) == 0:
            declared[name] = draw(st.sampled_from(NESTS))(draw(shapes(depth - 1)), **options)
        else:
            declared[name] = draw(st.sampled_from(KINDS))(**options)
    if draw(st.integers(0, 3)) == 0:

        def hook(_: Schema, data: dict[str, Any], original: Any, **__: Any) -> dict[str, Any]:
            return {**data, "was": repr(type(original))}

        declared["hook"] = post_dump(hook, pass_original=True)
    makes = Pair if draw(st.booleans()) else make_dataclass("Made", [*declared], frozen=True)
    try:
        shape: Schema = type("AnyShape", (Schema,), {"makes": makes, **declared})()
    except ValueError:  # two fields in one place
        shape = type("AnyShape", (Schema,), {"makes": makes})()
    return shape


def objects(shape: Any) -> st.SearchStrategy[Any]:
    """What the shape makes, holding what its fields may expect, and much that they do not."""
    if shape.makes is Pair:
        names: tuple[str, ...] = Pair._fields
    else:
        names = tuple(shape.makes.__dataclass_fields__)
    held = {name: values_of(shape.fields.get(name), VALUES, objects) for name in names}
    return st.builds(shape.makes, **held)


@given(data=st.data())
def test_both_write_the_same_or_fail_alike(data: st.DataObject) -> None:
    shape = data.draw(shapes())
    value = data.draw(objects(shape) | VALUES)

    assert written(compile_show(shape), value) == written(shape.dump, value)

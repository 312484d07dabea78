"""A value object is made as its shape's hook would make it, with the hook or without."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

import pytest
from marshmallow import INCLUDE, Schema, ValidationError, fields, post_load, validates_schema

from gateway.codec.load import REFUSED, compile_load
from schemas.base import Shape
from schemas.fields import Int64, Text

T = TypeVar("T")


class Pair(NamedTuple):
    left: str
    right: int | None = 2


class Counted(Pair):
    """A tuple that is made in a way of its own."""

    def __new__(cls, left: str, right: int = 2) -> Self:
        return super().__new__(cls, f"{left}!", right)


@dataclass(frozen=True)
class Data:
    left: str
    right: int | None = 2


class Typed(NamedTuple, Generic[T]):
    left: T
    right: int | None = 2


class Nothing(NamedTuple):
    pass


def checked(self: type, left: str, right: int = 2) -> Any:
    return tuple.__new__(self, (left.upper(), right))


class Wrapped(NamedTuple):
    left: str
    right: int | None = 2


# As a decorator of classes might: the wrapper says of itself what the wrapped one said.
setattr(Wrapped, "__new__", wraps(Wrapped.__new__)(checked))  # noqa: B010 - NamedTuple forbids the rest


class PairShape(Shape[Any]):
    makes: ClassVar[type[Any]] = Pair

    left = Text(1, 5)
    right = Int64(allow_none=True)


class CountedShape(PairShape):
    makes = Counted


class DataShape(PairShape):
    makes = Data


class TypedShape(PairShape):
    makes = Typed


class WrappedShape(PairShape):
    makes = Wrapped


class NothingShape(Shape[Nothing]):
    makes = Nothing


class Upper(PairShape):
    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Pair:
        return Pair(data["left"].upper(), 0)


class Twice(PairShape):
    @post_load
    def _pair(self, data: Any, **_: Any) -> Any:
        return [data]


class Checked(PairShape):
    @validates_schema
    def _in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("right") == 13:
            raise ValidationError("That is no number.")


class Unset(PairShape):
    @validates_schema
    def _forget(self, data: dict[str, Any], **_: Any) -> None:
        data.pop("right", None)


SHAPES: list[type[Schema]] = [
    PairShape, CountedShape, DataShape, TypedShape, WrappedShape, Upper, Twice, Checked, Unset,
]  # fmt: skip


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("more", [{}, {"right": 7}, {"right": None}])
def test_the_value_is_the_one_that_marshmallow_makes(
    kind: type[Schema], more: dict[str, Any]
) -> None:
    sent = {"left": "a", **more}
    made, wanted = compile_load(kind())(sent), kind().load(sent)

    assert made is not REFUSED
    assert (type(made), made) == (type(wanted), wanted)


def test_a_value_of_nothing_is_made() -> None:
    assert compile_load(NothingShape())({}) == Nothing()


def test_a_validators_word_counts() -> None:
    assert compile_load(Checked())({"left": "a", "right": 13}) is REFUSED


class Spoilt(PairShape):
    @validates_schema
    def _add(self, data: dict[str, Any], **_: Any) -> None:
        data["more"] = 1


class Foreign(PairShape):
    middle = Text()


class Open(PairShape):
    class Meta:
        unknown = INCLUDE


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (PairShape, {"right": 1}),
        (Spoilt, {"left": "a"}),
        (Foreign, {"left": "a", "middle": "b"}),
        (Open, {"left": "a", "middle": "b"}),
    ],
)
def test_what_the_value_object_does_not_fit_is_marshmallows_to_tell(
    kind: type[Schema], sent: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        kind().load(sent)
    assert compile_load(kind())(sent) is REFUSED


class Silent(Schema):
    """It says of its hook that this only makes the value; so the hook need not be asked."""

    makes: ClassVar[Any] = Pair
    maker: ClassVar[str] = "_make"

    left = fields.String()

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        raise AssertionError(data)


class SilentData(Silent):
    makes = Data


def test_a_named_tuple_is_made_without_the_hook() -> None:
    assert compile_load(Silent())({"left": "a"}) == Pair("a")
    assert compile_load(SilentData())({"left": "a"}) is REFUSED

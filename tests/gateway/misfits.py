"""Actions that cannot be served, each for one reason."""

from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from marshmallow import fields

from gateway import NO_KEY, Action, BatchAction, Cursors, Effect, ListAction, Pages
from gateway.access.roles import Reserved
from gateway.registry import AnyAction
from schemas.base import Shape
from tests.gateway.toy_shapes import Name, NameShape, Thing, ThingShape


class Free(Action[Name, Name]):
    """Lack a scope."""

    takes = NameShape()
    gives = NameShape()


class Oddly(Free):
    """Have a scope that is none."""

    scope = "play:fly"


class Open(BatchAction[Name, Name]):
    """Write for many without a scope."""

    scope = NO_KEY
    takes = NameShape()
    gives = NameShape()
    effect = Effect.MODIFIES


class Elite(Free):
    """Need no key, and yet be for few."""

    scope = NO_KEY
    reserved = Reserved.OWNERS


class Mute(Action[Name, Name]):
    scope = NO_KEY
    takes = NameShape()
    gives = NameShape()


class Shapeless(Action[Name, Name]):
    """Give nothing that has a shape."""

    scope = NO_KEY
    takes = NameShape()


class Endless(ListAction[Name, Name]):
    """List without saying how."""

    scope = NO_KEY
    takes = NameShape()
    gives = NameShape()


class Listed(Free):
    """Say how to list, and list nothing."""

    scope = NO_KEY
    listing = Cursors()


class Idle(BatchAction[Name, Name]):
    """Serve many at once, and write nothing."""

    scope = "play:write"
    takes = NameShape()
    gives = NameShape()


class Page(NamedTuple):
    page: int


class PageShape(Shape[Page]):
    makes = Page

    page = fields.Integer()


class Clashing(ListAction[Page, Name]):
    """Take a parameter that the gateway itself reads."""

    scope = NO_KEY
    takes = PageShape()
    gives = NameShape()
    listing = Pages(("name",), {})


class FullShape(Shape[Name]):
    makes = Name

    _full = fields.Boolean()


class ClashingToo(Action[Name, Thing]):
    """Take a parameter that the gateway itself reads."""

    scope = NO_KEY
    takes = FullShape()
    gives = ThingShape()


class Smell(fields.Field[Any]):
    """A field that does not say how it is put into JSON."""


class Bad(NamedTuple):
    value: Any


class Size(Enum):
    BIG = Decimal("1.5")


class SmellShape(Shape[Bad]):
    makes = Bad

    value = Smell()


class ManySmellsShape(Shape[Bad]):
    makes = Bad

    value = fields.List(fields.Nested(SmellShape))


class PriceShape(Shape[Bad]):
    makes = Bad

    value = fields.Decimal()


class PricesShape(Shape[Bad]):
    makes = Bad

    value = fields.Dict(keys=fields.String(), values=fields.Decimal())


class PairShape(Shape[Bad]):
    makes = Bad

    value = fields.Tuple((fields.String(), fields.Decimal()))


class SizeShape(Shape[Bad]):
    makes = Bad

    value = fields.Enum(Size, by_value=fields.Decimal)


def giving(shape: Shape[Any]) -> type[AnyAction]:
    """An action that gives this shape."""

    class Give(Action[Name, Any]):
        """Give something."""

        scope = NO_KEY
        takes = NameShape()
        gives = shape

    return Give

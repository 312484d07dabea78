"""A section whose actions have limits and costs of their own."""

from typing import ClassVar

from gateway import NO_KEY, Action, ActionError, Context, Section
from tests.gateway.toy_shapes import Name, NameShape


class SoldOut(ActionError):
    message = "There is none left."


class Look(Action[Name, Name]):
    """Give the name back; `none` is sold out, `fire` breaks it."""

    scope = "shop:read"
    takes = NameShape()
    gives = NameShape()
    raises: ClassVar = (SoldOut,)

    async def run(self, params: Name, context: Context) -> Name:
        if params.name == "none":
            raise SoldOut
        if params.name == "fire":
            raise RuntimeError
        return params


class Order(Look):
    """Give the name back, at the cost of three calls."""

    scope = "shop:write"
    cost = 3


class Reserve(Look):
    """Give the name back, twice a minute."""

    limit = "2/60"


class Browse(Look):
    """Give the name back for nothing."""

    cost = 0


class Ring(Look):
    """Give the name back to anybody."""

    scope = NO_KEY


section = Section("shop", "A shop", actions=(Look, Order, Reserve, Browse, Ring))

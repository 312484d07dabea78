"""Whether marshmallow's own methods are at work in a schema or field, and not somebody else's."""

from collections.abc import Callable, Iterable
from typing import Any

from marshmallow import fields


class NotCompiled(Exception):
    """Why a shape is left to marshmallow, in one sentence."""


def has_own(thing: object, base: type, names: Iterable[str]) -> bool:
    """Whether the class of `thing` does any of these in another way than `base`."""
    return any(getattr(type(thing), name) is not getattr(base, name) for name in names)


def compiled_form(field: fields.Field[Any], name: str, of: str) -> Callable[[Any], Any] | None:
    """The field's method `name` when it stands for `of`, marshmallow's way of doing the same.

    Whoever overrides `of` alone did not mean the `name` of the class before.
    """
    method: Callable[[Any], Any] | None = getattr(field, name, None)
    if method is None or _definer(field, of) not in _definer(field, name).__mro__:
        return None
    return method


def _definer(field: fields.Field[Any], name: str) -> type:
    """The class that the field has the attribute from."""
    return next(each for each in type(field).__mro__ if name in vars(each))

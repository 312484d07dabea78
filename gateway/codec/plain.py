"""Whether marshmallow's own methods are at work in a schema or field, and not somebody else's."""

from collections.abc import Callable, Iterable
from typing import Any

from marshmallow import fields


class NotCompiled(Exception):
    """Why a shape is left to marshmallow, in one sentence."""


def has_own(thing: object, base: type, names: Iterable[str]) -> bool:
    """Whether the class of `thing` does any of these in another way than `base`."""
    return any(getattr(type(thing), name) is not getattr(base, name) for name in names)


_NEUTRAL = frozenset({"default_error_messages", "make_error", "_abc_impl"})
_OF_SHOWING = frozenset({"to_json", "serialize", "get_value", "_serialize", "_to_string"})
_OF_LOADING = frozenset(
    {"from_json", "deserialize", "_deserialize", "_validate", "_validate_missing", "_validated"}
)
_APART = {"from_json": _NEUTRAL | _OF_SHOWING, "to_json": _NEUTRAL | _OF_LOADING}
"""What a class may change of a field whose compiled form comes from a class before."""


def compiled_form(field: fields.Field[Any], name: str, of: str) -> Callable[[Any], Any] | None:
    """The field's method `name` when it stands for `of`, marshmallow's way of doing the same.

    Whoever overrides `of`, or anything that it may ask for what it does, did not mean the `name`
    of the class before.
    """
    if not hasattr(type(field), name):
        return None
    author = _definer(field, name)
    if _definer(field, of) not in author.__mro__:
        return None
    below = [each for each in type(field).__mro__ if each not in author.__mro__]
    changed = {each for kind in below for each in vars(kind) if hasattr(author, each)}
    if any(not each.startswith("__") for each in changed - _APART[name]):
        return None
    method: Callable[[Any], Any] = getattr(field, name)
    return method


def have_one_author(thing: object, *names: str) -> bool:
    """Whether `thing` has all of these attributes from the same class."""
    return len({_definer(thing, name) for name in names}) == 1


def _definer(thing: object, name: str) -> type:
    """The class that the thing has the attribute from."""
    return next(each for each in type(thing).__mro__ if name in vars(each))

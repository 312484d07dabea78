"""How a compiled load makes a shape's value object where nothing but that is left to do."""

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema
from marshmallow.decorators import POST_LOAD

from gateway.codec.plain import have_one_author


def made_plainly(shape: Schema) -> Any:
    """The NamedTuple that the shape makes, if that is all that happens after the load; or None."""
    maker: Any = getattr(type(shape), "maker", None)
    makes: Any = getattr(shape, "makes", None)
    if [hook for hook, _, _ in shape._hooks[POST_LOAD]] != [maker]:  # noqa: SLF001
        return None
    # Whoever overrides the hook means it, and so does who makes the tuple in a way of their own.
    plainly = have_one_author(shape, "maker", maker) and isinstance(makes, type)
    if not plainly or makes.__bases__[:1] != (tuple,):
        return None
    where = getattr(makes.__new__, "__globals__", {}).get("__name__")
    return makes if where == f"namedtuple_{makes.__name__}" else None


def making(makes: Any, scope: dict[str, Any]) -> Iterator[str]:
    """Make the NamedTuple `makes` of the dictionary `o`, which becomes it, without its `__new__`.

    That is Python, and each class has its own: with 1,000 of them in turn it takes 2 to 4 times as
    long as with the same one again, and this a quarter of that.
    """
    scope |= {"makes": makes, "new": tuple.__new__, "names": frozenset(makes._fields)}
    yield "if not o.keys() <= names: return REFUSED"
    values = []
    for number, name in enumerate(makes._fields):
        if name in makes._field_defaults:
            scope[f"m{number}"] = makes._field_defaults[name]
            values.append(f"o.get({name!r}, m{number})")
        else:
            values.append(f"o[{name!r}]")
    yield f"o = new(makes, ({''.join(f'{each}, ' for each in values)}))"

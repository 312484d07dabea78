"""Marshmallow shapes compiled to functions from a value object to what the encoder writes.

A list of 50 ten-field objects costs marshmallow's dump 614 microseconds and a compiled function
about a tenth of that, so this is where source is generated. The shape stays the only declaration:
what is not understood here is left to the shape's own `dump`.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any, get_args, get_type_hints

from marshmallow import Schema, fields, missing
from marshmallow.decorators import POST_DUMP, PRE_DUMP

Show = Callable[[Any], Any]


class Unshowable(Exception):
    """A shape that cannot be put into JSON, found when its action is registered."""


def compile_show(shape: Schema, *, full: bool = False, expand: Collection[str] = ()) -> Show:
    """A function from the value object that `shape` describes to what the encoder writes.

    `full` adds the shape's extended attributes, `expand` names the expansions to show. Raises
    Unshowable when a field has no JSON form.
    """
    hidden = _hidden(shape, full=full, expand=expand)
    shown = {name: f for name, f in shape.dump_fields.items() if name not in hidden}
    for name, field in shown.items():
        _refuse_unshowable(field, f"{type(shape).__name__}.{name}")
    if _needs_marshmallow(shape):
        only = None if shape.only is None else set(shape.only)
        return type(shape)(only=only, exclude=set(shape.exclude) | hidden).dump
    return _generate(shape, shown)


def _hidden(shape: Schema, *, full: bool, expand: Collection[str]) -> set[str]:
    extended = set(getattr(shape, "extended", ()))
    expansions = set(getattr(shape, "expansions", ()))
    return (set() if full else extended) | (expansions - set(expand))


def _needs_marshmallow(shape: Schema) -> bool:
    """Whether dumping is more than reading attributes: hooks, foreign objects, computed fields."""
    return (
        getattr(shape, "makes", None) is None
        or bool(shape._hooks[PRE_DUMP] or shape._hooks[POST_DUMP])  # noqa: SLF001 - the only
        # place where marshmallow keeps them
        or any(_is_computed(field) for field in shape.dump_fields.values())
    )


def _is_computed(field: fields.Field[Any]) -> bool:
    return (
        not field._CHECK_ATTRIBUTE  # noqa: SLF001 - how Constant, Function and Method say so
        or field.dump_default is not missing
        or "." in (field.attribute or "")
    )


def _generate(shape: Schema, shown: dict[str, fields.Field[Any]]) -> Show:
    scope: dict[str, Any] = {"missing": missing}
    lines = list(_lines(shape, shown, scope))
    source = "\n    ".join(["def show(o):", "d = {}", *lines, "return d"])
    exec(compile(source, f"<show {type(shape).__name__}>", "exec"), scope)  # noqa: S102 - the
    # source is made of the shape's own attribute names, which are identifiers, and nothing else
    show: Show = scope["show"]
    return show


def _lines(
    shape: Schema, shown: dict[str, fields.Field[Any]], scope: dict[str, Any]
) -> Iterator[str]:
    sure = _always_present(shape)
    for number, (name, field) in enumerate(shown.items()):
        attribute = field.attribute or name
        key = field.data_key if field.data_key is not None else name
        if not attribute.isidentifier():
            raise Unshowable(f"{type(shape).__name__}.{name} reads no attribute: {attribute!r}")
        render = _renderer(field)
        if render is None and attribute in sure:
            yield f"d[{key!r}] = o.{attribute}"
            continue
        yield f"v = o.{attribute}"
        value = "v"
        if render is not None:
            scope[f"r{number}"] = render
            value = f"None if v is None else r{number}(v)"
        guard = "" if attribute in sure else "if v is not missing: "
        yield f"{guard}d[{key!r}] = {value}"


def _always_present(shape: Schema) -> set[str]:
    """The attributes that every object of the shape has, by the annotations of what it makes."""
    hints = get_type_hints(shape.makes)  # type: ignore[attr-defined] # _needs_marshmallow asked
    return {
        name for name, hint in hints.items() if type(missing) not in (get_args(hint) or (hint,))
    }


_AS_IT_IS = (
    fields.String._serialize,  # noqa: SLF001 - a subclass with a rendering of its own overrides
    fields.Field._serialize,  # noqa: SLF001 - exactly this method; asking for it is the point
)


def _renderer(field: fields.Field[Any]) -> Show | None:
    """What turns the field's value into what the encoder takes; None when it is that already."""
    render: Show | None = getattr(field, "to_json", None)
    if render is not None:
        return render
    if isinstance(field, fields.Nested) and not field.only and not field.exclude:
        show = compile_show(field.schema)
        return _each(show) if field.schema.many else show
    if isinstance(field, fields.List):
        inner = _renderer(field.inner)
        return None if inner is None else _each(inner)
    if _is_plain(field):
        return dict if isinstance(field, fields.Dict) else None
    return lambda value: field._serialize(value, "", None)  # noqa: SLF001 - there is no public way


def _each(render: Show) -> Show:
    return lambda items: [None if item is None else render(item) for item in items]


def _is_plain(field: fields.Field[Any]) -> bool:
    """Whether the field's values are in JSON what they are in Python."""
    if isinstance(field, fields.Dict):
        parts = (field.key_field, field.value_field)
        return all(part is None or _renderer(part) is None for part in parts)
    if isinstance(field, fields.Number):
        return not field.as_string
    return type(field)._serialize in _AS_IT_IS  # noqa: SLF001


def _refuse_unshowable(field: fields.Field[Any], where: str) -> None:
    inner: list[fields.Field[Any] | None] = []
    if isinstance(field, fields.List):
        inner = [field.inner]
    elif isinstance(field, fields.Dict):
        inner = [field.key_field, field.value_field]
    elif isinstance(field, fields.Nested):
        inner = [*field.schema.dump_fields.values()]
    for each in inner:
        if each is not None:
            _refuse_unshowable(each, where)
    silent = type(field)._serialize is fields.Field._serialize  # noqa: SLF001
    if silent and not isinstance(field, (fields.Boolean, fields.Raw)):
        raise Unshowable(f"{where}: {type(field).__name__} does not say how it is put into JSON")
    if isinstance(field, fields.Decimal) and not field.as_string:
        raise Unshowable(f"{where}: a Decimal is exact in JSON only with as_string=True")

"""Marshmallow shapes compiled to functions from a value object to what the encoder writes.

A list of 50 ten-field objects costs marshmallow's dump 614 microseconds and a compiled function
about a tenth of that, so this is where source is generated. The shape stays the only declaration:
what is not understood here, and every value that is not what its field expects, is left to
marshmallow.
"""

from collections.abc import Callable, Collection, Iterator
from copy import copy
from functools import partial
from typing import Any

from marshmallow import Schema, fields, missing
from marshmallow.decorators import POST_DUMP, PRE_DUMP

from gateway.codec.plain import NotCompiled, compiled_form, has_own

Show = Callable[[Any], Any]
Fields = dict[str, fields.Field[Any]]

_OWN_WAYS = ("dump", "_serialize", "_invoke_dump_processors", "_invoke_processors", "get_attribute")
_OF_TUPLES = (None, tuple.__getitem__)


class Unshowable(Exception):
    """A shape that cannot be put into JSON, found when its action is registered."""


def compile_show(shape: Schema, *, full: bool = False, expand: Collection[str] = ()) -> Show:
    """A function from one value object that `shape` describes to what the encoder writes.

    `full` adds the shape's extended attributes, `expand` names the expansions to show. Raises
    Unshowable when a field has no JSON form.
    """
    hidden = _hidden(shape, full=full, expand=expand)
    shown = {name: field for name, field in shape.dump_fields.items() if name not in hidden}
    for name, field in shown.items():
        _refuse_unshowable(field, f"{type(shape).__name__}.{name}")
    # A copy that lacks the hidden fields: made anew, the shape would lose what it was made with.
    narrowed = copy(shape)
    narrowed.dump_fields = shown
    return _compile(narrowed, ())


def why_interpreted(shape: Schema, above: tuple[type, ...] = ()) -> Iterator[str]:
    """Why the shape, or one that is nested in it, is shown by marshmallow; nothing if none is."""
    try:
        _require_plain(shape, above)
    except NotCompiled as reason:
        yield str(reason)
        return
    for name, field in shape.dump_fields.items():
        for nested in _nested_in(field):
            if _nests_plainly(nested):
                yield from why_interpreted(nested.schema, (*above, type(shape)))
            else:
                yield f"{type(shape).__name__}.{name} nests in a way of its own."


def _hidden(shape: Schema, *, full: bool, expand: Collection[str]) -> set[str]:
    extended = set(getattr(shape, "extended", ()))
    expansions = set(getattr(shape, "expansions", ()))
    return (set() if full else extended) | (expansions - set(expand))


def _compile(shape: Schema, above: tuple[type, ...]) -> Show:
    """The function for one object; `above` are the classes of the shapes that it is nested in."""
    dump = partial(shape.dump, many=False)
    try:
        _require_plain(shape, above)
    except NotCompiled:
        return dump
    makes = getattr(shape, "makes", None)
    scope: dict[str, Any] = {"missing": missing, "makes": makes, "dump": dump}
    body = "\n        ".join(["d = {}", *_lines(shape, above, scope), "return d"])
    # Objects of another class have other attributes; and whatever goes wrong, marshmallow is
    # asked the same, and says it in its own way.
    source = (
        "def show(o):\n    if o.__class__ is not makes: return dump(o)\n"
        f"    try:\n        {body}\n    except Exception:\n        return dump(o)\n"
    )
    exec(compile(source, f"<show {type(shape).__name__}>", "exec"), scope)  # noqa: S102 - the
    # source is made of numbers and of the shape's own names, which are identifiers or literals
    show: Show = scope["show"]
    return show


def _require_plain(shape: Schema, above: tuple[type, ...]) -> None:
    """Raise NotCompiled when dumping is more than reading attributes and hooks behind that."""
    name, makes = type(shape).__name__, getattr(shape, "makes", None)
    if not isinstance(makes, type):
        raise NotCompiled(f"{name} does not name the class that it makes.")
    if type(shape) in above:
        raise NotCompiled(f"{name} holds itself.")
    hooks = shape._hooks  # noqa: SLF001 - the only place where marshmallow keeps them
    if hooks[PRE_DUMP] or any(many for _, many, _ in hooks[POST_DUMP]):
        raise NotCompiled(f"{name} has a hook before the dump, or for many objects at once.")
    if has_own(shape, Schema, _OWN_WAYS) or shape.dict_class is not dict:
        raise NotCompiled(f"{name} dumps in a way of its own.")
    if getattr(makes, "__getitem__", None) not in _OF_TUPLES:
        raise NotCompiled(f"{name} makes an object that is read by keys.")
    known = {each for base in makes.__mro__ for each in getattr(base, "__annotations__", ())}
    for field_name, field in shape.dump_fields.items():
        where, attribute = f"{name}.{field_name}", field.attribute or field_name
        if not field._CHECK_ATTRIBUTE or field.dump_default is not missing:  # noqa: SLF001 - how
            # Constant, Function and Method say so
            raise NotCompiled(f"{where} is computed, or has a default.")
        if has_own(field, fields.Field, ("serialize", "get_value")):
            raise NotCompiled(f"{where} is read in a way of its own.")
        if not attribute.isidentifier() or not (attribute in known or hasattr(makes, attribute)):
            raise NotCompiled(f"{where} is no attribute of {makes.__name__}.")


def _lines(shape: Schema, above: tuple[type, ...], scope: dict[str, Any]) -> Iterator[str]:
    """What the function does: the fields, then the hooks."""
    above = (*above, type(shape))
    for number, (name, field) in enumerate(shape.dump_fields.items()):
        place = f"d[{(name if field.data_key is None else field.data_key)!r}]"
        scope[f"s{number}"] = field._serialize  # noqa: SLF001 - there is no public way past
        # reading the attribute
        by_marshmallow = f"{place} = s{number}(v, {name!r}, o)"
        yield f"v = o.{field.attribute or name}"
        if _is_silent(field):
            yield f"if v is not missing: {place} = v"
        elif (exact := _exact(field)) is not None:
            yield f"if v.__class__ is {exact.__name__}: {place} = v"
            yield f"elif v is not missing: {by_marshmallow}"
        elif (render := _renderer(field, above)) is not None:
            scope[f"r{number}"] = render
            yield f"if v is None: {by_marshmallow}"
            yield f"elif v is not missing: {place} = r{number}(v)"
        else:
            yield f"if v is not missing: {by_marshmallow}"
    for number, (hook, _, given) in enumerate(shape._hooks[POST_DUMP]):  # noqa: SLF001
        scope[f"hook{number}"] = getattr(shape, hook)
        original = ", o" if given.get("pass_original") else ""
        yield f"d = hook{number}(d{original}, many=False)"


def _is_silent(field: fields.Field[Any]) -> bool:
    """Whether the field gives every value as it is."""
    return type(field)._serialize is fields.Field._serialize  # noqa: SLF001


def _exact(field: fields.Field[Any]) -> type | None:
    """The type whose values, and not those of its subclasses, the field gives as they are."""
    serialize = type(field)._serialize  # noqa: SLF001 - whose it is tells what it does
    if serialize is fields.String._serialize:  # noqa: SLF001
        return str
    if isinstance(field, (fields.Integer, fields.Float)) and not field.as_string:
        own = has_own(field, fields.Number, ("_serialize", "_format_num"))
        return None if own or field.num_type not in (int, float) else field.num_type
    return None


def _renderer(field: fields.Field[Any], above: tuple[type, ...]) -> Show | None:
    """What turns the field's value, unless that is None, into what the encoder takes."""
    render = compiled_form(field, "to_json", of="_serialize")
    if render is not None:
        return render
    serialize = type(field)._serialize  # noqa: SLF001
    if isinstance(field, fields.Nested):
        if not _nests_plainly(field):
            return None
        show = _compile(field.schema, above)
        return _each(show) if field.schema.many else show
    if isinstance(field, fields.List) and serialize is fields.List._serialize:  # noqa: SLF001
        return _each(_inner(field.inner, above))
    if isinstance(field, fields.Dict) and serialize is fields.Mapping._serialize:  # noqa: SLF001
        return _mapping(field, above) if field.mapping_type is dict else None
    return None


def _nests_plainly(field: fields.Nested) -> bool:
    return type(field)._serialize is fields.Nested._serialize  # noqa: SLF001


def _inner(field: fields.Field[Any], above: tuple[type, ...]) -> Show | None:
    """The same for a value inside a list or a mapping, null included."""
    exact, serialize = _exact(field), field._serialize  # noqa: SLF001
    if exact is not None:
        return lambda value: value if value.__class__ is exact else serialize(value, "", None)
    if _is_silent(field):
        return _as_it_is
    render = _renderer(field, above)
    if render is None:
        return None
    if isinstance(field, (fields.Nested, fields.List, fields.Dict)):
        return lambda value: None if value is None else render(value)
    return lambda value: render(_not_null(value))


def _as_it_is(value: Any) -> Any:
    return value


def _not_null(value: Any) -> Any:
    if value is None:
        raise ValueError  # only marshmallow knows how the field shows it
    return value


def _each(show: Show | None) -> Show | None:
    return None if show is None else lambda items: [show(item) for item in items]


def _mapping(field: fields.Dict, above: tuple[type, ...]) -> Show | None:
    if field.key_field is None and field.value_field is None:
        return dict
    key = _as_it_is if field.key_field is None else _inner(field.key_field, above)
    value = _as_it_is if field.value_field is None else _inner(field.value_field, above)
    if key is None or value is None:
        return None
    return lambda given: {key(name): value(each) for name, each in given.items()}


def _parts(field: fields.Field[Any]) -> list[fields.Field[Any]]:
    """The fields that a list or a mapping is made of."""
    if isinstance(field, fields.List):
        return [field.inner]
    if isinstance(field, fields.Dict):
        return [each for each in (field.key_field, field.value_field) if each is not None]
    return []


def _nested_in(field: fields.Field[Any]) -> Iterator[fields.Nested]:
    if isinstance(field, fields.Nested):
        yield field
    for part in _parts(field):
        yield from _nested_in(part)


def _refuse_unshowable(field: fields.Field[Any], where: str, above: tuple[type, ...] = ()) -> None:
    for part in _parts(field):
        _refuse_unshowable(part, where, above)
    if isinstance(field, fields.Nested) and type(field.schema) not in above:
        for each in field.schema.dump_fields.values():
            _refuse_unshowable(each, where, (*above, type(field.schema)))
    if _is_silent(field) and not isinstance(field, (fields.Boolean, fields.Raw)):
        raise Unshowable(f"{where}: {type(field).__name__} does not say how it is put into JSON")
    if isinstance(field, fields.Decimal) and not field.as_string:
        raise Unshowable(f"{where}: a Decimal is exact in JSON only with as_string=True")

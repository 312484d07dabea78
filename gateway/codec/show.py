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
from gateway.codec.showable import is_silent, parts_of, refuse_unshowable

Show = Callable[[Any], Any]
Fields = dict[str, fields.Field[Any]]

_OWN_WAYS = ("dump", "_serialize", "_invoke_dump_processors", "_invoke_processors", "get_attribute")
_OF_TUPLES = (None, tuple.__getitem__)
_HOLDERS = (fields.Nested, fields.List, fields.Mapping, fields.Tuple)


def compile_show(shape: Schema, *, full: bool = False, expand: Collection[str] = ()) -> Show:
    """A function from one value object that `shape` describes to what the encoder writes.

    `full` adds the shape's extended attributes, `expand` names the expansions to show. Raises
    Unshowable when a field has no JSON form.
    """
    hidden = _hidden(shape, full=full, expand=expand)
    shown = {name: field for name, field in shape.dump_fields.items() if name not in hidden}
    for name, field in shown.items():
        refuse_unshowable(field, f"{type(shape).__name__}.{name}")
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
        yield from _why_left(field, f"{type(shape).__name__}.{name}", (*above, type(shape)))


def _hidden(shape: Schema, *, full: bool, expand: Collection[str]) -> set[str]:
    extended = set(getattr(shape, "extended", ()))
    expansions = set(getattr(shape, "expansions", ()))
    return (set() if full else extended) | (expansions - set(expand))


def _why_left(field: fields.Field[Any], where: str, above: tuple[type, ...]) -> Iterator[str]:
    """Why what the field holds is shown by marshmallow; a field that holds nothing shows itself."""
    if not isinstance(field, _HOLDERS) or compiled_form(field, "to_json", of="_serialize"):
        return
    if isinstance(field, fields.Nested):
        if _nests_plainly(field):
            yield from why_interpreted(field.schema, above)
        else:
            yield f"{where} nests in a way of its own."
    elif not _holds_plainly(field):
        yield f"{where} is a {type(field).__name__}, which has no to_json of its own."
    else:
        for part in parts_of(field):
            yield from _why_left(part, where, above)
            if not isinstance(part, _HOLDERS) and _inner(part, above) is None:
                yield f"{where} holds a {type(part).__name__}, which has no to_json of its own."


def _compile(shape: Schema, above: tuple[type, ...]) -> Show:
    """The function for one object; `above` are the classes of the shapes that it is nested in."""
    dump = partial(shape.dump, many=False)
    try:
        return _generated(shape, above, dump, many=False)
    except NotCompiled:
        return dump


def _generated(shape: Schema, above: tuple[type, ...], dump: Show, *, many: bool) -> Show:
    """The same without marshmallow; `dump` is its way, `many` what the shape's hooks are told.

    Raises NotCompiled.
    """
    _require_plain(shape, above)
    makes = getattr(shape, "makes", None)
    scope: dict[str, Any] = {"missing": missing, "makes": makes, "dump": dump, "many": many}
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
        if is_silent(field):
            yield f"if v is not missing: {place} = v"
        elif (exact := _exact(field)) is not None:
            yield f"if v is None or v.__class__ is {exact.__name__}: {place} = v"
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
        yield f"d = hook{number}(d{original}, many=many)"


def _exact(field: fields.Field[Any]) -> type | None:
    """The type whose values, and not those of its subclasses, the field gives as they are.

    So it does with None.
    """
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
    if isinstance(field, fields.Nested):
        return _nested(field, above) if _nests_plainly(field) else None
    if not _holds_plainly(field):
        return None
    return _mapping(field, above) if isinstance(field, fields.Dict) else _list(field, above)


def _nests_plainly(field: fields.Nested) -> bool:
    return not has_own(field, fields.Nested, ("_serialize", "schema"))


def _holds_plainly(field: fields.Field[Any]) -> bool:
    """Whether it is a list or a dict that is shown item by item, and nothing else."""
    serialize = type(field)._serialize  # noqa: SLF001
    if isinstance(field, fields.Dict):
        return serialize is fields.Mapping._serialize and field.mapping_type is dict  # noqa: SLF001
    return isinstance(field, fields.List) and serialize is fields.List._serialize  # noqa: SLF001


def _nested(field: fields.Nested, above: tuple[type, ...]) -> Show | None:
    shape = field.schema
    if not (shape.many or field.many):
        return _compile(shape, above)
    try:
        return _each(_generated(shape, above, lambda it: shape.dump([it], many=True)[0], many=True))
    except NotCompiled:
        return None  # its hooks may want to see all of them


def _inner(field: fields.Field[Any], above: tuple[type, ...]) -> Show | None:
    """The same for a value inside a list or a mapping, null included."""
    exact, serialize = _exact(field), field._serialize  # noqa: SLF001
    if exact is not None:
        return lambda value: value if value.__class__ is exact else serialize(value, "", None)
    if is_silent(field):
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


def _list(field: fields.Field[Any], above: tuple[type, ...]) -> Show | None:
    show = _inner(field.inner, above) if isinstance(field, fields.List) else None
    return None if show is None else _each(show)


def _each(show: Show) -> Show:
    def show_each(items: Any) -> list[Any]:
        if items.__class__ is not list and iter(items) is items:
            raise ValueError  # it can be read but once, and marshmallow may have to
        return [show(item) for item in items]

    return show_each


def _mapping(field: fields.Dict, above: tuple[type, ...]) -> Show | None:
    if field.key_field is None and field.value_field is None:
        return dict
    key = _as_it_is if field.key_field is None else _inner(field.key_field, above)
    value = _as_it_is if field.value_field is None else _inner(field.value_field, above)
    if key is None or value is None:
        return None
    return lambda given: {key(name): value(each) for name, each in given.items()}

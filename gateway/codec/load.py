"""Marshmallow shapes compiled to functions from parsed JSON to the value object.

Marshmallow's load of an increment's parameters takes 9 times as long as the compiled function (17.5
and 2.0 microseconds in one run). That only ever says yes: whatever it does not take is left to the
shape's own `load`, which has the last word and the sentences.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from marshmallow import EXCLUDE, INCLUDE, RAISE, Schema, fields, missing
from marshmallow.decorators import POST_LOAD, PRE_LOAD, VALIDATES, VALIDATES_SCHEMA

from gateway.codec.checks import checks_of
from gateway.codec.make import made_plainly, making
from gateway.codec.plain import NotCompiled, compiled_form, has_own

Load = Callable[[Mapping[str, Any]], Any]
Convert = Callable[[Any], Any]

REFUSED: Final = object()
"""What a compiled function returns for anything that marshmallow is to judge."""


def refuse_all(_: Mapping[str, Any]) -> Any:
    """What stands for a shape that is not compiled."""
    return REFUSED


def compile_load(shape: Schema) -> Load:
    """A function from a parsed JSON object to what `shape.load` makes of it, or to REFUSED.

    Raises NotCompiled when the shape holds something that is not understood here.
    """
    if shape.many:
        raise NotCompiled(f"{type(shape).__name__} takes many objects, and a call has one.")
    return _load_one(shape, ())


_OWN_WAYS = (
    "load",
    "_do_load",
    "_deserialize",
    "_call_and_store",
    "_invoke_field_validators",
    "_invoke_schema_validators",
    "_run_validator",
    "_invoke_load_processors",
    "_invoke_processors",
)
_OF_FIELDS = ("deserialize", "_validate", "_validate_all", "_validate_missing")
_OF_NESTS = ("schema", "_deserialize", "_load", "_test_collection")


def _load_one(shape: Schema, above: tuple[type, ...]) -> Load:
    """The function for one object; `above` are the classes of the shapes that it is nested in."""
    if type(shape) in above:
        raise NotCompiled(f"{type(shape).__name__} holds itself.")
    _require_plain(shape)
    scope: dict[str, Any] = {"REFUSED": REFUSED, "missing": missing}
    body = "\n        ".join(["o = {}; n = 0", *_lines(shape, scope, above)])
    # Whatever goes wrong, marshmallow is asked the same, and says it in its own way.
    source = (
        f"def load(d):\n    try:\n        {body}\n    except Exception:\n        return REFUSED\n"
    )
    load: Load = _made(source, f"load {type(shape).__name__}", scope)
    return load


def _made(source: str, name: str, scope: dict[str, Any]) -> Any:
    """The function that the source defines, in the scope; its name is the first word of `name`."""
    exec(compile(source, f"<{name}>", "exec"), scope)  # noqa: S102 - the source is made of numbers
    # and of a shape's own names as literals, and nothing else
    return scope[name.partition(" ")[0]]


def _require_plain(shape: Schema) -> None:
    """Raise NotCompiled when loading is more than fields, schema validators and post-load hooks."""
    name = type(shape).__name__
    hooks = shape._hooks  # noqa: SLF001 - the only place where marshmallow keeps them
    if hooks[PRE_LOAD] or hooks[VALIDATES]:
        raise NotCompiled(f"{name} has a hook that runs before its fields are whole.")
    if any(many for tag in (POST_LOAD, VALIDATES_SCHEMA) for _, many, _ in hooks[tag]):
        raise NotCompiled(f"{name} has a hook for many objects at once.")
    if has_own(shape, Schema, _OWN_WAYS):
        raise NotCompiled(f"{name} loads in a way of its own.")
    if shape.partial is not None or shape.dict_class is not dict:
        raise NotCompiled(f"{name} was made with options of its own.")


def _lines(shape: Schema, scope: dict[str, Any], above: tuple[type, ...]) -> Iterator[str]:
    """What the function does: the fields, then unknown ones, validators and the hooks at last."""
    above, keys = (*above, type(shape)), list[str]()
    for number, (name, field) in enumerate(shape.load_fields.items()):
        where, attribute = f"{type(shape).__name__}.{name}", field.attribute or name
        key = field.data_key if field.data_key is not None else name
        if "." in attribute:
            raise NotCompiled(f"{where} goes into an inner object.")
        if key in keys:
            raise NotCompiled(f"{where} comes under the name of another field.")
        keys.append(key)
        scope[f"f{number}"] = _reader(field, where, above)
        yield f"v = d.get({key!r}, missing)"
        yield "if v is None:"
        yield f"    n += 1; o[{attribute!r}] = None" if field.allow_none else "    return REFUSED"
        yield "elif v is not missing:"
        yield f"    n += 1; v = f{number}(v)"
        for check in checks_of(field, scope, f"c{number}", "return REFUSED"):
            yield f"    {check}"
        yield f"    if v is not missing: o[{attribute!r}] = v"
        if field.required:
            yield "else: return REFUSED"
        elif field.load_default is not missing:
            scope[f"d{number}"] = field.load_default
            yield "else:"
            yield f"    v = d{number}{'()' if callable(field.load_default) else ''}"
            yield f"    if v is not missing: o[{attribute!r}] = v"
    if shape.unknown == RAISE:
        yield "if n != len(d): return REFUSED"
    elif shape.unknown == INCLUDE:
        scope["known"] = frozenset(keys)
        yield "if n != len(d): o.update([(k, d[k]) for k in d if k not in known])"
    elif shape.unknown != EXCLUDE:
        raise NotCompiled(f"{type(shape).__name__} treats unknown fields in a way of its own.")
    yield from _hooks(shape, scope)
    yield "return o"


def _hooks(shape: Schema, scope: dict[str, Any]) -> Iterator[str]:
    options = f"many={shape.many!r}, partial=None, unknown={shape.unknown!r}"
    makes = made_plainly(shape)
    for tag, result in ((VALIDATES_SCHEMA, ""), (POST_LOAD, "o = ")):
        if tag == POST_LOAD and makes is not None:
            yield from making(makes, scope)
            return
        for number, (hook, _, given) in enumerate(shape._hooks[tag]):  # noqa: SLF001
            original = ", d" if given.get("pass_original") else ""
            scope[f"{tag}_{number}"] = getattr(shape, hook)
            yield f"{result}{tag}_{number}(o{original}, {options})"


def _converter(field: fields.Field[Any], where: str, above: tuple[type, ...]) -> Convert:
    """What makes a JSON value that is not null into the field's.

    It raises ValueError, or whatever Python raises, for what it does not take.
    """
    read = _reader(field, where, above)
    scope: dict[str, Any] = {"read": read}
    checks = list(checks_of(field, scope, "c", "raise ValueError"))
    if not checks:
        return read
    source = "\n    ".join(["def convert(v):", "v = read(v)", *checks, "return v"])
    convert: Convert = _made(source, f"convert {where}", scope)
    return convert


def _reader(field: fields.Field[Any], where: str, above: tuple[type, ...]) -> Convert:
    """The same, but for the field's validators."""
    if has_own(field, fields.Field, _OF_FIELDS) or field.pre_load or field.post_load:
        raise NotCompiled(f"{where} has steps of its own.")
    return _read(field, where, above)


def _inner(field: fields.Field[Any], where: str, above: tuple[type, ...]) -> Convert:
    """As `_converter`, for a value inside a list or an object, null included."""
    convert = _converter(field, where, above)
    if field.allow_none:
        return lambda value: None if value is None else convert(value)
    return lambda value: convert(_not_null(value))


def _read(field: fields.Field[Any], where: str, above: tuple[type, ...]) -> Convert:
    own = compiled_form(field, "from_json", of="_deserialize")
    if own is not None:
        return own
    accepted = _accepted(field)
    if accepted is not None:
        return _of_type(accepted)
    deserialize = type(field)._deserialize  # noqa: SLF001 - whose it is tells what it does
    if isinstance(field, fields.Nested):
        return _nested(field, where, above)
    if isinstance(field, fields.List) and deserialize is fields.List._deserialize:  # noqa: SLF001
        return _list(_inner(field.inner, where, above))
    if isinstance(field, fields.Dict) and deserialize is fields.Mapping._deserialize:  # noqa: SLF001
        return _dict(field, where, above)
    if deserialize is fields.Field._deserialize:  # noqa: SLF001
        return _as_it_is
    raise NotCompiled(f"{where} is a {type(field).__name__}, which has no from_json of its own.")


def _accepted(field: fields.Field[Any]) -> type | None:
    """The type of JSON value that the field takes as it is, if it is one of the plain fields."""
    deserialize = type(field)._deserialize  # noqa: SLF001
    if deserialize is fields.String._deserialize:  # noqa: SLF001
        return str
    if isinstance(field, fields.Boolean) and deserialize is fields.Boolean._deserialize:  # noqa: SLF001
        usual = True in field.truthy and False in field.falsy and False not in field.truthy
        return bool if usual else None
    if isinstance(field, fields.Integer):
        own = has_own(field, fields.Integer, ("_deserialize", "_validated", "_format_num"))
        return None if own or field.num_type is not int else int
    return None


def _of_type(accepted: type) -> Convert:
    """Takes what JSON has as that type; what else the field takes, marshmallow sees to."""

    def convert(value: Any) -> Any:
        if type(value) is not accepted:
            raise ValueError
        return value

    return convert


def _as_it_is(value: Any) -> Any:
    return value


def _not_null(value: Any) -> Any:
    if value is None:
        raise ValueError
    return value


def _list(convert: Convert) -> Convert:
    def convert_list(value: Any) -> Any:
        if type(value) is not list:
            raise ValueError
        return [convert(each) for each in value]

    return convert_list


def _dict(field: fields.Dict, where: str, above: tuple[type, ...]) -> Convert:
    if field.mapping_type is not dict:
        raise NotCompiled(f"{where} makes a mapping of its own.")
    key = _inner(field.key_field, where, above) if field.key_field else _as_it_is
    value = _inner(field.value_field, where, above) if field.value_field else _as_it_is

    def convert_dict(given: Any) -> Any:
        if type(given) is not dict:
            raise ValueError
        return {key(name): value(each) for name, each in given.items()}

    return convert_dict


def _nested(field: fields.Nested, where: str, above: tuple[type, ...]) -> Convert:
    if has_own(field, fields.Nested, _OF_NESTS) or field.unknown:
        raise NotCompiled(f"{where} nests in a way of its own.")
    load = _load_one(field.schema, above)

    def convert_nested(given: Any) -> Any:
        if type(given) is not dict or (made := load(given)) is REFUSED:
            raise ValueError
        return made

    return _list(convert_nested) if field.schema.many else convert_nested

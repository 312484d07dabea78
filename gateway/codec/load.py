"""Marshmallow shapes compiled to functions from parsed JSON to the value object.

Marshmallow's load of an increment's parameters costs 9 microseconds, the compiled function 1. It
only ever says yes: whatever it does not take is left to the shape's own `load`, which has the last
word and the sentences.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from marshmallow import EXCLUDE, INCLUDE, RAISE, Schema, fields, missing, validate
from marshmallow.decorators import POST_LOAD, PRE_LOAD, VALIDATES, VALIDATES_SCHEMA

Load = Callable[[Mapping[str, Any]], Any]
Convert = Callable[[Any], Any]

REFUSED: Final = object()
"""What a compiled function returns for anything that marshmallow is to judge."""


class NotCompiled(Exception):
    """Why a shape is left to marshmallow, in one sentence."""


def refuse_all(_: Mapping[str, Any]) -> Any:
    """What stands for a shape that is not compiled."""
    return REFUSED


def compile_load(shape: Schema) -> Load:
    """A function from a parsed JSON object to what `shape.load` makes of it, or to REFUSED.

    Raises NotCompiled when the shape holds something that is not understood here.
    """
    if shape.many:
        raise NotCompiled(f"{type(shape).__name__} takes many objects, and a call has one.")
    return _load_one(shape)


def _load_one(shape: Schema) -> Load:
    _require_plain(shape)
    scope: dict[str, Any] = {"REFUSED": REFUSED, "missing": missing}
    body = "\n        ".join(["o = {}; n = 0", *_lines(shape, scope)])
    # Whatever goes wrong, marshmallow is asked the same, and says it in its own way.
    source = (
        f"def load(d):\n    try:\n        {body}\n    except Exception:\n        return REFUSED\n"
    )
    exec(compile(source, f"<load {type(shape).__name__}>", "exec"), scope)  # noqa: S102 - the
    # source is made of numbers and of the shape's own names as literals, and nothing else
    load: Load = scope["load"]
    return load


def _require_plain(shape: Schema) -> None:
    """Raise NotCompiled when loading is more than fields, schema validators and post-load hooks."""
    name, kind = type(shape).__name__, type(shape)
    hooks = shape._hooks  # noqa: SLF001 - the only place where marshmallow keeps them
    if hooks[PRE_LOAD] or hooks[VALIDATES]:
        raise NotCompiled(f"{name} has a hook that runs before its fields are whole.")
    if any(many for tag in (POST_LOAD, VALIDATES_SCHEMA) for _, many, _ in hooks[tag]):
        raise NotCompiled(f"{name} has a hook for many objects at once.")
    own = (kind.load, kind._do_load, kind._deserialize)  # noqa: SLF001 - is it marshmallow's?
    if own != (Schema.load, Schema._do_load, Schema._deserialize):  # noqa: SLF001
        raise NotCompiled(f"{name} loads in a way of its own.")
    if shape.partial or shape.dict_class is not dict:
        raise NotCompiled(f"{name} was made with options of its own.")


def _lines(shape: Schema, scope: dict[str, Any]) -> Iterator[str]:
    """What the function does: the fields, then unknown ones, validators and the hooks at last."""
    keys = []
    for number, (name, field) in enumerate(shape.load_fields.items()):
        attribute = field.attribute or name
        key = field.data_key if field.data_key is not None else name
        if "." in attribute:
            raise NotCompiled(f"{type(shape).__name__}.{name} goes into an inner object.")
        keys.append(key)
        scope[f"f{number}"] = _converter(field, f"{type(shape).__name__}.{name}")
        yield f"v = d.get({key!r}, missing)"
        yield "if v is not missing:"
        yield f"    n += 1; o[{attribute!r}] = f{number}(v)"
        if field.required:
            yield "else: return REFUSED"
        elif field.load_default is not missing:
            scope[f"d{number}"] = field.load_default
            call = "()" if callable(field.load_default) else ""
            yield f"else: o[{attribute!r}] = d{number}{call}"
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
    options = f"many=False, partial=None, unknown={shape.unknown!r}"
    for tag, result in ((VALIDATES_SCHEMA, ""), (POST_LOAD, "o = ")):
        for number, (hook, _, given) in enumerate(shape._hooks[tag]):  # noqa: SLF001
            original = ", d" if given.get("pass_original") else ""
            scope[f"{tag}_{number}"] = getattr(shape, hook)
            yield f"{result}{tag}_{number}(o{original}, {options})"


def _converter(field: fields.Field[Any], where: str) -> Convert:
    """What makes a JSON value into the field's; it raises ValueError for what it does not take."""
    kind = type(field)
    if kind.deserialize is not fields.Field.deserialize or field.pre_load or field.post_load:
        raise NotCompiled(f"{where} has steps of its own.")
    if kind._validate is not fields.Field._validate:  # noqa: SLF001 - is it marshmallow's?
        raise NotCompiled(f"{where} validates in a way of its own.")
    convert = _read(field, where)
    for each in field.validators:
        convert = _checked(convert, each)
    return _nullable(convert) if field.allow_none else convert


def _read(field: fields.Field[Any], where: str) -> Convert:
    own: Convert | None = getattr(field, "from_json", None)
    if own is not None:
        if _definer(field, "_deserialize") not in _definer(field, "from_json").__mro__:
            raise NotCompiled(f"{where} reads in a way of its own, and its from_json is another's.")
        return own
    accepted = _accepted(field)
    if accepted is not None:
        return _of_type(accepted)
    deserialize = type(field)._deserialize  # noqa: SLF001 - whose it is tells what it does
    if isinstance(field, fields.Nested):
        return _nested(field, where)
    if isinstance(field, fields.List) and deserialize is fields.List._deserialize:  # noqa: SLF001
        return _list(_converter(field.inner, where))
    if isinstance(field, fields.Dict) and deserialize is fields.Mapping._deserialize:  # noqa: SLF001
        return _dict(field, where)
    if deserialize is fields.Field._deserialize:  # noqa: SLF001
        return _as_it_is
    raise NotCompiled(f"{where} is a {type(field).__name__}, which has no from_json.")


def _definer(field: fields.Field[Any], name: str) -> type:
    """The class that the field has the attribute from."""
    return next(each for each in type(field).__mro__ if name in vars(each))


def _accepted(field: fields.Field[Any]) -> type | None:
    """The type of JSON value that the field takes as it is, if it is one of the plain fields."""
    deserialize = type(field)._deserialize  # noqa: SLF001
    if deserialize is fields.String._deserialize:  # noqa: SLF001
        return str
    if isinstance(field, fields.Boolean) and deserialize is fields.Boolean._deserialize:  # noqa: SLF001
        return bool if True in field.truthy and False in field.falsy else None
    if isinstance(field, fields.Integer) and deserialize is fields.Number._deserialize:  # noqa: SLF001
        return int if type(field)._validated is fields.Integer._validated else None  # noqa: SLF001
    return None


def _of_type(accepted: type) -> Convert:
    """Takes what JSON has as that type; what else the field takes, marshmallow sees to."""

    def convert(value: Any) -> Any:
        if type(value) is not accepted:
            raise ValueError
        return value

    return convert


def _as_it_is(value: Any) -> Any:
    if value is None:
        raise ValueError
    return value


def _nullable(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _list(convert: Convert) -> Convert:
    def convert_list(value: Any) -> Any:
        if type(value) is not list:
            raise ValueError
        return [convert(each) for each in value]

    return convert_list


def _dict(field: fields.Dict, where: str) -> Convert:
    key = _converter(field.key_field, where) if field.key_field else _as_it_is
    value = _converter(field.value_field, where) if field.value_field else None

    def convert_dict(given: Any) -> Any:
        if type(given) is not dict:
            raise ValueError
        return {key(name): value(each) if value else each for name, each in given.items()}

    return convert_dict


def _nested(field: fields.Nested, where: str) -> Convert:
    if type(field)._deserialize is not fields.Nested._deserialize or field.unknown:  # noqa: SLF001
        raise NotCompiled(f"{where} nests in a way of its own.")
    load = _load_one(field.schema)

    def convert_nested(given: Any) -> Any:
        if type(given) is not dict or (made := load(given)) is REFUSED:
            raise ValueError
        return made

    return _list(convert_nested) if field.many or field.schema.many else convert_nested


def _checked(convert: Convert, validator: Callable[[Any], Any]) -> Convert:
    """`convert`, and then the validator; the frequent ones without marshmallow's own steps."""
    kind = type(validator)
    if isinstance(validator, validate.Length) and kind is validate.Length and not validator.equal:
        least, most = validator.min or 0, validator.max

        def check_length(value: Any) -> Any:
            made = convert(value)
            if len(made) < least or (most is not None and len(made) > most):
                raise ValueError
            return made

        return check_length
    if isinstance(validator, validate.Range) and kind is validate.Range:
        bounds = (validator.min, validator.max)
        if None not in bounds and validator.min_inclusive and validator.max_inclusive:
            low, high = bounds

            def check_range(value: Any) -> Any:
                made = convert(value)
                if not low <= made <= high:
                    raise ValueError
                return made

            return check_range

    def check(value: Any) -> Any:
        made = convert(value)
        validator(made)
        return made

    return check

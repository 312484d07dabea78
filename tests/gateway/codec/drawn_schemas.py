"""Schemas of all kinds to load with: fields, options, hooks, and others nested in them."""

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from marshmallow import (
    EXCLUDE,
    INCLUDE,
    RAISE,
    Schema,
    ValidationError,
    fields,
    missing,
    post_load,
    pre_load,
    validate,
    validates,
    validates_schema,
)

from gateway.codec.options import Expansions, StrictBoolean
from schemas.fields import Choice, Day, Flag, Id, Int64, Moment, Tags, Text, Zone
from tests.gateway.codec.drawn import ANY, values_of

Kinds = list[Callable[..., fields.Field[Any]]]

STRICT: Kinds = [
    fields.String,
    lambda **o: fields.String(validate=validate.Length(1, 3), **o),
    lambda **o: fields.String(validate=validate.Length(equal=2), **o),
    lambda **o: fields.String(validate=validate.Length(equal=0), **o),
    lambda **o: fields.String(validate=[validate.OneOf(["a", "b"]), validate.Length(0)], **o),
    lambda **o: fields.String(validate=validate.Regexp("a+"), **o),
    lambda **o: fields.String(validate=lambda text: text != "a", **o),
    fields.Email,
    fields.URL,
    lambda **o: fields.Integer(strict=True, validate=validate.Range(0, 9), **o),
    fields.Raw,
    fields.Dict,
    lambda **o: Text(1, 3, trim=True, **o),
    Id,
    lambda **o: Int64(-1, 2**63 - 1, **o),
    Int64,
    Flag,
    Moment,
    Day,
    Zone,
    StrictBoolean,
    lambda **o: Choice(("UpDown", "a"), **o),
    lambda **o: Tags(1, 2, 3, **o),
    lambda **o: Expansions(("history", "x")) if not o else fields.Raw(**o),
    lambda **o: fields.List(fields.Integer(strict=True, allow_none=True), **o),
    lambda **o: fields.List(Moment(), validate=validate.Length(max=1), **o),
    lambda **o: fields.Dict(keys=Text(0, 2, trim=True), **o),
    lambda **o: fields.Dict(values=fields.List(Text()), **o),
]
"""Fields that take one JSON type only, so that both ways take the same."""

LENIENT: Kinds = [
    lambda **o: fields.Integer(validate=validate.Range(min=0, min_inclusive=False), **o),
    lambda **o: fields.Integer(as_string=True, **o),
    fields.Boolean,
    lambda **o: fields.Dict(keys=fields.String(), values=fields.Boolean(), **o),
]
"""Fields that take more than their compiled form does."""

OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "required": st.just(True),  # noqa: FBT003 - marshmallow's own name for it
        "allow_none": st.booleans(),
        "data_key": st.sampled_from(["", "a", "b", "Full name", "a.b", "'\"\\\n"]),
        "attribute": st.sampled_from(["x", "a", "class", "'\"\\\n"]),
        "dump_only": st.booleans(),
        "load_only": st.booleans(),
    },
)
DEFAULTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, *({"load_default": each} for each in (None, list, 5, lambda: missing))]
)


NESTS: Kinds = [
    fields.Nested,
    lambda inner, **o: fields.Nested(inner, many=True, **o),
    lambda inner, **o: fields.Nested(inner, only=tuple(inner.fields)[:1], **o),
    lambda inner, **o: fields.Nested(type(inner), exclude=tuple(inner.fields)[:1], **o),
    lambda inner, unknown=None, **o: fields.List(fields.Nested(inner, unknown=unknown), **o),
    lambda inner, unknown=None, **o: fields.Dict(values=fields.Nested(inner, unknown=unknown), **o),
]


def _refuse_odd(_: Schema, data: Any, *original: Any, many: bool, **options: Any) -> None:
    seen = original[0] if original else data
    if isinstance(seen, dict) and len(seen) % 2:
        raise ValidationError(f"An odd number: {many}, {options}.", "a")


def _mark(_: Schema, data: Any, *original: Any, many: bool, **options: Any) -> None:
    data["marked"] = [many, options, *original]


def _tell(_: Schema, data: Any, *original: Any, many: bool, **options: Any) -> Any:
    return {"told": data, "options": [many, options, *original]}


def _refuse_late(_: Schema, data: Any, *_original: Any, **__: Any) -> Any:
    if len(data) == 1:
        raise ValidationError({"b": ["It is alone."]})
    return data


HOOKS: list[Callable[..., Any]] = [
    lambda **o: validates_schema(_refuse_odd, **o),
    lambda **o: validates_schema(_mark, **o),
    lambda **o: validates_schema(_refuse_odd, skip_on_field_errors=False, **o),
    lambda **o: post_load(_tell, **o),
    lambda **o: post_load(_refuse_late, **o),
]
EARLY: list[Callable[..., Any]] = [
    lambda **_: pre_load(lambda _, data, **__: data),
    lambda **_: validates("a")(lambda *_, **__: None),
    lambda **_: post_load(_tell, pass_collection=True),
]
"""Hooks that leave a schema to marshmallow."""


@st.composite
def hooks(draw: st.DrawFn, names: list[str]) -> dict[str, Any]:
    """Hooks under names of their own; most schemas have none."""
    early = EARLY if "a" in names else EARLY[::2]
    kinds = early if draw(st.integers(0, 15)) == 0 else HOOKS
    drawn = draw(st.lists(st.sampled_from(kinds), max_size=2))
    return {
        f"_hook{number}": make(pass_original=draw(st.booleans()))
        for number, make in enumerate(drawn)
    }


@st.composite
def makers(draw: st.DrawFn, declared: dict[str, fields.Field[Any]]) -> dict[str, Any]:
    """What a schema has that makes a NamedTuple of its fields, and the one hook of that."""
    names = sorted({each.attribute or name for name, each in declared.items()})
    if not all(each.isidentifier() and each != "class" for each in names):
        return {}
    named_tuple: Callable[..., type] = namedtuple  # noqa: PYI024 - its fields are drawn
    made = named_tuple("made", [*names, "more"], defaults=[None] * len(names) + [5])

    @post_load
    def make(shape: Any, data: dict[str, Any], **_: Any) -> Any:
        return shape.makes(**data)

    kept = draw(st.sampled_from([made, type("Own", (made,), {})]))
    return {"makes": kept, "maker": "make", "make": make}


@st.composite
def schemas(draw: st.DrawFn, kinds: Kinds, depth: int = 2) -> Schema:
    """A schema of any of these fields, with others nested in it; marshmallow refuses some."""
    declared: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from("abcd"), min_size=1, unique=True)):
        options: dict[str, Any] = draw(OPTIONS) if draw(st.booleans()) else {}
        if "required" not in options:
            options |= draw(DEFAULTS)
        if depth and draw(st.integers(0, 3)) == 0:
            inner = draw(schemas(kinds, depth - 1))
            # An `unknown` of its own leaves a nest, and all around it, to marshmallow.
            odd = {"unknown": EXCLUDE} if draw(st.integers(0, 15)) == 0 else {}
            declared[name] = draw(st.sampled_from(NESTS))(inner, **odd, **options)
        else:
            declared[name] = draw(st.sampled_from(kinds))(**options)
    narrowed: dict[str, Any] = {"unknown": draw(st.sampled_from([RAISE, EXCLUDE, INCLUDE]))}
    if declared and draw(st.integers(0, 3)) == 0:
        some = st.sets(st.sampled_from(sorted(declared)), min_size=1)
        narrowed |= {draw(st.sampled_from(["only", "exclude"])): draw(some)}
    makes = narrowed["unknown"] != INCLUDE and draw(st.integers(0, 2)) == 0
    others = draw(makers(declared) if makes else hooks([*declared]))
    try:
        return Schema.from_dict({**declared, **others})(**narrowed)
    except ValueError:  # two fields in one place
        return Schema.from_dict({name: Int64() for name in declared})()


def fitting(shape: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have the shape's names, and inside them those of what is nested."""
    keys = {name if each.data_key is None else each.data_key: each for name, each in
            shape.fields.items()}  # fmt: skip
    known = {name: values_of(each, ANY, fitting) for name, each in keys.items()}
    some = st.fixed_dictionaries({}, optional={**known, "unknown": ANY, "a.b": ANY})
    return likely(shape) | some | st.fixed_dictionaries(known)


def likely(shape: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that the shape may well take."""
    held = {
        name if each.data_key is None else each.data_key: (
            each.required,
            values_of(each, st.nothing(), likely),
        )
        for name, each in shape.load_fields.items()
    }
    needed = {name: values for name, (required, values) in held.items() if required}
    optional = {name: values for name, (required, values) in held.items() if not required}
    return st.fixed_dictionaries(needed | optional) | st.fixed_dictionaries(
        needed, optional=optional
    )

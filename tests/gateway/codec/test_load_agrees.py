"""What a compiled shape takes, it takes as marshmallow's load does; what it refuses is asked."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import EXCLUDE, INCLUDE, RAISE, Schema, ValidationError, fields, missing, validate

from actions.catalogue import SECTIONS
from gateway.codec.load import REFUSED, Load, compile_load
from gateway.codec.options import Expansions, StrictBoolean
from gateway.codec.plain import NotCompiled
from gateway.registry import Registry
from schemas.fields import Choice, Day, Flag, Id, Int64, Moment, Tags, Text, Zone
from tests.gateway.codec.drawn import ANY, typed, values_of

SHAPES = {
    f"{each.path} {name}": shape
    for each in Registry(SECTIONS)
    for name, shape in (("takes", each.takes), ("options", each.options), ("gives", each.gives))
    if shape is not None
}


def judged(shape: Schema, sent: dict[str, Any]) -> Any:
    """What marshmallow makes of it; REFUSED stands for its refusal."""
    try:
        return shape.load(sent)
    except ValidationError:
        return REFUSED


def require_agreement(load: Load, shape: Schema, sent: dict[str, Any]) -> None:
    made = load(sent)
    assert made is REFUSED or typed(made) == typed(judged(shape, sent))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@given(data=st.data())
@settings(max_examples=30)
def test_every_shipped_shape_agrees(shape: Schema, data: st.DataObject) -> None:
    names = st.sampled_from([*shape.load_fields, "unknown"])
    sent = data.draw(st.dictionaries(names, ANY, max_size=4) | fitting(shape))
    require_agreement(compile_load(shape), shape, sent)


KINDS: list[Callable[..., fields.Field[Any]]] = [
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
    lambda **o: fields.Integer(validate=validate.Range(min=0, min_inclusive=False), **o),
    lambda **o: fields.Integer(as_string=True, **o),
    fields.Boolean,
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
    lambda **o: fields.Dict(keys=fields.String(), values=fields.Boolean(), **o),
    lambda **o: fields.Dict(keys=Text(0, 2, trim=True), **o),
    lambda **o: fields.Dict(values=fields.List(Text()), **o),
]
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


NESTS: list[Callable[..., fields.Field[Any]]] = [
    fields.Nested,
    lambda inner, **o: fields.Nested(inner, many=True, **o),
    lambda inner, **o: fields.List(fields.Nested(inner), **o),
    lambda inner, **o: fields.Dict(values=fields.Nested(inner), **o),
]


@st.composite
def schemas(draw: st.DrawFn, depth: int = 2) -> Schema:
    """A schema of any plain fields, with others nested in it; marshmallow refuses some."""
    declared: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from("abcd"), unique=True)):
        options: dict[str, Any] = draw(OPTIONS)
        if "required" not in options:
            options |= draw(DEFAULTS)
        if depth and draw(st.integers(0, 3)) == 0:
            inner = draw(schemas(depth - 1))
            declared[name] = draw(st.sampled_from(NESTS))(inner, **options)
        else:
            declared[name] = draw(st.sampled_from(KINDS))(**options)
    unknown: Any = draw(st.sampled_from([RAISE, EXCLUDE, INCLUDE]))
    try:
        return Schema.from_dict(declared)(unknown=unknown)
    except ValueError:  # two fields in one place
        return Schema.from_dict({})(unknown=unknown)


def fitting(shape: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have the shape's names, and inside them those of what is nested."""
    keys = {name if each.data_key is None else each.data_key: each for name, each in
            shape.fields.items()}  # fmt: skip
    known = {name: values_of(each, ANY, fitting) for name, each in keys.items()}
    some = st.fixed_dictionaries({}, optional={**known, "unknown": ANY, "a.b": ANY})
    return some | st.fixed_dictionaries(known)


@given(data=st.data())
def test_any_plain_schema_agrees(data: st.DataObject) -> None:
    shape = data.draw(schemas())
    try:
        load = compile_load(shape)
    except NotCompiled as reason:
        assert "comes under the name of another field" in str(reason)  # noqa: PT017
        return

    require_agreement(load, shape, data.draw(fitting(shape)))

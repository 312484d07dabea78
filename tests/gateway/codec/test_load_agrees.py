"""What a compiled shape takes, it takes as marshmallow's load does; what it refuses is asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import EXCLUDE, INCLUDE, RAISE, Schema, ValidationError, fields, validate

from actions.catalogue import SECTIONS
from gateway.codec.load import REFUSED, compile_load
from gateway.registry import Registry

REGISTRY = Registry(SECTIONS)
SHAPES = {
    f"{each.path} {name}": shape
    for each in REGISTRY
    for name, shape in (("takes", each.takes), ("options", each.options))
    if shape is not None
}
EDGES: st.SearchStrategy[Any] = st.sampled_from(
    [
        None, True, False, 0, 1, -1, 2**63 - 1, -(2**63), 2**63, 1.0, 1.5, "", " ", "a", "steps",
        " Daily steps ", "x" * 41, "UpDown", "updown", "OnlyUp", "allow", "asc", "created_at",
        "2026-02-28", "2026-02-29", "0000-01-01", "2026-11-21T20:34:39Z", "2026-11-21T20:34:60Z",
        "2026-11-21T20:34:39.5+23:59", "0001-01-01T00:00:00+01:00", "2026-11-21T20:34:39",
        "Europe/Vienna", "posix/UTC", "/etc/passwd", "0193f0f0-0000-7000-8000-000000000000",
        "0193F0F0-0000-7000-8000-000000000000", [], [1, 2], [None], ["history"], ["x"], {},
        {"a": "b"}, {"a": None}, {"": "x"}, {"sleep_ms": 1}, {"error": "Conflict"}, [[]], [{}],
    ]
)  # fmt: skip
ANY = st.recursive(
    EDGES | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def judged(shape: Schema, sent: dict[str, Any]) -> Any:
    """What marshmallow makes of it; REFUSED stands for its refusal."""
    try:
        return shape.load(sent)
    except ValidationError:
        return REFUSED


def typed(value: Any) -> Any:
    """The value with its types, since 1 equals True and 1.0."""
    if isinstance(value, dict):
        return {name: typed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    if isinstance(value, tuple):
        return (type(value), [typed(each) for each in value])
    return (type(value), value)


def require_agreement(shape: Schema, sent: dict[str, Any]) -> None:
    made = compile_load(shape)(sent)
    assert made is REFUSED or typed(made) == typed(judged(shape, sent))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@given(data=st.data())
def test_every_shipped_shape_agrees(shape: Schema, data: st.DataObject) -> None:
    names = st.sampled_from([*shape.load_fields, "unknown"])
    require_agreement(shape, data.draw(st.dictionaries(names, ANY, max_size=4)))


@pytest.mark.parametrize("registered", [*REGISTRY], ids=lambda each: each.path)
def test_every_shipped_example_is_taken_without_marshmallow(registered: Any) -> None:
    names = set(registered.options.fields) if registered.options else set()
    example = registered.action.example
    rest = {name: value for name, value in example.items() if name not in names}

    assert REGISTRY.interpreted == []
    assert typed(registered.load(rest)) == typed(registered.takes.load(rest))
    assert registered.load_options({}) == ({} if registered.options else REFUSED)


KINDS: st.SearchStrategy[Any] = st.sampled_from(
    [
        fields.String,
        lambda **o: fields.String(validate=validate.Length(1, 3), **o),
        lambda **o: fields.String(validate=validate.Length(equal=2), **o),
        lambda **o: fields.String(validate=[validate.OneOf(["a", "b"]), validate.Length(0)], **o),
        lambda **o: fields.String(validate=validate.Regexp("a+"), **o),
        fields.Email,
        lambda **o: fields.Integer(strict=True, validate=validate.Range(0, 9), **o),
        lambda **o: fields.Integer(validate=validate.Range(min=0, min_inclusive=False), **o),
        fields.Boolean,
        fields.Raw,
        lambda **o: fields.List(fields.Integer(strict=True, allow_none=True), **o),
        lambda **o: fields.Dict(keys=fields.String(), values=fields.Boolean(), **o),
        fields.Dict,
        lambda **o: fields.Nested({"a": fields.String(required=True)}, **o),
        lambda **o: fields.Nested({"a": fields.Raw()}, many=True, **o),
    ]
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "required": st.just(True),  # noqa: FBT003 - marshmallow's own name for it
        "allow_none": st.booleans(),
        "data_key": st.uuids().map(str),
        "attribute": st.uuids().map(str),
    },
)
DEFAULTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"load_default": None}, {"load_default": list}]
)


@given(data=st.data())
def test_any_plain_schema_agrees(data: st.DataObject) -> None:
    declared: dict[str, Any] = {}
    for name in data.draw(st.lists(st.sampled_from("abc"), unique=True)):
        options: dict[str, Any] = data.draw(OPTIONS)
        if "required" not in options:
            options |= data.draw(DEFAULTS)
        declared[name] = data.draw(KINDS)(**options)
    unknown: Any = data.draw(st.sampled_from([RAISE, EXCLUDE, INCLUDE]))
    shape = Schema.from_dict(declared)(unknown=unknown)
    keys = {field.data_key or name for name, field in shape.fields.items()}
    names = st.sampled_from([*sorted(keys), *"abc", "unknown"])

    require_agreement(shape, data.draw(st.dictionaries(names, ANY, max_size=4)))

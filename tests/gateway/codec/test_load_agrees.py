"""What a compiled shape takes, it takes as marshmallow's load does; what it refuses is asked."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError

from actions.catalogue import SECTIONS
from gateway.codec.load import REFUSED, Load, compile_load, refuse_all
from gateway.codec.plain import NotCompiled
from gateway.registry import Registered, Registry
from tests.gateway.codec.drawn import ANY, outcome, typed
from tests.gateway.codec.drawn_schemas import LENIENT, STRICT, fitting, schemas

REGISTRY = Registry(SECTIONS)
TAKEN = {
    f"{each.path} {name}": (each, shape)
    for each in REGISTRY
    for name, shape in (("takes", each.takes), ("options", each.options))
    if shape is not None
}
GIVEN = {each.path: each.gives for each in REGISTRY}


def judged(shape: Schema, sent: dict[str, Any]) -> Any:
    """What marshmallow makes of it; REFUSED stands for its refusal."""
    try:
        return shape.load(sent)
    except ValidationError:
        return REFUSED


@pytest.mark.parametrize(("registered", "shape"), TAKEN.values(), ids=TAKEN)
@given(data=st.data())
@settings(max_examples=50)
def test_what_an_action_takes_is_taken_and_refused_alike(
    registered: Registered, shape: Schema, data: st.DataObject
) -> None:
    example = {
        name: value
        for name, value in registered.action.example.items()
        if name in shape.load_fields
    }
    names = st.sampled_from([*shape.load_fields, "unknown"])
    changed = data.draw(st.dictionaries(names, ANY, max_size=4) | fitting(shape))
    sent = data.draw(st.sampled_from([changed, {**example, **changed}, example]))

    assert typed(compile_load(shape)(sent)) == typed(judged(shape, sent))


@pytest.mark.parametrize("shape", GIVEN.values(), ids=GIVEN)
@given(data=st.data())
@settings(max_examples=30)
def test_what_an_action_gives_would_be_taken_as_marshmallow_does(
    shape: Schema, data: st.DataObject
) -> None:
    require_agreement(compile_load(shape), shape, data.draw(fitting(shape)))


def require_agreement(load: Load, shape: Schema, sent: dict[str, Any]) -> None:
    made = load(sent)
    assert made is REFUSED or typed(made) == typed(judged(shape, sent))


LEFT = (
    "comes under the name of another field",
    "has a hook that runs before its fields are whole",
    "has a hook for many objects at once",
    "nests in a way of its own",
)


def compiled(shape: Schema) -> Load | None:
    """The compiled shape, or None where there is a reason for not being one."""
    try:
        return compile_load(shape)
    except NotCompiled as reason:
        assert any(each in str(reason) for each in LEFT)  # noqa: PT017
        return None


@given(data=st.data())
def test_a_schema_of_any_fields_agrees(data: st.DataObject) -> None:
    shape = data.draw(schemas(STRICT + LENIENT))
    load = compiled(shape)

    if load is not None:
        require_agreement(load, shape, data.draw(fitting(shape)))


@given(data=st.data())
@settings(max_examples=300)
def test_a_schema_of_strict_fields_takes_and_refuses_the_same(data: st.DataObject) -> None:
    shape = data.draw(schemas(STRICT))
    load = compiled(shape)
    sent = data.draw(fitting(shape))

    if load is not None:
        assert typed(load(sent)) == typed(judged(shape, sent))


@given(data=st.data())
def test_no_caller_can_tell_that_a_schema_is_compiled(data: st.DataObject) -> None:
    shape = data.draw(schemas(STRICT + LENIENT))
    ping = REGISTRY.find("system", "ping")
    assert ping is not None
    by_marshmallow = replace(ping, takes=shape, load=refuse_all)
    by_both = replace(by_marshmallow, load=compiled(shape) or refuse_all)
    sent = data.draw(fitting(shape))

    assert outcome(by_both, sent) == outcome(by_marshmallow, sent)

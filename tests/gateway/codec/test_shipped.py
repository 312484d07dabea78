"""Every shipped shape is compiled; and through the stage `validate` both ways say the same."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.catalogue import SECTIONS
from gateway.codec.load import REFUSED, compile_load, refuse_all
from gateway.codec.show import why_interpreted
from gateway.registry import Registered, Registry
from tests.gateway.codec.drawn import ANY, outcome, typed

ACTIONS = {each.path: each for each in Registry(SECTIONS)}
every_action = pytest.mark.parametrize("registered", ACTIONS.values(), ids=ACTIONS)


def test_start_up_has_nothing_to_tell() -> None:
    assert Registry(SECTIONS).interpreted == []


@every_action
def test_what_an_action_takes_is_compiled(registered: Registered) -> None:
    for shape in (registered.takes, registered.options):
        assert shape is None or callable(compile_load(shape))


@every_action
def test_what_an_action_gives_is_compiled(registered: Registered) -> None:
    assert list(why_interpreted(registered.gives)) == []


@every_action
def test_its_example_is_taken_without_marshmallow(registered: Registered) -> None:
    options = registered.options.fields if registered.options else {}
    example = registered.action.example
    rest = {name: value for name, value in example.items() if name not in options}

    assert typed(registered.load(rest)) == typed(registered.takes.load(rest))
    assert registered.load_options({}) == ({} if registered.options else REFUSED)


@every_action
@given(data=st.data())
@settings(max_examples=30)
def test_no_caller_can_tell_that_it_is_compiled(
    registered: Registered, data: st.DataObject
) -> None:
    example = registered.action.example
    names = {*registered.takes.load_fields, *example, "unknown"}
    names |= set(registered.options.load_fields if registered.options else ())
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(names)), ANY, max_size=4))
    kept = data.draw(st.sets(st.sampled_from(sorted(example)))) if example else set()
    sent = {**{name: example[name] for name in kept}, **changed}
    by_marshmallow = replace(registered, load=refuse_all)
    if registered.options is not None:
        by_marshmallow = replace(by_marshmallow, load_options=refuse_all)

    assert outcome(registered, sent) == outcome(by_marshmallow, sent)

"""For whatever a shipped shape can hold, the compiled form and marshmallow's dump say the same."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.catalogue import SECTIONS
from gateway.codec.encode import encode
from gateway.codec.show import compile_show
from gateway.registry import Registry
from schemas.base import Shape
from schemas.counters import Change, ChangeShape, Counter, CounterShape
from tests.gateway.codec.drawn import written
from tests.gateway.codec.shown import COUNTER, MOMENT, SHOWN


def test_whatever_an_action_gives_is_tried_here() -> None:
    given_by_actions = {type(each.gives) for each in Registry(SECTIONS)}

    assert given_by_actions - {type(shape) for shape, _ in SHOWN} == set()


@pytest.mark.parametrize(("shape", "values"), SHOWN, ids=[type(each).__name__ for each, _ in SHOWN])
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_compiled_and_dumped_are_the_same(
    shape: Shape[Any], values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    value = data.draw(values)
    everything = frozenset(shape.expansions)

    compiled = written(compile_show(shape, full=True, expand=everything), value)
    assert isinstance(compiled, bytes)
    assert compiled == written(shape.dump, value)


@given(counter=COUNTER)
@settings(max_examples=20, deadline=None)
def test_what_was_not_asked_for_is_not_shown(counter: Counter) -> None:
    hidden = {*CounterShape.extended, *CounterShape.expansions}

    compiled = written(compile_show(CounterShape()), counter)
    assert isinstance(compiled, bytes)
    assert compiled == written(CounterShape(exclude=hidden).dump, counter)


@given(day=st.dates(), moment=MOMENT)
@settings(max_examples=40, deadline=None)
def test_times_are_written_as_the_protocol_says(day: date, moment: datetime) -> None:
    change = Change(1, "set", day, day, "a", moment)
    shown = orjson.loads(encode(compile_show(ChangeShape())(change)))

    assert shown["from"] == shown["to"] == day.isoformat()
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    assert shown["at"] == utc.isoformat(timespec="microseconds") + "Z"

"""A section as a user writes one: counters in memory, for what a call costs without a database.

Served by `halyard serve --actions tests.benchmarks.memory`.
"""

from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from gateway import Action, Context, NotFound, Section
from schemas.base import ABSENT, Absent, Shape
from schemas.counters import STEP_MAX, Counter, CounterShape
from schemas.fields import Id, Int64
from tests.benchmarks.peers.common import ACCOUNT, COUNTERS, new_counters


class Step(NamedTuple):
    id: str
    by: int = 1


class StepShape(Shape[Step]):
    makes = Step

    id = Id(required=True)
    by = Int64(1, STEP_MAX)


class Held(SimpleNamespace):
    """A counter that is changed in place, as the peers change theirs.

    Its names stand here since a shape is compiled for the attributes that its class declares.
    """

    id: str
    external_id: str | None
    name: str
    type: str
    value: int
    mode: str | Absent
    goal: int | None
    overflow: str | Absent
    date: Absent
    milestones: Absent
    version: int
    created_at: datetime
    updated_at: datetime


class HeldShape(CounterShape):
    makes = cast("type[Counter]", Held)  # it has the same attributes, and is no tuple


class Increment(Action[Step, Any]):
    """Add to a counter in memory and answer with its new state."""

    scope = "memory:write"
    takes = StepShape()
    gives = HeldShape()
    raises = (NotFound,)
    example = {"id": new_counters(1)[0].id}

    async def run(self, params: Step, context: Context) -> Held:
        counters: dict[str, Held] = context.started
        counter = counters.get(params.id)
        if counter is None:
            raise NotFound
        counter.value += params.by
        counter.version += 1
        counter.updated_at = context.now
        context.flag("modification")
        return counter


async def start(_: Mapping[str, Any]) -> dict[str, Held]:
    """The counters, by their ids."""
    return {
        each.id: Held(
            **each._asdict(),
            date=ABSENT,
            milestones=ABSENT,
            created_by=ACCOUNT,
            description=None,
            metadata={},
        )
        for each in new_counters(COUNTERS)
    }


section = Section("memory", "Counters in memory", actions=(Increment,), on_start=start)

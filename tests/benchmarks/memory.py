"""A section as a user writes one: counters in memory, for what a call costs without a database.

Served by `halyard serve --actions tests.benchmarks.memory`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway import Action, Context, NotFound, Section
from schemas.base import ABSENT, Shape
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


class Increment(Action[Step, Counter]):
    """Add to a counter in memory and answer with its new state."""

    scope = "memory:write"
    takes = StepShape()
    gives = CounterShape()
    raises = (NotFound,)
    example = {"id": new_counters(1)[0].id}

    async def run(self, params: Step, context: Context) -> Counter:
        counters: dict[str, Counter] = context.started
        found = counters.get(params.id)
        if found is None:
            raise NotFound
        counter = counters[found.id] = found._replace(
            value=found.value + params.by, version=found.version + 1, updated_at=context.now
        )
        context.flag("modification")
        return counter


async def start(_: Mapping[str, Any]) -> dict[str, Counter]:
    """The counters, by their ids."""
    return {
        each.id: Counter(
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

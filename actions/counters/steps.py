"""Hot writes: increment, decrement, set."""

from typing import ClassVar, TypeVar

from actions.counters.faults import (
    GoalExceeded,
    InvalidOperationForCounterType,
    NotFound,
    ValueOutOfRange,
)
from actions.counters.views import HISTORY, HISTORY_SHOWN, counter_view
from actions.store import counters as store
from actions.store.counter_changes import ChangeRow, add_steps, changes_of
from actions.store.counters import CounterRow, Loaded, Reference
from gateway import ActionError, Batch, BatchAction, BatchCall, BatchContext, Effect
from gateway.action import Asking
from schemas.counters import (
    Counter,
    CounterShape,
    CounterStep,
    CounterStepShape,
    CounterValue,
    CounterValueShape,
)
from schemas.fields import INT64_MAX, INT64_MIN

P = TypeVar("P", CounterStep, CounterValue)

_ALL_REFUSALS = (NotFound, InvalidOperationForCounterType, ValueOutOfRange, GoalExceeded)


class _Step(BatchAction[P, Counter]):
    """An action that moves an up/down counter to another value."""

    scope = "counters:write"
    gives = CounterShape()
    raises = _ALL_REFUSALS
    effect = Effect.MODIFIES
    verb: ClassVar[str]
    """What it is called in the history."""
    done: ClassVar[str]
    """The verb as a participle, for sentences."""
    least: ClassVar[int] = 0
    """The smallest move that it makes."""

    def suits(self, subject: CounterRow, asking: Asking) -> bool:
        if subject.type != "UpDown":
            return False
        return _refusal(subject, subject.number + self.least, self.done) is None

    def target(self, value: int, params: P) -> int:
        """The value that the counter is to have."""
        raise TypeError(f"{type(self).__name__} does not define target")

    async def run_many(self, calls: Batch[P, Counter], context: BatchContext) -> None:
        wanted = [_reference(call) for call in calls]
        loaded = await store.load_for_update(context.db, wanted)
        recent = await _recent_changes(calls, loaded, context)
        for call, reference in zip(calls, wanted, strict=True):
            with call.answering():
                found = loaded.find(reference)
                if found is None:
                    raise NotFound
                row: CounterRow = calls.state(found.id, found)
                moved, change = self._moved(row, call, context)
                call.change(row.id, moved, change)
                history = _history(call, change, calls, recent)
                permitted = context.permitted(call, "counters", moved)
                call.answer(counter_view(moved, history=history, permitted=permitted))
        await add_steps(context.db, calls.changes)

    def _moved(
        self, row: CounterRow, call: BatchCall[P, Counter], context: BatchContext
    ) -> tuple[CounterRow, ChangeRow]:
        if row.type != "UpDown":
            reason = f"Only an UpDown counter can be {self.done}; this one is a {row.type} counter."
            raise InvalidOperationForCounterType(type=row.type, mode=None, reason=reason)
        number = self.target(row.number, call.params)
        refusal = _refusal(row, number, self.done)
        if refusal is not None:
            raise refusal
        # Clocks go backwards now and then; a counter's history does not.
        at = max(context.now, row.updated_at)
        moved = row.stepped(number, at)
        change = ChangeRow(
            row.id, at, moved.version, self.verb, row.number, number, call.caller.account_id
        )
        return moved, change


class Increment(_Step[CounterStep]):
    """Add to an up/down counter and answer with its new state."""

    takes = CounterStepShape()
    example = {"external_id": "steps", "by": 250}
    verb = "increment"
    done = "incremented"
    least = 1

    def target(self, value: int, params: CounterStep) -> int:
        return value + params.by


class Decrement(_Step[CounterStep]):
    """Take from an up/down counter and answer with its new state."""

    takes = CounterStepShape()
    example = {"external_id": "steps", "by": 5}
    verb = "decrement"
    done = "decremented"
    least = -1

    def target(self, value: int, params: CounterStep) -> int:
        return value - params.by


class Set(_Step[CounterValue]):
    """Give an up/down counter a value, as far as its mode and goal allow, and answer with it."""

    takes = CounterValueShape()
    example = {"external_id": "steps", "value": 12500}
    verb = "set"
    done = "set"

    def target(self, value: int, params: CounterValue) -> int:
        return params.value


def _refusal(row: CounterRow, number: int, done: str) -> ActionError | None:
    """Why the counter's mode, range or goal do not let it go to `number`; None when they do."""
    up, down = number > row.number, number < row.number
    if (up and row.mode == "OnlyDown") or (down and row.mode == "OnlyUp"):
        way = "down" if row.mode == "OnlyDown" else "up"
        reason = f"The counter cannot be {done} like that: its mode lets it go {way} only."
        return InvalidOperationForCounterType(type=row.type, mode=row.mode, reason=reason)
    if not INT64_MIN <= number <= INT64_MAX:
        return ValueOutOfRange(value=row.number)
    if row.goal is not None and row.overflow == "refuse":
        past = (
            (down and number < row.goal) if row.mode == "OnlyDown" else (up and number > row.goal)
        )
        if past:
            return GoalExceeded(goal=row.goal, value=row.number)
    return None


def _reference(call: BatchCall[P, Counter]) -> Reference:
    return Reference(call.caller.workspace_id, call.params.id, call.params.external_id)


async def _recent_changes(
    calls: Batch[P, Counter], loaded: Loaded, context: BatchContext
) -> dict[str, list[ChangeRow]]:
    """The latest kept changes of each counter whose history some call wants to see."""
    recent: dict[str, list[ChangeRow]] = {}
    for call in calls:
        if HISTORY in call.options.expand:
            found = loaded.find(_reference(call))
            if found is not None and found.id not in recent:
                recent[found.id] = await changes_of(context.db, found.id, most=HISTORY_SHOWN)
    return recent


def _history(
    call: BatchCall[P, Counter],
    change: ChangeRow,
    calls: Batch[P, Counter],
    recent: dict[str, list[ChangeRow]],
) -> list[ChangeRow] | None:
    """The counter's newest changes, those of this very group included; None when not asked for."""
    if HISTORY not in call.options.expand:
        return None
    earlier: list[ChangeRow] = [
        each for each in calls.changes if each.counter_id == change.counter_id
    ]
    return [change, *reversed(earlier), *recent[change.counter_id]][:HISTORY_SHOWN]

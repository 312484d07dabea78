"""Making, changing and deleting counters."""

from typing import Any

from actions.counters.faults import NotFound
from actions.counters.reading import shown
from actions.store import counters as store
from actions.store.counter_changes import ChangeRow
from actions.store.counters import CounterRow, Reference
from gateway import Action, Conflict, Context, Effect
from gateway.errors import ParameterError
from gateway.store.database import DuplicateError
from schemas.base import sent
from schemas.counters import (
    Counter,
    CounterReference,
    CounterReferenceShape,
    CounterShape,
    CounterUpdate,
    CounterUpdateShape,
    NewCounter,
    NewCounterShape,
    foreign_fields,
)


class Create(Action[NewCounter, Counter]):
    """Make a counter."""

    scope = "counters:write"
    takes = NewCounterShape()
    gives = CounterShape()
    raises = (Conflict,)
    effect = Effect.CREATES
    example = {"name": "Daily steps", "type": "UpDown", "external_id": "steps"}

    async def run(self, params: NewCounter, context: Context) -> Counter:
        is_updown = params.type == "UpDown"
        row = CounterRow(
            id=context.new_id(),
            workspace_id=context.identity.workspace_id,
            external_id=params.external_id,
            name=params.name,
            type=params.type,
            number=params.date.toordinal() if sent(params.date) else params.value,
            mode=params.mode if is_updown else None,
            goal=params.goal,
            overflow=params.overflow if is_updown else None,
            milestones=sorted(set(params.milestones)) or None,
            version=1,
            created_at=context.now,
            updated_at=context.now,
            created_by=context.identity.account_id,
            description=params.description,
            metadata=params.metadata,
        )
        try:
            await store.add(context.db, row, _change("create", None, row, context))
        except DuplicateError:
            raise _taken() from None
        return await shown(row, context, params.timezone)


class Update(Action[CounterUpdate, Counter]):
    """Change what is sent of a counter, and nothing else.

    `id` names the counter, and `external_id` beside it is its new reference; without an `id`,
    `external_id` names the counter. null clears what is optional.
    """

    scope = "counters:write"
    takes = CounterUpdateShape()
    gives = CounterShape()
    raises = (NotFound, Conflict)
    effect = Effect.MODIFIES
    example = {"external_id": "steps", "name": "Steps a day", "goal": 10000}

    async def run(self, params: CounterUpdate, context: Context) -> Counter:
        row = await _locked(context, params.reference)
        if params.expected_version not in (None, row.version):
            problem = f"The counter is at version {row.version} by now."
            raise Conflict(problem=problem)
        changes = params.changes()
        if problems := foreign_fields(row.type, changes):
            name, (sentence,) = next(iter(problems.items()))
            raise ParameterError(f"`{name}`: {sentence}", problems)
        changed = row._replace(
            **_kept(changes),
            version=row.version + 1,
            # Clocks go backwards now and then; a counter's history does not.
            updated_at=max(context.now, row.updated_at),
        )
        try:
            await store.replace(
                context.db, changed, _change("update", row.number, changed, context)
            )
        except DuplicateError:
            raise _taken() from None
        return await shown(changed, context, params.timezone)


class Delete(Action[CounterReference, Counter]):
    """Delete a counter for good, with its history, and answer with its last state."""

    scope = "counters:write"
    takes = CounterReferenceShape()
    gives = CounterShape()
    raises = (NotFound,)
    effect = Effect.DELETES
    example = {"external_id": "steps"}

    async def run(self, params: CounterReference, context: Context) -> Counter:
        row = await _locked(context, params)
        last = await shown(row, context, params.timezone, is_gone=True)
        await store.remove(context.db, row)
        return last


def _kept(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes in the words of the row."""
    kept = dict(changes)
    if "date" in kept:
        kept["number"] = kept.pop("date").toordinal()
    if "milestones" in kept:
        kept["milestones"] = sorted(set(kept["milestones"] or ())) or None
    return kept


def _change(action: str, before: int | None, row: CounterRow, context: Context) -> ChangeRow:
    return ChangeRow(
        counter_id=row.id,
        at=row.updated_at,
        version=row.version,
        action=action,
        before=before,
        after=row.number,
        by_account=context.identity.account_id,
    )


def _taken() -> Conflict:
    return Conflict(problem="Another counter of the workspace has this external_id.")


async def _locked(context: Context, named: CounterReference) -> CounterRow:
    wanted = Reference(context.identity.workspace_id, named.id, named.external_id)
    row = await store.find_for_update(context.db, wanted)
    if row is None:
        raise NotFound
    return row

"""A batch action as the database sees it: whoever serves the calls of a group."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from gateway.action import Batch, BatchCall, BatchContext
from gateway.context import Surroundings
from gateway.registry import Registered
from gateway.stages.idempotency import claim_of, record_of, replay
from gateway.store import idempotency
from gateway.store.database import Transaction
from gateway.store.idempotency import Claim, Name, Record

Calls = Sequence[BatchCall[Any, Any]]
Keyed = Sequence[tuple[Claim, BatchCall[Any, Any]]]

_WARY = 64
"""Groups that look for used keys first, after one that was undone or held such a key."""


class Lane:
    """Serves the calls of one batch action, those with an idempotency key only once.

    Nearly every key is new. So a group runs as if all of them were, and looks for those of failed
    calls only: of the others, adding the record tells. If one was used, the group is undone, and
    served again with a look first. (The look, and the visit to the database that it is, cost a
    keyed increment 9 of 75 microseconds on SQLite, HTTP left aside. On PostgreSQL, where each key
    was claimed and its record filled in later, keys halved the rate; now they take an eighth.)
    """

    def __init__(self, registered: Registered, shared: Surroundings) -> None:
        self._registered = registered
        self._shared = shared
        self._wary = 0
        """How many groups more look first, so that replays in a row are not all undone."""

    async def serve(self, db: Transaction, calls: Calls, *, again: bool = False) -> None:
        context = BatchContext(shared=self._shared, db=db, now=self._shared.now())
        # Here, and not where each call comes in: of many in a row, all but the first find the code
        # that makes a digest in the processor's cache.
        keyed = [
            (claim_of(call.name, call.params, call.options), call)
            for call in calls
            if call.name is not None
        ]
        if not keyed:
            await self._run_many(calls, context)
        elif self._is_wary(again=again):
            await self._serve_after_a_look(calls, keyed, context)
        else:
            await self._serve_as_new(calls, keyed, context)

    async def _serve_as_new(self, calls: Calls, keyed: Keyed, context: BatchContext) -> None:
        db, now = context.db, context.now
        await self._run_many(calls, context)
        failed = [each for each in keyed if each[1].data_json is None]
        used = await self._settle_used(failed, context) if failed else ()
        await idempotency.add(db, self._records(_without(used, keyed)), at=now, new=True)

    async def _serve_after_a_look(self, calls: Calls, keyed: Keyed, context: BatchContext) -> None:
        db, now = context.db, context.now
        used = await self._settle_used(keyed, context)
        fresh = [call for call in calls if call.name not in used] if used else calls
        if fresh:
            await self._run_many(fresh, context)
        await idempotency.add(db, self._records(_without(used, keyed)), at=now, new=False)

    def _is_wary(self, *, again: bool) -> bool:
        if again:
            self._wary = _WARY
        elif self._wary:
            self._wary -= 1
        else:
            return False
        return True

    async def _run_many(self, calls: Calls, context: BatchContext) -> None:
        action: Any = self._registered.action
        try:
            await action.run_many(Batch(calls), context)
        except asyncio.CancelledError:
            refuse_to_cancel_itself()
            raise
        for call in calls:
            call.finish()

    async def _settle_used(self, keyed: Keyed, context: BatchContext) -> Collection[Name | None]:
        """Look for the keys, and answer the calls whose keys were used; returns their names."""
        claims = [claim for claim, _ in keyed]
        found = await idempotency.find(context.db, claims, at=context.now)
        for claim, call in keyed:
            if claim in found:
                record = found[claim]
                call.settle(partial(replay, record, claim, registered=self._registered))
        if found:
            self._wary = _WARY
        return {claim.name for claim in found}

    def _records(self, ran: Keyed) -> list[Record]:
        """What is kept of the calls that succeeded."""
        return [
            record_of(claim, call.data_json, call.flags, self._registered)
            for claim, call in ran
            if call.data_json is not None
        ]


def _without(used: Collection[Name | None], keyed: Keyed) -> Keyed:
    return [each for each in keyed if each[1].name not in used] if used else keyed


def refuse_to_cancel_itself() -> None:
    """Raise RuntimeError when nobody cancelled the task: then its action did, which is a fault."""
    task = asyncio.current_task()
    if task is not None and not task.cancelling():
        raise RuntimeError("the action cancelled itself") from None

"""A batch action as the database sees it: whoever serves the calls of a group."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from gateway.context import Surroundings
from gateway.group import Batch, BatchCall, BatchContext
from gateway.registry import Registered
from gateway.stages.idempotency import claim_of, record_of, replay
from gateway.store import idempotency
from gateway.store.database import Transaction
from gateway.store.idempotency import Claim, Name

Calls = Sequence[BatchCall[Any, Any]]
Keyed = Sequence[tuple[Claim, BatchCall[Any, Any]]]

_WARY = 64
"""Groups that look for used keys first, after one that was undone or held such a key."""


class Lane:
    """Serves the calls of one batch action, those with an idempotency key only once.

    Nearly every key is new. So where nobody can come between, a group runs as if all of them were,
    and looks for those of failed calls only: of the others, adding the record tells. If one was
    used, the group is undone, and served again with a look first. (The look, and the visit to the
    database that it is, cost a keyed increment 9 of 75 microseconds, HTTP left aside.)
    """

    def __init__(self, registered: Registered, shared: Surroundings) -> None:
        self._registered = registered
        self._shared = shared
        self._wary = 0
        """How many groups more look first, so that replays in a row are not all undone."""

    async def serve(self, db: Transaction, calls: Calls, *, again: bool = False) -> None:
        context = BatchContext(shared=self._shared, db=db, now=self._shared.now())
        keyed = _claimed(calls)
        if not keyed:
            await self._run_many(calls, context)
        elif db.alone and not self._is_wary(again=again):
            await self._run_many(calls, context)
            failed = [each for each in keyed if each[1].data_json is None]
            used = await self._settle_used(failed, context) if failed else ()
            await self._keep(_without(used, keyed), context, new=True)
        else:
            used = await self._settle_used(keyed, context)
            fresh = [call for call in calls if call.name not in used] if used else calls
            if fresh:
                await self._run_many(fresh, context)
            await self._keep(_without(used, keyed), context)

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
        """Claim the keys, and answer the calls whose keys were used; returns their names."""
        claims = [claim for claim, _ in keyed]
        found = await idempotency.claim(context.db, claims, at=context.now)
        for claim, call in keyed:
            if claim in found:
                record = found[claim]
                call.settle(partial(replay, record, claim, registered=self._registered))
        if found:
            self._wary = _WARY
        return {claim.name for claim in found}

    async def _keep(self, ran: Keyed, context: BatchContext, *, new: bool = False) -> None:
        """Save what was answered, and give back the keys of what failed."""
        records = [
            record_of(claim, call.data_json, call.flags, self._registered)
            for claim, call in ran
            if call.data_json is not None
        ]
        await idempotency.keep(context.db, records, at=context.now, new=new)
        if len(records) < len(ran):
            failed = [claim for claim, call in ran if call.data_json is None]
            await idempotency.release(context.db, failed)


def _claimed(calls: Calls) -> Keyed:
    """The calls that have a key, each with its claim, which is made once."""
    # Here, and not where each call comes in: of many in a row, all but the first find the code
    # that makes a digest in the processor's cache.
    found = []
    for call in calls:
        if call.name is not None:
            if call.claim is None:
                call.claim = claim_of(call.name, call.params, call.options)
            found.append((call.claim, call))
    return found


def _without(used: Collection[Name | None], keyed: Keyed) -> Keyed:
    return [each for each in keyed if each[1].name not in used] if used else keyed


def refuse_to_cancel_itself() -> None:
    """Raise RuntimeError when nobody cancelled the task: then its action did, which is a fault."""
    task = asyncio.current_task()
    if task is not None and not task.cancelling():
        raise RuntimeError("the action cancelled itself") from None

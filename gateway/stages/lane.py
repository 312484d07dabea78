"""A batch action as the database sees it: whoever serves the calls of a group."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from gateway.action import Batch, BatchCall, BatchContext
from gateway.context import Surroundings
from gateway.errors import IdempotencyKeyReused
from gateway.registry import Registered
from gateway.stages.idempotency import record_of, replay
from gateway.store import idempotency
from gateway.store.database import Transaction
from gateway.store.idempotency import Claim

Calls = Sequence[BatchCall[Any, Any]]
Keyed = Sequence[tuple[Claim, BatchCall[Any, Any]]]


class Lane:
    """Serves the calls of one batch action, those with an idempotency key only once."""

    def __init__(self, registered: Registered, shared: Surroundings) -> None:
        self._registered = registered
        self._shared = shared

    async def serve(self, db: Transaction, calls: Calls) -> None:
        context = BatchContext(shared=self._shared, db=db, now=self._shared.now())
        keyed = [(call.claim, call) for call in calls if call.claim is not None]
        used = await self._settle_used(keyed, context) if keyed else ()
        fresh = [call for call in calls if call.claim not in used] if used else calls
        if fresh:
            await self._run_many(fresh, context)
        if keyed:
            await self._keep([each for each in keyed if each[0] not in used], context)

    async def _run_many(self, calls: Calls, context: BatchContext) -> None:
        action: Any = self._registered.action
        try:
            await action.run_many(Batch(calls), context)
        except asyncio.CancelledError:
            refuse_to_cancel_itself()
            raise
        for call in calls:
            call.finish()

    async def _settle_used(self, keyed: Keyed, context: BatchContext) -> Collection[Claim | None]:
        """Claim the keys, and answer the calls whose keys were used; returns their claims."""
        claims = [claim for claim, _ in keyed]
        found = await idempotency.claim(context.db, claims, at=context.now)
        for claim, call in keyed:
            if claim in found:
                try:
                    call.settle(replay(found[claim], claim, call.flags))
                except IdempotencyKeyReused as refusal:
                    call.refuse(refusal)
        return found.keys()

    async def _keep(self, ran: Keyed, context: BatchContext) -> None:
        """Save what was answered, and give back the keys of what failed."""
        records = [
            record_of(claim, call.data_json, call.flags, self._registered)
            for claim, call in ran
            if call.data_json is not None
        ]
        failed = [claim for claim, call in ran if call.data_json is None]
        await idempotency.keep(context.db, records, at=context.now)
        await idempotency.release(context.db, failed)


def refuse_to_cancel_itself() -> None:
    """Raise RuntimeError when nobody cancelled the task: then its action did, which is a fault."""
    task = asyncio.current_task()
    if task is not None and not task.cancelling():
        raise RuntimeError("the action cancelled itself") from None

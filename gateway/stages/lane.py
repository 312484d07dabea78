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


class Lane:
    """Serves the calls of one batch action, those with an idempotency key only once."""

    def __init__(self, registered: Registered, shared: Surroundings) -> None:
        self._registered = registered
        self._shared = shared

    async def serve(self, db: Transaction, calls: Calls) -> None:
        context = BatchContext(shared=self._shared, db=db, now=self._shared.now())
        keyed = {call.claim: call for call in calls if call.claim is not None}
        used = await self._settle_used(keyed, context) if keyed else ()
        fresh = [call for call in calls if call.claim not in used] if used else calls
        if fresh:
            await self._run_many(fresh, context)
        if keyed:
            await self._keep({each: keyed[each] for each in keyed if each not in used}, context)

    async def _run_many(self, calls: Calls, context: BatchContext) -> None:
        action: Any = self._registered.action
        try:
            await action.run_many(Batch(calls), context)
        except asyncio.CancelledError:
            refuse_to_cancel_itself()
            raise
        for call in calls:
            call.check_answered()

    async def _settle_used(
        self, keyed: dict[Claim, BatchCall[Any, Any]], context: BatchContext
    ) -> Collection[Claim | None]:
        """Claim the keys, and answer the calls whose keys were used; returns their claims."""
        found = await idempotency.claim(context.db, list(keyed), at=context.now)
        for claim, record in found.items():
            call = keyed[claim]
            try:
                call.settle(replay(record, claim, call.flags))
            except IdempotencyKeyReused as refusal:
                call.refuse(refusal)
        return found.keys()

    async def _keep(self, ran: dict[Claim, BatchCall[Any, Any]], context: BatchContext) -> None:
        """Save what was answered, and give back the keys of what failed."""
        answered = {claim: call.data_json for claim, call in ran.items()}
        records = [
            record_of(claim, data, ran[claim].flags, self._registered)
            for claim, data in answered.items()
            if data is not None
        ]
        failed = [claim for claim, data in answered.items() if data is None]
        await idempotency.keep(context.db, records, at=context.now)
        await idempotency.release(context.db, failed)


def refuse_to_cancel_itself() -> None:
    """Raise RuntimeError when nobody cancelled the task: then its action did, which is a fault."""
    task = asyncio.current_task()
    if task is not None and not task.cancelling():
        raise RuntimeError("the action cancelled itself") from None

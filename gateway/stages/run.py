"""Run the action: a read at once, a write in a transaction, a keyed write only once."""

import asyncio
from collections.abc import Callable
from typing import Any

from gateway.access.identity import Identity
from gateway.action import Action, BatchAction, BatchCall, ListAction
from gateway.codec.encode import Rendered, encode
from gateway.context import Context, Options, Surroundings
from gateway.errors import IdempotencyKeyInUse
from gateway.listing import CursorPage, Page
from gateway.registry import Registered, Registry
from gateway.stages.idempotency import Turns, claim_of, record_of, replay
from gateway.stages.lane import Lane, refuse_to_cancel_itself
from gateway.store import idempotency
from gateway.store.database import Database, LockedError, Transaction
from gateway.store.idempotency import Claim


class Runner:
    """Runs the actions of one gateway, and gives what they answer as JSON."""

    def __init__(
        self, registry: Registry, database: Database, shared: Surroundings, turns: Turns
    ) -> None:
        self._database = database
        self._shared = shared
        self._turns = turns
        self._lanes = {
            each.path: Lane(each, shared)
            for each in registry
            if isinstance(each.action, BatchAction)
        }

    async def run(
        self,
        registered: Registered,
        params: Any,
        options: Options,
        caller: Identity | None,
        *,
        flags: dict[str, object],
        key: str | None = None,
    ) -> bytes:
        """The answer's data, and its flags added to `flags`; a write has joined a commit by then.

        A write with a `key` runs for the first of its calls; the others wait for that one, and
        have its answer. Raises what the action raises, IdempotencyKeyInUse, IdempotencyKeyReused.
        """
        if key is None or caller is None:
            return await self._run(registered, params, options, caller, flags=flags)
        claim = claim_of(key, caller, registered, params, options)
        await self._turns.begin(claim)
        try:
            return await self._run(registered, params, options, caller, flags=flags, claim=claim)
        except LockedError:
            raise IdempotencyKeyInUse from None
        finally:
            self._turns.end(claim)

    async def _run(
        self,
        registered: Registered,
        params: Any,
        options: Options,
        caller: Identity | None,
        *,
        flags: dict[str, object],
        claim: Claim | None = None,
    ) -> bytes:
        action, shared = registered.action, self._shared
        show = registered.show(full=options.full, expand=options.expand)
        if isinstance(action, BatchAction):
            assert caller is not None  # noqa: S101 - a BatchAction has a scope, a scope a caller
            call: BatchCall[Any, Any] = BatchCall(params, caller, options, flags, show, claim=claim)
            await self._database.join(self._lanes[registered.path], call)
            return call.outcome()
        context = Context(
            shared, self._database.reader, shared.now(), caller, registered.section, options,
            flags, show,
        )  # fmt: skip
        if not registered.writes:
            return await _performed(action, params, context)

        async def perform(db: Transaction) -> bytes:
            context.db, context.now = db, shared.now()
            context.on_commit = []  # what an earlier try left was rolled back
            if claim is None:
                return await _performed(action, params, context)
            found = await idempotency.claim(db, [claim], at=context.now)
            if claim in found:
                return replay(found[claim], claim, flags)
            data = await _performed(action, params, context)
            await idempotency.keep(db, [record_of(claim, data, flags, registered)])
            return data

        data = await self._database.write(perform)
        for callback in context.on_commit or ():
            self._call_back(callback, flags)
        return data

    def _call_back(self, callback: Callable[[], None], flags: dict[str, object]) -> None:
        """The write is committed: whatever happens now, its caller is told so."""
        try:
            callback()
        except Exception:
            self._shared.log.exception("callback.failed", request_id=flags["request_id"])


async def _performed(
    action: Action[Any, Any] | ListAction[Any, Any], params: Any, context: Context
) -> bytes:
    """What the action gives, as JSON; of a list its items, and the flag for its page."""
    try:
        result = await action.run(params, context)
    except asyncio.CancelledError:
        refuse_to_cancel_itself()
        raise
    show, listing = context.show, context.options.listing
    if listing is None:
        return encode(show(result))
    assert isinstance(result, (Page, CursorPage))  # noqa: S101 - what a ListAction returns
    context.flags["paginated"] = result.flag(listing)
    return encode([item if type(item) is Rendered else show(item) for item in result.items])

"""Run the action: a read at once, a write in a transaction, a keyed write only once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import lru_cache
from typing import Any

from gateway.access.audit import rows as audit
from gateway.access.audit.record import row_about, rows_beside
from gateway.action import BatchAction
from gateway.call import Call
from gateway.codec.encode import Rendered, encode
from gateway.context import NO_OPTIONS, Context, Options, Surroundings
from gateway.errors import ActionError, IdempotencyKeyInUse
from gateway.group import BatchCall
from gateway.listing import CursorPage, Page
from gateway.registry import Registered, Registry
from gateway.stages.idempotency import Turns, claim_of, record_of, replay
from gateway.stages.lane import Lane, refuse_to_cancel_itself
from gateway.store import idempotency
from gateway.store.database import Database, LockedError, Transaction
from gateway.store.idempotency import Claim, Name, claimant_of
from gateway.tracing import trace_facts

AdmitAgain = Callable[[Call, Registered], Awaitable[None] | None]
"""Looks at a call's caller once more; await what is returned, if it is. Raises ActionError."""

_CLAIMANTS_MAX = 4096
"""Accounts with an action whose digest is remembered; to make it takes a microsecond."""


class TurnedAway(Exception):
    """While the call waited for another one, its caller lost the right to it: see `refusal`."""

    def __init__(self, refusal: ActionError) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal


class Runner:
    """Runs the actions of one gateway, and gives what they answer as JSON."""

    def __init__(
        self,
        registry: Registry,
        database: Database,
        shared: Surroundings,
        turns: Turns,
        *,
        admit_again: AdmitAgain,
    ) -> None:
        self._database = database
        self._shared = shared
        self._turns = turns
        self._admit_again = admit_again
        self._claimant_of = lru_cache(maxsize=_CLAIMANTS_MAX)(claimant_of)
        self._lanes = {
            each.path: Lane(each, shared)
            for each in registry
            if isinstance(each.action, BatchAction)
        }

    def run(
        self,
        registered: Registered,
        params: Any,
        options: Options,
        call: Call,
        *,
        key: str | None = None,
    ) -> Coroutine[Any, Any, bytes]:
        """The answer's data, its flags noted; a write has joined a commit by then.

        A write with a `key` runs for the first of its calls; the others wait for that one, and
        have its answer. Raises what the action raises, IdempotencyKeyInUse, IdempotencyKeyReused,
        TurnedAway.
        """
        if key is None or call.caller is None:
            return self._run(registered, params, options, call)
        name = (key, self._claimant_of(call.caller.account_id, registered.path))
        return self._run_once(registered, params, options, call, name)

    async def _run_once(
        self, registered: Registered, params: Any, options: Options, call: Call, name: Name
    ) -> bytes:
        waiting, until = self._turns.begin(name), call.deadline
        if waiting is not None:
            ends = await waiting
            until = ends if until is None else min(ends, until)
        try:
            if waiting is not None:
                await self._look_again(registered, call)
            return await self._run(registered, params, options, call, name, until)
        except LockedError:
            raise IdempotencyKeyInUse from None
        finally:
            self._turns.end(name)

    async def _look_again(self, registered: Registered, call: Call) -> None:
        try:
            admitting = self._admit_again(call, registered)
            if admitting is not None:
                await admitting
        except ActionError as refusal:
            raise TurnedAway(refusal) from None

    async def _run(  # noqa: PLR0917 - names would cost each call a dictionary
        self,
        registered: Registered,
        params: Any,
        options: Options,
        call: Call,
        name: Name | None = None,
        until: float | None = None,
    ) -> bytes:
        shared = self._shared
        if options is NO_OPTIONS:
            show = registered.show_plain
        else:
            show = registered.show(full=options.full, expand=options.expand)
        if registered.run is None:
            assert call.caller is not None  # noqa: S101 - a BatchAction has a scope, a scope a caller
            batched: BatchCall[Any, Any] = BatchCall(
                params, call.caller, options, call.flags, show, name=name
            )
            await self._database.join(self._lanes[registered.path], batched)
            return batched.outcome()
        context = Context(
            shared, self._database.reader, shared.now(), call.caller, registered.section, options,
            call.flags, show, call,
        )  # fmt: skip
        if registered.writes:
            claim = None if name is None else claim_of(name, params, options)
            return await self._write(registered, params, context, claim, until)
        try:
            result = await registered.run(params, context)
        except asyncio.CancelledError:
            refuse_to_cancel_itself()
            raise
        return _shown(result, context)

    async def _write(
        self,
        registered: Registered,
        params: Any,
        context: Context,
        claim: Claim | None,
        until: float | None,
    ) -> bytes:
        """Run a plain action in a transaction, and what it left for after the commit.

        `until` is the loop's time until which other gateways' calls with its key are waited for.
        """
        call, flags, run = context.call, context.flags, registered.run
        assert run is not None  # noqa: S101 - a BatchAction's calls are written by its lane

        async def perform(db: Transaction) -> bytes:
            context.db, context.now = db, self._shared.now()
            # What an earlier try left was rolled back.
            context.on_commit, context.beside = [], None
            call.object_id = call.workspace_id = None
            call.unchanged = False
            if claim is not None:
                patience = None if until is None else until - asyncio.get_running_loop().time()
                used = await idempotency.claim(db, [claim], at=context.now, patience=patience)
                if claim in used:
                    data = replay(used[claim], claim, flags, registered)
                    call.unchanged = registered.flag not in flags
                    return data
            try:
                result = await run(params, context)
            except asyncio.CancelledError:
                refuse_to_cancel_itself()
                raise
            data = _shown(result, context)
            if claim is not None:
                record = record_of(claim, data, flags, registered, unchanged=call.unchanged)
                await idempotency.keep(db, [record], at=context.now)
            if registered.is_audited:
                await self._audit(db, context, result)
            return data

        data = await self._database.write(perform)
        for callback in context.on_commit or ():
            self._call_back(callback, call)
        return data

    def _call_back(self, callback: Callable[[], None], call: Call) -> None:
        """The write is committed: whatever happens now, its caller is told so."""
        try:
            callback()
        except Exception:
            told = trace_facts(call.traceparent)
            self._shared.log.exception("callback.failed", request_id=call.request_id, **told)

    async def _audit(self, db: Transaction, context: Context, result: Any) -> None:
        """Leave rows about what was done, in its own transaction, as the last of it."""
        call, new_id, days = context.call, self._shared.new_id, self._shared.settings.audit_days
        row = row_about(call, call.caller, "success", id=new_id(), at=context.now, days=days)
        if row.object_id is None:
            row = row._replace(object_id=getattr(result, "id", None))
        if call.caller is None and row.object_id is None:
            return  # nobody did nothing: a stranger cannot fill the trail
        await audit.add(db, [row, *rows_beside(row, context.beside or (), new_id=new_id)])


def _shown(result: Any, context: Context) -> bytes:
    """The result as JSON; of a list its items, with the flag that says which page they are."""
    show, listing = context.show, context.options.listing
    if listing is None:
        return encode(show(result))
    assert isinstance(result, (Page, CursorPage))  # noqa: S101 - what a ListAction returns
    context.flags["paginated"] = result.flag(listing)
    return encode([item if type(item) is Rendered else show(item) for item in result.items])

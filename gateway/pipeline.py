"""The way of one call, written as prose: a call goes in, an envelope comes out."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Protocol

from gateway import envelope as envelopes
from gateway.access.authenticator import Authenticator
from gateway.access.identity import Identity
from gateway.action import Batch, BatchAction, BatchCall, BatchContext, Deprecation, Effect
from gateway.call import Call, JsonBody
from gateway.codec.encode import Rendered, encode
from gateway.context import Context, Options, Surroundings
from gateway.envelope import Envelope
from gateway.errors import ActionError, DeadlineExceeded, InternalServerError, ParameterError
from gateway.listing import CursorPage, Page
from gateway.registry import Registered, Registry
from gateway.stages.authenticate import authenticate
from gateway.stages.authorize import authorize
from gateway.stages.validate import validate
from gateway.store.database import Database, Transaction


@dataclass(slots=True)
class Trail:
    """How far a call came, for those who watch."""

    call: Call
    flags: dict[str, object]
    registered: Registered | None = None
    caller: Identity | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


class Observer(Protocol):
    """Whoever watches calls (logs, metrics, audit); it cannot change one."""

    def saw(self, trail: Trail, envelope: Envelope) -> None: ...


class Undeclared(Exception):
    """An action raised an error that it does not declare: a fault of ours, not the caller's."""


class Pipeline:
    """The one doorway: every way in builds a Call and prints an Envelope.

    `stopwatch` counts seconds and never goes back; `Call.started` is a reading of it.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        database: Database,
        authenticator: Authenticator,
        shared: Surroundings,
        observers: Sequence[Observer] = (),
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.registry = registry
        self.shared = shared
        self.stopwatch = stopwatch
        self._database = database
        self._authenticator = authenticator
        self._observers = observers
        self._lanes = {
            each.path: _Lane(each.action, shared)
            for each in registry
            if isinstance(each.action, BatchAction)
        }

    async def answer(self, call: Call) -> Envelope:
        """The envelope for any call, whatever happens on the way; cancelling passes through."""
        trail = Trail(call, {"request_id": call.request_id})
        try:
            if call.deadline is None:
                data = await self._perform(call, trail)
            else:
                data = await self._perform_in_time(call.deadline, call, trail)
            seconds = self.stopwatch() - call.started
            envelope = envelopes.of_success(
                data, flags=trail.flags, seconds=seconds, headers=tuple(trail.headers)
            )
        except ParameterError as error:
            envelope = envelopes.of_parameter_error(error, **self._facts(trail))
        except ActionError as error:
            envelope = envelopes.of_error(error, **self._facts(trail))
        except Exception:
            self.shared.log.exception("call.crashed", request_id=call.request_id)
            envelope = envelopes.of_error(InternalServerError(), **self._facts(trail))
        return self._watched(trail, envelope)

    async def call(self, path: str, key: str | None = None, /, **params: Any) -> dict[str, Any]:
        """Call `section/action` from Python, and have the envelope as whoever parses it has."""
        section, _, action = path.partition("/")
        body = JsonBody(encode(params))
        request_id = self.shared.new_id()
        envelope = await self.answer(
            Call(section, action, body, request_id, started=self.stopwatch(), key=key)
        )
        return envelope.parsed()

    def refuse(self, call: Call, error: ActionError) -> Envelope:
        """The envelope for a call that a door turns away before any of its steps."""
        trail = Trail(call, {"request_id": call.request_id})
        return self._watched(trail, envelopes.of_error(error, **self._facts(trail)))

    def _watched(self, trail: Trail, envelope: Envelope) -> Envelope:
        for observer in self._observers:
            try:
                observer.saw(trail, envelope)
            except Exception:
                self.shared.log.exception("observer.failed", observer=type(observer).__name__)
        return envelope

    async def _perform_in_time(self, deadline: float, call: Call, trail: Trail) -> bytes:
        timeout = asyncio.timeout_at(deadline)
        try:
            async with timeout:
                return await self._perform(call, trail)
        except TimeoutError:
            if timeout.expired():
                raise DeadlineExceeded from None
            raise

    async def _perform(self, call: Call, trail: Trail) -> bytes:
        """The steps of the protocol's section 1, in its order."""
        registered = trail.registered = self.registry.find(call.section, call.action)
        limit = self._body_limit(registered)
        call.body.refuse_early(limit)
        if registered is None:
            raise self.registry.unknown(call.section, call.action)
        _announce_deprecation(registered.action.deprecated, trail)
        caller = trail.caller = await authenticate(call, registered, by=self._authenticator)
        authorize(caller, registered)
        text = await call.body.read(limit)
        params, options = validate(
            text, registered, caller, cursor_secret=self.shared.cursor_secret
        )
        if options.listing is not None:
            trail.flags.update(options.listing.flags())
        try:
            data = await self._run(registered, params, options, trail)
        except ActionError as error:
            if type(error) not in registered.raises:
                raise Undeclared(f"{registered.path} raised {error.code()}") from error
            raise
        if registered.action.effect is not Effect.READS:
            trail.flags[registered.action.effect.value] = True
        return data

    async def _run(
        self, registered: Registered, params: Any, options: Options, trail: Trail
    ) -> bytes:
        """Run the action; a write has joined a commit when this returns."""
        action, caller = registered.action, trail.caller
        show = registered.show(full=options.full, expand=options.expand)
        if isinstance(action, BatchAction):
            assert caller is not None  # noqa: S101 - a write has a scope, a scope a caller
            call: BatchCall[Any, Any] = BatchCall(params, caller, options, trail.flags, show)
            await self._database.join(self._lanes[registered.path], call)
            return call.outcome()

        on_commit: list[Callable[[], None]] | None = None

        async def perform(db: Transaction) -> bytes:
            if on_commit:
                on_commit.clear()  # what an earlier try left, which was rolled back
            context = Context(
                shared=self.shared,
                db=db,
                now=self.shared.now(),
                caller=caller,
                section=registered.section,
                options=options,
                flags=trail.flags,
                show=show,
                on_commit=on_commit,
            )
            try:
                result = await action.run(params, context)
            except asyncio.CancelledError:
                _refuse_to_cancel_itself()
                raise
            return _shown(result, show, options, trail.flags)

        if action.effect is Effect.READS:
            return await perform(self._database.reader)
        on_commit = []
        data = await self._database.write(perform)
        for callback in on_commit:
            self._call_back(callback, trail)
        return data

    def _call_back(self, callback: Callable[[], None], trail: Trail) -> None:
        """The write is committed: whatever happens now, its caller is told so."""
        try:
            callback()
        except Exception:
            self.shared.log.exception("callback.failed", request_id=trail.call.request_id)

    def _body_limit(self, registered: Registered | None) -> int:
        own = registered.action.body_limit if registered is not None else None
        return self.shared.settings.body_limit if own is None else own

    def _facts(self, trail: Trail) -> dict[str, Any]:
        return {
            "flags": trail.flags,
            "seconds": self.stopwatch() - trail.call.started,
            "headers": tuple(trail.headers),
        }


class _Lane:
    """A batch action as the database sees it: whoever serves its calls."""

    def __init__(self, action: BatchAction[Any, Any], shared: Surroundings) -> None:
        self._action = action
        self._shared = shared

    async def serve(self, db: Transaction, calls: Sequence[BatchCall[Any, Any]]) -> None:
        context = BatchContext(shared=self._shared, db=db, now=self._shared.now())
        try:
            await self._action.run_many(Batch(calls), context)
        except asyncio.CancelledError:
            _refuse_to_cancel_itself()
            raise
        for call in calls:
            call.check_answered()


def _refuse_to_cancel_itself() -> None:
    """Raise RuntimeError when nobody cancelled the task: then its action did, which is a fault."""
    task = asyncio.current_task()
    if task is not None and not task.cancelling():
        raise RuntimeError("the action cancelled itself") from None


def _shown(
    result: Any, show: Callable[[Any], Any], options: Options, flags: dict[str, object]
) -> bytes:
    """The result as JSON; of a list its items, with the flag that says which page they are."""
    if options.listing is None:
        return encode(show(result))
    assert isinstance(result, (Page, CursorPage))  # noqa: S101 - what a ListAction returns
    flags["paginated"] = result.flag(options.listing)
    return encode([item if type(item) is Rendered else show(item) for item in result.items])


def _announce_deprecation(deprecated: Deprecation | None, trail: Trail) -> None:
    """Say that the action is on its way out: RFC 9745 and RFC 8594, and the flag."""
    if deprecated is None:
        return
    since = datetime.combine(deprecated.since, datetime.min.time(), UTC)
    sunset = datetime.combine(deprecated.sunset, datetime.min.time(), UTC)
    trail.headers.append(("Deprecation", f"@{since.timestamp():.0f}"))
    trail.headers.append(("Sunset", format_datetime(sunset, usegmt=True)))
    told: Mapping[str, str] = {
        "since": deprecated.since.isoformat(),
        "sunset": deprecated.sunset.isoformat(),
        "use": deprecated.use,
    }
    trail.flags["deprecated"] = told

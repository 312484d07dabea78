"""The way of one call, written as prose: a call goes in, an envelope comes out."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from gateway import envelope as envelopes
from gateway.access.authenticator import Authenticator
from gateway.action import Deprecation
from gateway.call import Call, JsonBody
from gateway.codec.encode import encode
from gateway.codec.strict import parse_object
from gateway.context import Surroundings
from gateway.envelope import Envelope, Headers
from gateway.errors import (
    ActionError,
    DeadlineExceeded,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InternalServerError,
    Overloaded,
    ParameterError,
)
from gateway.limits.failures import Failures
from gateway.limits.limiter import Limiter
from gateway.registry import Registered, Registry
from gateway.stages.admit import Admission
from gateway.stages.idempotency import Turns, checked_key
from gateway.stages.run import Runner, TurnedAway
from gateway.stages.validate import validate
from gateway.store.database import Database, LockedError, QueueFullError
from gateway.tracing import trace_facts
from gateway.watching import Observer, Watching

KEY_ERRORS = (IdempotencyKeyInUse, IdempotencyKeyReused)
"""What any write may answer to a call with an Idempotency-Key."""


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
        limiter: Limiter,
        failures: Failures,
        shared: Surroundings,
        observers: Sequence[Observer] = (),
        stopwatch: Callable[[], float] = time.perf_counter,
        turns: Turns | None = None,
    ) -> None:
        self.registry = registry
        self.limiter = limiter
        self.failures = failures
        self.shared = shared
        self.stopwatch = stopwatch
        self._admission = admission = Admission(authenticator, limiter, failures)
        self.watching = Watching(observers, shared.log)
        self._runner = Runner(
            registry, database, shared, turns or Turns(), admit_again=admission.admit_again
        )
        self._most = shared.settings.max_running
        self._usual_body_limit = shared.settings.body_limit
        self._running = 0

    async def answer(self, call: Call) -> Envelope:
        """The envelope for any call, whatever happens on the way; cancelling passes through."""
        try:
            if call.deadline is None:
                data = await self._perform(call)
            else:
                data = await self._perform_in_time(call.deadline, call)
            seconds = self.stopwatch() - call.started
            envelope = envelopes.of_success(data, call.flags, seconds, tuple(call.headers))
        except ParameterError as error:
            envelope = envelopes.of_parameter_error(error, *self._facts(call))
        except ActionError as error:
            # The frames that it came through hold the call, which would then hold itself.
            call.error = error.with_traceback(None)
            envelope = envelopes.of_error(error, *self._facts(call))
        except Exception:
            told = trace_facts(call.traceparent)
            self.shared.log.exception("call.crashed", request_id=call.request_id, **told)
            envelope = envelopes.of_error(InternalServerError(), *self._facts(call))
        self.watching.note(call, envelope)
        return envelope

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
        """The envelope for a call that a door turns away, whatever was done for it."""
        call.flags, call.headers = {"request_id": call.request_id}, []
        envelope = envelopes.of_error(error, *self._facts(call))
        self.watching.note(call, envelope)
        return envelope

    async def _perform_in_time(self, deadline: float, call: Call) -> bytes:
        timeout = asyncio.timeout_at(deadline)
        try:
            async with timeout:
                return await self._perform(call)
        except TimeoutError:
            if timeout.expired():
                raise DeadlineExceeded from None
            raise

    async def _perform(self, call: Call) -> bytes:
        """The steps of the protocol's section 1, in its order."""
        registered: Registered | None = call.registered
        if registered is None:
            registered = call.registered = self.registry.find(call.section, call.action)
        if self._running >= self._most:
            raise Overloaded
        body_limit = self._usual_body_limit
        if registered is not None and registered.body_limit is not None:
            body_limit = registered.body_limit
        call.body.refuse_early(body_limit)
        if registered is None:
            raise self.registry.unknown(call.section, call.action)
        if registered.deprecated is not None:
            _announce_deprecation(registered.deprecated, call)
        if registered.needs_key:
            admitting = self._admission.admit(call, registered)
            if admitting is not None:
                await self._in_its_place(admitting)
        elif registered.writes:
            # Strangers share the room that an address has for bad keys.
            await self._in_its_place(self.failures.note(call.address))
        text = call.body.read(body_limit)
        if not isinstance(text, bytes):
            text = await self._arrived(text, registered, call)
        self._running += 1
        try:
            return await self._serve(text, registered, call)
        finally:
            self._running -= 1

    async def _arrived(
        self, reading: Awaitable[bytes], registered: Registered, call: Call
    ) -> bytes:
        """Wait for the body of a call that was let in, and look at its caller once more."""
        text = await reading
        # Whoever still sent its body was not running: slow clients take no other's place.
        if self._running >= self._most:
            raise Overloaded
        # The key may have been revoked, its account demoted, while the body came.
        admitting = self._admission.admit_again(call, registered)
        if admitting is not None:
            await self._in_its_place(admitting)
        return text

    async def _in_its_place(self, admitting: Awaitable[None]) -> None:
        """Wait for the database or Redis as one of those that may run: a flood must not pile up."""
        self._running += 1
        try:
            await admitting
        finally:
            self._running -= 1

    async def _serve(self, text: bytes, registered: Registered, call: Call) -> bytes:
        """Validate and run."""
        caller = call.caller
        sent = parse_object(text)
        key = checked_key(call.idempotency_key) if registered.writes and caller else None
        params, options = validate(
            sent, text, registered, caller, cursor_secret=self.shared.cursor_secret
        )
        if options.listing is not None:
            call.flags.update(options.listing.flags())
        try:
            data = await self._runner.run(registered, params, options, call, key=key)
        except (QueueFullError, LockedError):
            raise Overloaded from None
        except TurnedAway as turned_away:
            raise turned_away.refusal from None
        except ActionError as error:
            if type(error) not in registered.raises and not isinstance(error, KEY_ERRORS):
                raise Undeclared(f"{registered.path} raised {error.code()}") from error
            raise
        if registered.flag is not None and not call.unchanged:
            call.flags[registered.flag] = True
        return data

    def _facts(self, call: Call) -> tuple[Mapping[str, object], float, Headers]:
        """Flags, seconds and headers of the answer."""
        return call.flags, self.stopwatch() - call.started, tuple(call.headers)


def _announce_deprecation(deprecated: Deprecation, call: Call) -> None:
    """Say that the action is on its way out: RFC 9745 and RFC 8594, and the flag."""
    since = datetime.combine(deprecated.since, datetime.min.time(), UTC)
    sunset = datetime.combine(deprecated.sunset, datetime.min.time(), UTC)
    call.headers.append(("Deprecation", f"@{since.timestamp():.0f}"))
    call.headers.append(("Sunset", format_datetime(sunset, usegmt=True)))
    told: Mapping[str, str] = {
        "since": deprecated.since.isoformat(),
        "sunset": deprecated.sunset.isoformat(),
        "use": deprecated.use,
    }
    call.flags["deprecated"] = told

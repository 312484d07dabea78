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
from gateway.action import Deprecation
from gateway.call import Call, JsonBody
from gateway.codec.encode import encode
from gateway.codec.strict import parse_object
from gateway.context import Surroundings
from gateway.envelope import Envelope
from gateway.errors import (
    ActionError,
    DeadlineExceeded,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InternalServerError,
    Overloaded,
    ParameterError,
    PermissionDenied,
)
from gateway.limits.failures import Failures
from gateway.limits.limiter import Limiter
from gateway.registry import Registered, Registry
from gateway.stages.authenticate import authenticate
from gateway.stages.authorize import authorize
from gateway.stages.idempotency import Turns, checked_key
from gateway.stages.limit import limit, tell_limit
from gateway.stages.run import Runner
from gateway.stages.validate import validate
from gateway.store.database import Database, LockedError, QueueFullError
from gateway.tracing import trace_facts


@dataclass(slots=True)
class Trail:
    """How far a call came, for those who watch."""

    call: Call
    flags: dict[str, object]
    registered: Registered | None = None
    caller: Identity | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    error: ActionError | None = None
    object_id: str | None = None
    """The object that the action named for the audit trail, and the workspace to keep that in."""
    workspace_id: str | None = None


class Observer(Protocol):
    """Whoever watches calls (logs, metrics, audit); it cannot change one."""

    def saw(self, trail: Trail, envelope: Envelope) -> None: ...


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
        self._authenticator = authenticator
        self._observers = observers
        self._runner = Runner(registry, database, shared, turns or Turns())
        self._running = 0

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
            trail.error = error
            envelope = envelopes.of_error(error, **self._facts(trail))
        except Exception:
            told = trace_facts(call.traceparent)
            self.shared.log.exception("call.crashed", request_id=call.request_id, **told)
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
        if self._running >= self.shared.settings.max_running:
            raise Overloaded
        registered = trail.registered = self.registry.find(call.section, call.action)
        body_limit = self._body_limit(registered)
        call.body.refuse_early(body_limit)
        if registered is None:
            raise self.registry.unknown(call.section, call.action)
        _announce_deprecation(registered.deprecated, trail)
        if registered.needs_key:
            await self._admit(call, registered, trail)
        elif registered.writes:
            # Strangers share the room that an address has for bad keys.
            await self.failures.note(call.address)
        text = await call.body.read(body_limit)
        # Whoever still sends its body is not running: slow clients take no other's place.
        if self._running >= self.shared.settings.max_running:
            raise Overloaded
        self._running += 1
        try:
            return await self._serve(text, registered, trail)
        finally:
            self._running -= 1

    async def _admit(self, call: Call, registered: Registered, trail: Trail) -> None:
        """Authenticate, authorize and limit."""
        # Most callers called a moment ago, and need not be waited for.
        caller = self._authenticator.recall(call.key) if call.key is not None else None
        if caller is None:
            caller = await authenticate(call, by=self._authenticator, failures=self.failures)
        trail.caller = caller
        try:
            authorize(caller, registered)
        except PermissionDenied:
            await tell_limit(caller, registered, trail.headers, by=self.limiter)
            raise
        limited = limit(caller, registered, trail.headers, by=self.limiter)
        if limited is not None:
            await limited

    async def _serve(self, text: bytes, registered: Registered, trail: Trail) -> bytes:
        """Validate and run."""
        call, caller = trail.call, trail.caller
        sent = parse_object(text)
        key = checked_key(call.idempotency_key) if registered.writes and caller else None
        params, options = validate(
            sent, text, registered, caller, cursor_secret=self.shared.cursor_secret
        )
        if options.listing is not None:
            trail.flags.update(options.listing.flags())
        try:
            data = await self._runner.run(registered, params, options, trail, key=key)
        except (QueueFullError, LockedError):
            raise Overloaded from None
        except ActionError as error:
            if type(error) not in registered.raises and not isinstance(error, KEY_ERRORS):
                raise Undeclared(f"{registered.path} raised {error.code()}") from error
            raise
        if registered.flag is not None:
            trail.flags[registered.flag] = True
        return data

    def _body_limit(self, registered: Registered | None) -> int:
        own = registered.body_limit if registered is not None else None
        return self.shared.settings.body_limit if own is None else own

    def _facts(self, trail: Trail) -> dict[str, Any]:
        return {
            "flags": trail.flags,
            "seconds": self.stopwatch() - trail.call.started,
            "headers": tuple(trail.headers),
        }


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

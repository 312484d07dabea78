"""Once and only once: a keyed write runs for the first of its calls, the others get its answer."""

import asyncio
import re
from collections.abc import Awaitable, Mapping
from typing import Any

import orjson

from gateway.codec.fingerprint import fingerprint
from gateway.codec.secrets import withhold
from gateway.context import Options
from gateway.errors import IdempotencyKeyInUse, IdempotencyKeyReused, MalformedRequest
from gateway.registry import Registered
from gateway.store.idempotency import Claim, Name, Record

WAIT_SECONDS = 10.0
"""How long a call waits for the first one with its key; the deadline may be nearer."""

_KEY = re.compile(r"[!-~]{1,255}")


def checked_key(sent: str | None) -> str | None:
    """The Idempotency-Key as it was sent. Raises MalformedRequest when it cannot be one."""
    if sent is not None and not _KEY.fullmatch(sent):
        raise MalformedRequest(problem="An Idempotency-Key has 1 to 255 visible ASCII characters.")
    return sent


def claim_of(name: Name, params: Any, options: Options) -> Claim:
    """What the call claims; equal parameters after validation have equal fingerprints."""
    wanted = params
    if options.full or options.expand:
        wanted = ("\0", params, options.full, sorted(options.expand))
    return Claim(*name, fingerprint(wanted))


class Turns:
    """Lets the calls of one process that claim the same key run one after the other."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._running: dict[Name, asyncio.Event | None] = {}
        """The keys of running calls, each with what its end is told to if somebody waits."""

    def begin(self, name: Name) -> Awaitable[float] | None:
        """Begin the name's turn; `end` it. While it is another's, what is returned waits for it.

        That gives the loop's time until which the call may wait for other processes too. It raises
        IdempotencyKeyInUse when it takes long; then there is nothing to end.
        """
        if name in self._running:
            return self._begin_later(name)
        self._running[name] = None
        return None

    async def _begin_later(self, name: Name) -> float:
        until = asyncio.get_running_loop().time() + self._wait_seconds
        try:
            async with asyncio.timeout_at(until):
                while name in self._running:
                    ended = self._running[name] or asyncio.Event()
                    self._running[name] = ended
                    await ended.wait()
        except TimeoutError:
            raise IdempotencyKeyInUse from None
        self._running[name] = None
        return until

    def end(self, name: Name) -> None:
        ended = self._running.pop(name)
        if ended is not None:
            ended.set()


def replay(record: Record, claim: Claim, flags: dict[str, object], registered: Registered) -> bytes:
    """The first call's data, its flags added to `flags`.

    Raises IdempotencyKeyReused when the first call had other parameters.
    """
    if record.fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused
    if record.flags is not None:
        flags.update(orjson.loads(record.flags))
    elif registered.flag is not None:
        flags[registered.flag] = True
    flags["idempotent_replay"] = True
    return record.data.encode()


def record_of(
    claim: Claim,
    data: bytes,
    flags: Mapping[str, object],
    registered: Registered,
    *,
    unchanged: bool = False,
) -> Record:
    """What is kept of a call's answer; its secrets are not."""
    if len(flags) == 1 and not unchanged and not registered.secrets:
        return Record(*claim, data.decode(), None)  # its request's id is all that it has
    kept = {**flags}
    kept.pop("request_id", None)
    if registered.flag is not None and not unchanged:
        kept[registered.flag] = True
    if registered.secrets:
        data = withhold(data, registered.secrets)
        kept["secret_withheld"] = True
    return Record(*claim, data.decode(), orjson.dumps(kept).decode())

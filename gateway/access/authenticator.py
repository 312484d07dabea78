"""From a presented key to an identity, remembered for half a second at most."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from gateway.access.identity import Identity, KeyHolder
from gateway.access.keys import hash_secret, parse_key, same_hash
from gateway.access.roles import Role
from gateway.access.rows import Holder, holder_of
from gateway.errors import ActionError, InvalidAPIKey, WorkspaceSuspended
from gateway.store.database import Queries

REMEMBERED_SECONDS = 0.5
_REMEMBERED_MAX = 10_000


class _Remembered(NamedTuple):
    identity: Identity
    until: float


class Authenticator:
    """Looks keys up and remembers those that were good; a bad one is looked up each time.

    `clock` is a monotonic one, in seconds.
    """

    def __init__(
        self, db: Queries, *, now: Callable[[], datetime], clock: Callable[[], float]
    ) -> None:
        self._db = db
        self._now = now
        self._clock = clock
        self._remembered: dict[bytes, _Remembered] = {}
        self._asking: dict[bytes, asyncio.Task[Identity]] = {}

    async def identify(self, presented: str) -> Identity:
        """Whoever holds the presented key. Raises InvalidAPIKey or WorkspaceSuspended."""
        # The digest stands for the key, so that no key in the clear is kept in memory.
        digest = hashlib.sha256(presented.encode(errors="surrogateescape")).digest()
        remembered = self._remembered.get(digest)
        if remembered is not None and self._clock() < remembered.until:
            return remembered.identity
        return await asyncio.shield(self._ask(digest, presented))

    def _ask(self, digest: bytes, presented: str) -> asyncio.Task[Identity]:
        """The look-up of this key; callers who come while it runs share it."""
        asking = self._asking.get(digest)
        if asking is None:
            asking = asyncio.create_task(self._look_up(digest, presented))
            asking.add_done_callback(lambda _: self._asking.pop(digest))
            self._asking[digest] = asking
        return asking

    async def _look_up(self, digest: bytes, presented: str) -> Identity:
        key = parse_key(presented)
        if key is None:
            raise InvalidAPIKey
        holder = await holder_of(self._db, key.id)
        kept_hash = holder.secret_hash if holder else hash_secret("")
        if not same_hash(kept_hash, key.secret_hash) or holder is None:
            raise _of(holder, key.id, InvalidAPIKey())
        now = self._now()
        if holder.revoked_at is not None or (holder.expires_at and holder.expires_at <= now):
            raise _of(holder, key.id, InvalidAPIKey())
        if holder.suspended_at is not None:
            raise _of(holder, key.id, WorkspaceSuspended())
        identity = _identity(holder, key.id)
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[digest] = _Remembered(identity, self._clock() + REMEMBERED_SECONDS)
        return identity


def _of(
    holder: Holder | None, key_id: str, error: InvalidAPIKey | WorkspaceSuspended
) -> ActionError:
    """The error, which the audit can tell whose key it is about; its answer tells nobody."""
    if holder is not None:
        error.holder = KeyHolder(holder.workspace_id, holder.account_id, key_id)
    return error


def _identity(holder: Holder, key_id: str) -> Identity:
    return Identity(
        workspace_id=holder.workspace_id,
        workspace_name=holder.workspace_name,
        timezone=holder.timezone,
        account_id=holder.account_id,
        account_name=holder.account_name,
        role=Role(holder.role),
        scopes=_narrowest(holder.account_scopes, holder.key_scopes),
        key_id=key_id,
        rate_limit=holder.rate_limit,
        rate_limits=holder.rate_limits,
    )


def _narrowest(one: list[str] | None, other: list[str] | None) -> frozenset[str] | None:
    """What both lists allow; None allows everything."""
    lists = [frozenset(each) for each in (one, other) if each is not None]
    return frozenset.intersection(*lists) if lists else None

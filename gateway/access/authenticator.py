"""From a presented key to an identity, remembered for half a second at most."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from gateway.access.addresses import Ranges, lies_in, parse_ranges
from gateway.access.grants import narrowed
from gateway.access.identity import Identity, KeyHolder
from gateway.access.keys import hash_secret, parse_key, same_hash
from gateway.access.roles import Role
from gateway.access.rows import Holder, holder_of
from gateway.errors import ActionError, InvalidAPIKey, Overloaded, WorkspaceSuspended
from gateway.store.database import Queries

REMEMBERED_SECONDS = 0.5
_REMEMBERED_MAX = 10_000
ASKING_MAX = 1_000
"""Keys that are looked up at the same time, those included whose callers left meanwhile."""


class _Found(NamedTuple):
    """What a look-up of a good key came to."""

    identity: Identity
    until: float
    ranges: tuple[Ranges, ...]
    """Where calls may come from: a range of each, or anywhere when there are none."""
    is_suspended: bool = False

    def is_from(self, address: str | None) -> bool:
        """Whether the call comes from where calls may come from."""
        if not self.ranges or address is None:
            return True
        return all(lies_in(address, each) for each in self.ranges)


class Authenticator:
    """Looks keys up and remembers those that were good; a bad one is looked up each time.

    `clock` is a monotonic one, in seconds. At most `asking_max` keys are looked up at a time.
    """

    def __init__(
        self,
        db: Queries,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        asking_max: int = ASKING_MAX,
    ) -> None:
        self._db = db
        self._now = now
        self._clock = clock
        self._asking_max = asking_max
        self._nobodys_hash = hash_secret("")
        """What a key that nobody holds is compared with, so that it takes as long as any other."""
        self._remembered: dict[bytes, _Found] = {}
        self._asking: dict[bytes, asyncio.Task[_Found]] = {}

    def recall(self, presented: str) -> Identity | None:
        """Whoever holds the key, if that is remembered and calls may come from anywhere."""
        digest = hashlib.sha256(presented.encode(errors="surrogateescape")).digest()
        found = self._remembered.get(digest)
        if found is None or found.ranges or self._clock() >= found.until:
            return None
        return found.identity

    async def identify(self, presented: str, address: str | None = None) -> Identity:
        """Whoever holds the presented key. Raises InvalidAPIKey, WorkspaceSuspended or Overloaded.

        `address` is where the call comes from; None for one from within the process, which may
        come from anywhere.
        """
        # The digest stands for the key, so that no key in the clear is kept in memory.
        digest = hashlib.sha256(presented.encode(errors="surrogateescape")).digest()
        found = self._remembered.get(digest)
        # From elsewhere a good key is a bad one, and its answer takes as long.
        if found is None or self._clock() >= found.until or not found.is_from(address):
            found = await asyncio.shield(self._ask(digest, presented))
        identity = found.identity
        if not found.is_from(address):
            raise _of(identity, identity.key_id, InvalidAPIKey())
        if found.is_suspended:
            raise _of(identity, identity.key_id, WorkspaceSuspended())
        return identity

    def forget(self, id: str) -> None:
        """Look everything up anew that depends on the key, account or workspace with this id."""
        # Whatever is being looked up now may have been read before the change.
        self._asking.clear()
        gone = [
            digest
            for digest, (identity, *_) in self._remembered.items()
            if id in (identity.key_id, identity.account_id, identity.workspace_id)
        ]
        for digest in gone:
            del self._remembered[digest]

    def _ask(self, digest: bytes, presented: str) -> "asyncio.Task[_Found]":
        """The look-up of this key; callers who come while it runs share it."""
        asking = self._asking.get(digest)
        if asking is None:
            if len(self._asking) >= self._asking_max:
                raise Overloaded
            asking = asyncio.create_task(self._look_up(presented))
            asking.add_done_callback(lambda task: self._remember(digest, task))
            self._asking[digest] = asking
        return asking

    def _remember(self, digest: bytes, asked: "asyncio.Task[_Found]") -> None:
        is_good = not asked.cancelled() and asked.exception() is None
        if self._asking.get(digest) is not asked:
            return  # told to forget meanwhile
        del self._asking[digest]
        if not is_good or asked.result().is_suspended:
            return
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[digest] = asked.result()

    async def _look_up(self, presented: str) -> _Found:
        key = parse_key(presented)
        if key is None:
            raise InvalidAPIKey
        asked_at = self._clock()
        holder = await holder_of(self._db, key.id)
        kept_hash = holder.secret_hash if holder else self._nobodys_hash
        if not same_hash(kept_hash, key.secret_hash) or holder is None:
            raise _of(holder, key.id, InvalidAPIKey())
        seconds_left = REMEMBERED_SECONDS
        if holder.expires_at is not None:
            left = (holder.expires_at - self._now()).total_seconds()
            seconds_left = min(seconds_left, left)
        if holder.revoked_at is not None or seconds_left <= 0:
            raise _of(holder, key.id, InvalidAPIKey())
        return _Found(
            _identity(holder, key.id),
            asked_at + seconds_left,
            tuple(parse_ranges(each) for each in (holder.account_ips, holder.key_ips) if each),
            is_suspended=holder.suspended_at is not None,
        )


def _of(
    holder: Holder | Identity | None, key_id: str, error: InvalidAPIKey | WorkspaceSuspended
) -> ActionError:
    """The error, which the audit can tell whose key it is about; its answer tells nobody."""
    if holder is not None:
        error.holder = KeyHolder(holder.workspace_id, holder.account_id, key_id)
    return error


def _identity(holder: Holder, key_id: str) -> Identity:
    role = Role(holder.role)
    scopes = narrowed(role, holder.account_scopes, holder.key_scopes).scopes
    return Identity(
        workspace_id=holder.workspace_id,
        workspace_name=holder.workspace_name,
        timezone=holder.timezone,
        account_id=holder.account_id,
        account_name=holder.account_name,
        role=role,
        scopes=None if scopes is None else frozenset(scopes),
        key_id=key_id,
        rate_limit=holder.rate_limit,
        rate_limits=holder.rate_limits,
        is_operator=bool(holder.is_operator),
        key_expires_at=holder.expires_at,
    )

"""Keys as they are kept: everything but the key itself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Boolean, ColumnElement, Select, bindparam, select, type_coerce, update

from gateway.access.accounts import Account, hold
from gateway.access.grants import Grant, narrowed
from gateway.access.keys import Key, make_key, parse_key, same_hash
from gateway.access.roles import Role
from gateway.access.rows import add_key
from gateway.access.tables import accounts, keys
from gateway.access.withdrawal import announce
from gateway.errors import Conflict, NotFound
from gateway.listing import Listing
from gateway.listing.sql import PagedList
from gateway.store.database import Queries, Transaction
from gateway.store.statements import Statement

# PostgreSQL's driver takes the very last microsecond for infinity, and gives it back without UTC.
_END_OF_TIME = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class HeldKey(NamedTuple):
    """A key as it is kept, with what its account may do, and how often."""

    id: str
    account_id: str
    name: str
    last_four: str
    scopes: list[str] | None
    allowed_ips: list[str] | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    replaced_by: str | None
    role: str
    account_scopes: list[str] | None
    rate_limit: str | None
    rate_limits: Mapping[str, str] | None

    @property
    def grant(self) -> Grant:
        """What the key may do."""
        return narrowed(Role(self.role), self.account_scopes, self.scopes)

    def is_over(self, now: datetime) -> bool:
        """Whether it is revoked or has expired."""
        has_expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is not None or has_expired


class Leaked(NamedTuple):
    """A key that was reported, and the workspace that it opened."""

    key_id: str
    workspace_id: str


_OWN = [keys.c[name] for name in HeldKey._fields[:-4]]


def _all() -> Select[Any]:
    of_account = (
        accounts.c.role, accounts.c.scopes.label("account_scopes"), accounts.c.rate_limit,
        accounts.c.rate_limits,
    )  # fmt: skip
    return select(*_OWN, *of_account).join(accounts, accounts.c.id == keys.c.account_id)


def _in_workspace() -> Select[Any]:
    return _all().where(accounts.c.workspace_id == bindparam("workspace_id"))


def _of_account() -> Select[Any]:
    return _in_workspace().where(keys.c.account_id == bindparam("account_id"))


_BY_ID = _in_workspace().where(keys.c.id == bindparam("id"))
_FIND = Statement(_BY_ID)
_LOCK = Statement(_BY_ID.with_for_update(of=keys))
_ANYWHERE = Statement(_all().where(keys.c.id == bindparam("id")).with_for_update(of=keys))
_EVERYWHERE = Statement(_all().order_by(keys.c.account_id, keys.c.created_at, keys.c.id))
_SECRET = Statement(
    select(keys.c.secret_hash, keys.c.revoked_at, accounts.c.workspace_id)
    .join(accounts, accounts.c.id == keys.c.account_id)
    .where(keys.c.id == bindparam("id"))
    .with_for_update(of=keys)
)
_REVOKE = Statement(
    update(keys)
    .where(keys.c.id == bindparam("key"), keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_RETIRE = Statement(
    update(keys)
    .where(keys.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("expires_at", "revoked_at", "replaced_by")})
)
_COLUMNS: dict[str, ColumnElement[Any]] = {
    **{name: keys.c[name] for name in ("name", "created_at", "last_used_at", "expires_at")},
    "revoked": type_coerce(keys.c.revoked_at.is_not(None), Boolean),
}
_LIST = PagedList(_in_workspace, columns=_COLUMNS, tie=keys.c.id)
_LIST_OF_ACCOUNT = PagedList(_of_account, columns=_COLUMNS, tie=keys.c.id)


async def lock(db: Transaction, workspace_id: str, id: str) -> HeldKey:
    """The key, kept from being changed by others. Raises NotFound when there is no such one."""
    return _found(await db.first(_LOCK, workspace_id=workspace_id, id=id))


async def lock_for_heir(db: Transaction, workspace_id: str, id: str) -> HeldKey:
    """The same for a key that another is to follow, with its account kept from being deleted.

    Whoever locks both locks the account first.
    """
    found = _found(await db.first(_FIND, workspace_id=workspace_id, id=id))
    await hold(db, workspace_id, found.account_id)
    return await lock(db, workspace_id, id)


async def lock_anywhere(db: Transaction, id: str) -> HeldKey:
    """The same, whichever workspace has it: for whoever operates the database itself."""
    return _found(await db.first(_ANYWHERE, id=id))


async def all_keys(db: Queries) -> list[HeldKey]:
    """Every key of every account: for whoever operates the database itself."""
    return [HeldKey._make(row) for row in await db.all(_EVERYWHERE)]


async def page(
    db: Queries, listing: Listing, *, workspace_id: str, account_id: str | None
) -> tuple[list[HeldKey], int]:
    """A page of the workspace's keys, or of one account's, and how many the filters leave."""
    of, values = _LIST, {"workspace_id": workspace_id}
    if account_id is not None:
        of, values = _LIST_OF_ACCOUNT, {**values, "account_id": account_id}
    found = await of.page(db, listing, **values)
    return [HeldKey._make(row) for row in found], await of.count(db, listing, **values)


async def issue(
    db: Transaction,
    account: Account,
    *,
    environment: str,
    name: str,
    now: datetime,
    expires_at: datetime | None = None,
    scopes: list[str] | None = None,
    allowed_ips: list[str] | None = None,
) -> tuple[Key, HeldKey]:
    """Make a key for the account, which `hold` keeps: the key in the clear, and as it is kept."""
    if expires_at is not None:
        expires_at = min(expires_at, _END_OF_TIME)
    key = make_key(environment)
    held = HeldKey(
        key.id, account.id, name, key.secret[-4:], scopes, allowed_ips, now, None, expires_at,
        None, None, account.role, account.scopes, account.rate_limit, account.rate_limits,
    )  # fmt: skip
    await _add(db, key, held)
    return key, held


async def rotate(
    db: Transaction,
    old: HeldKey,
    *,
    environment: str,
    overlap_seconds: int,
    now: datetime,
    latest: datetime | None = None,
) -> tuple[Key, HeldKey, HeldKey]:
    """Put a new key in the place of `old`, which `lock_for_heir` locked: the key, the new, the old.

    The old one is good for `overlap_seconds` more, and never for longer than it would have been;
    with no overlap it is revoked.
    The new one lives as long from now on as the old one was made to live, and until `latest` at
    most. Raises Conflict for a key that is over, or that was rotated already.
    """
    if old.is_over(now):
        raise Conflict(problem="The key is revoked or has expired: create another one.")
    if old.replaced_by is not None:
        raise Conflict(problem=f"The key was rotated already; {old.replaced_by} took its place.")
    expires_at = _as_long_from(now, old)
    if expires_at is not None and latest is not None:
        expires_at = min(expires_at, latest)
    key = make_key(environment)
    new = old._replace(
        id=key.id,
        last_four=key.secret[-4:],
        created_at=now,
        last_used_at=None,
        expires_at=expires_at,
    )
    ending = now + timedelta(seconds=overlap_seconds)
    if old.expires_at is not None:
        ending = min(ending, old.expires_at)
    # What ends now is revoked as well: other machines' clocks may be behind ours.
    revoked_at = now if overlap_seconds == 0 else None
    retired = old._replace(expires_at=ending, revoked_at=revoked_at, replaced_by=new.id)
    await _add(db, key, new)
    await db.run(_RETIRE, key=old.id, expires_at=ending, revoked_at=revoked_at, replaced_by=new.id)
    await announce(db, old.id)
    return key, new, retired


async def revoke(db: Transaction, held: HeldKey, *, now: datetime) -> HeldKey:
    """Revoke a key, which is locked; one that is revoked stays so since it was."""
    if held.revoked_at is not None:
        return held
    await db.run(_REVOKE, key=held.id, at=now)
    await announce(db, held.id)
    return held._replace(revoked_at=now)


async def revoke_leaked(db: Transaction, presented: str, *, now: datetime) -> Leaked | None:
    """Revoke the key in the clear, and tell whose it was.

    None when there was nothing to revoke: it is nobody's, or was revoked already.
    """
    key = parse_key(presented)
    if key is None:
        return None
    row = await db.first(_SECRET, id=key.id)
    if row is None:
        return None
    secret_hash, revoked_at, workspace_id = row
    if not same_hash(secret_hash, key.secret_hash) or revoked_at is not None:
        return None
    await db.run(_REVOKE, key=key.id, at=now)
    await announce(db, key.id)
    return Leaked(key.id, workspace_id)


def _as_long_from(now: datetime, old: HeldKey) -> datetime | None:
    """The end of a life from `now` on that is as long as the old key's was made to be."""
    if old.expires_at is None:
        return None
    try:
        return min(now + (old.expires_at - old.created_at), _END_OF_TIME)
    except OverflowError:  # what was to last for all time still is
        return _END_OF_TIME


async def _add(db: Transaction, key: Key, held: HeldKey) -> None:
    await add_key(
        db, key=key, account_id=held.account_id, name=held.name, scopes=held.scopes,
        at=held.created_at, expires_at=held.expires_at, allowed_ips=held.allowed_ips,
    )  # fmt: skip


def _found(row: Any) -> HeldKey:
    if row is None:
        raise NotFound
    return HeldKey._make(row)

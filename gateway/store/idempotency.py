"""Idempotency records: what a write answered, in that write's own transaction.

A key is claimed before anything else is done, in the order of the keys, so that of two gateways
that are sent the same call one waits for the other's commit, and no two wait for each other.
Where a transaction is alone (on SQLite) nobody can come between: there a claim only looks, and
the whole record is added with the answer, which halves what the records cost. Who holds a key to
be new need not even look, and learns from adding the record whether it is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Text, bindparam, delete, func, select, text, true, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from gateway.store.database import Database, Transaction
from gateway.store.statements import RowsInsert, Statement, rows_given
from gateway.store.tables import idempotency_records as records

LIFETIME = timedelta(hours=24)
"""How long a record answers; after that its key is as good as new."""
PURGED_AT_ONCE = 1000
"""Records that are deleted in one transaction, so that no write waits long behind it."""

_NAME = ("key", "claimant")
_CLAIMED = (*_NAME, "fingerprint")
_KEPT = (*_NAME, "data", "flags")

Name: TypeAlias = tuple[str, str]
"""An idempotency key and the digest of whose it is: what one call at a time may claim."""


class Claim(NamedTuple):
    """A write that is to run once: its key, a digest of whose call it is, one of its parameters."""

    key: str
    claimant: str
    """An account and an action, as `claimant_of` gives it."""
    fingerprint: str

    @property
    def name(self) -> Name:
        return self[:2]


def claimant_of(account_id: str, action: str) -> str:
    """24 hexadecimal digits for an account and one of the actions, named `section/action`.

    Among a million accounts with a million actions each, the chance that any two are the same is
    less than one in a hundred thousand; then a key that both of them use is one key.
    """
    return blake2b(f"{account_id}/{action}".encode(), digest_size=12).hexdigest()


class Record(NamedTuple):
    """The answer of a write that was run: its data and its flags, as JSON text.

    Without flags, it had no other than that of its action's effect.
    """

    key: str
    claimant: str
    fingerprint: str
    data: str
    flags: str | None


def _given(dialect: str, names: Sequence[str]) -> Any:
    return rows_given(dialect, {name: records.c[name].type for name in names})


def _claim(dialect: str) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    given = _given(dialect, _CLAIMED)
    moment = records.c.created_at.type
    wanted = (
        select(*given.c, bindparam("at", type_=moment))
        .where(true())
        .order_by(*(given.c[name] for name in _NAME))
    )
    adding: Any = insert(records).from_select([*_CLAIMED, "created_at"], wanted)
    taken_over = {name: adding.excluded[name] for name in ("fingerprint", "created_at")}
    return (  # type: ignore[no-any-return] # the two dialects' inserts have no common type
        adding.on_conflict_do_update(
            index_elements=_NAME,
            set_={**taken_over, "data": None, "flags": None},
            where=records.c.created_at <= _dead_at(),
        ).returning(*(records.c[name] for name in _NAME))
    )


def _named(dialect: str) -> Any:
    given = _given(dialect, _NAME)
    return tuple_(*(records.c[name] for name in _NAME)).in_(given.select())


def _find(dialect: str) -> Executable:
    return records.select().where(_named(dialect))


def _find_alive(dialect: str) -> Executable:
    return records.select().where(_named(dialect), records.c.created_at > _dead_at())


def _keep(dialect: str) -> Executable:
    given = _given(dialect, _KEPT)
    return (
        update(records)
        .where(*(records.c[name] == given.c[name] for name in _NAME))
        .values(data=given.c.data, flags=given.c.flags)
    )


def _release(dialect: str) -> Executable:
    return delete(records).where(_named(dialect))


def _dead_at() -> Any:
    return bindparam("dead", type_=records.c.created_at.type)


def _dead(dialect: str) -> Any:
    named = [records.c[name] for name in _NAME]
    if dialect != "sqlite":
        return select(*named).where(records.c.created_at <= _dead_at()).limit(PURGED_AT_ONCE)
    # Those who came first: their row ids are the lowest, and no index by time has to be kept.
    came_first: Any = text("_rowid_")
    oldest = (
        select(*named, records.c.created_at).order_by(came_first).limit(PURGED_AT_ONCE).subquery()
    )
    return select(*(oldest.c[name] for name in _NAME)).where(oldest.c.created_at <= _dead_at())


def _any_dead(dialect: str) -> Executable:
    found: Executable = _dead(dialect).limit(1)
    return found


def _purge(dialect: str) -> Executable:
    # A record that is being claimed anew is locked, and alive once that is committed.
    dead = _dead(dialect).with_for_update(skip_locked=True)
    named = tuple_(*(records.c[name] for name in _NAME))
    return delete(records).where(named.in_(dead)).returning(records.c.key)


_CLAIM, _FIND, _FIND_ALIVE, _KEEP, _RELEASE = map(
    Statement, (_claim, _find, _find_alive, _keep, _release)
)
_ADD = RowsInsert(records, records.c.keys(), replace=True)
_ADD_NEW = RowsInsert(records, records.c.keys())

_ANY_DEAD, _PURGE = Statement(_any_dead), Statement(_purge)

_PATIENCE = Statement(
    select(func.set_config("lock_timeout", bindparam("patience", type_=Text()), true()))
)
_USUAL_PATIENCE = Statement(text("SET LOCAL lock_timeout TO DEFAULT"))


async def claim(
    db: Transaction, claims: Sequence[Claim], *, at: datetime, patience: float | None = None
) -> dict[Claim, Record]:
    """Claim the keys for this transaction; those that were used have their record.

    The records found may be of other parameters: compare the fingerprints. Raises LockedError
    when another gateway's call with one of the keys does not end in time: within `patience`
    seconds, or those that the database gives any transaction.
    """
    if patience is None or db.alone:
        return await _claim_all(db, claims, at)
    milliseconds = max(1, round(patience * 1000))  # 0 would wait for ever
    await db.run(_PATIENCE, patience=f"{milliseconds}ms")
    found = await _claim_all(db, claims, at)
    await db.run(_USUAL_PATIENCE)
    return found


async def _claim_all(db: Transaction, claims: Sequence[Claim], at: datetime) -> dict[Claim, Record]:
    if db.alone:
        used = {each.name: each for each in claims}
        found = await db.all(_FIND_ALIVE, rows=list(used), dead=at - LIFETIME)
    else:
        claimed = await db.all(_CLAIM, rows=claims, at=at, dead=at - LIFETIME)
        if len(claimed) == len(claims):
            return {}
        free = {tuple(row) for row in claimed}
        used = {each.name: each for each in claims if each.name not in free}
        found = await db.all(_FIND, rows=list(used))
    return {used[row[:2]]: Record(*row[:5]) for row in found}


async def keep(db: Transaction, kept: Sequence[Record], *, at: datetime, new: bool = False) -> None:
    """Save the answers of calls, `at` the time when this transaction claimed their keys.

    One that is alone need not have claimed keys that it holds to be `new`: the deferred insert
    raises DuplicateError when there is a record of one of them, be it one that answers no more.
    """
    if not kept:
        return
    if db.alone:
        await db.defer(_ADD_NEW if new else _ADD, rows=[(*each, at) for each in kept])
    else:
        answers = [(each.key, each.claimant, each.data, each.flags) for each in kept]
        await db.run(_KEEP, rows=answers)


async def release(db: Transaction, claims: Iterable[Claim]) -> None:
    """Give keys back whose calls failed; the next try runs."""
    rows = [each.name for each in claims]
    if rows and not db.alone:
        await db.run(_RELEASE, rows=rows)


async def purge(database: Database, *, at: datetime) -> bool:
    """Delete some of the records that answer no more; returns whether there may be more."""
    dead = at - LIFETIME
    if await database.reader.first(_ANY_DEAD, dead=dead) is None:
        return False

    async def delete_some(db: Transaction) -> int:
        return len(await db.all(_PURGE, dead=dead))

    return await database.write(delete_some) == PURGED_AT_ONCE

"""Idempotency records: what a write answered, in that write's own transaction.

A plain write claims its key before anything else is done. The calls of a group take theirs last, by
adding their records: until then they only look, or hold their keys to be new without a look. Either
way, of two gateways that are sent the same call one waits for the other's commit. Keys are taken in
their order, and an action's calls all go one of the two ways, so that no two wait for each other.
Where a transaction is alone (on SQLite) nobody can come between: there a claim only looks, too.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Text, bindparam, delete, func, select, text, true, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.base import Executable

from gateway.store.database import Database, DuplicateError, Transaction
from gateway.store.statements import Row, RowsInsert, Statement, rows_given
from gateway.store.tables import idempotency_records as records

LIFETIME = timedelta(hours=24)
"""How long a record answers; after that its key is as good as new."""
PURGED_AT_ONCE = 1000
"""Records that are deleted in one transaction, so that no write waits long behind it."""

_NAME = ("key", "claimant")
_COLUMNS = records.c.keys()
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

    claim: Claim
    data: str
    flags: str | None


def _given(dialect: str, names: Sequence[str]) -> Any:
    return rows_given(dialect, {name: records.c[name].type for name in names})


def _take(dialect: str) -> Executable:
    """Add records in the order of their names, also over those that answer no more."""
    given = _given(dialect, _COLUMNS)
    wanted = given.select().order_by(*(given.c[name] for name in _NAME))
    adding: Any = postgresql.insert(records).from_select(_COLUMNS, wanted)
    return (  # type: ignore[no-any-return] # the dialect's insert has no type of its own
        adding.on_conflict_do_update(
            index_elements=_NAME,
            set_={name: adding.excluded[name] for name in _COLUMNS if name not in _NAME},
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


_TAKE, _FIND, _FIND_ALIVE, _KEEP = map(Statement, (_take, _find, _find_alive, _keep))
_ADD, _REPLACE = RowsInsert(records, _COLUMNS), RowsInsert(records, _COLUMNS, replace=True)
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
        return await find(db, claims, at=at)
    rows = [(*each, at, None, None) for each in claims]
    claimed = {tuple(row) for row in await db.all(_TAKE, rows=rows, dead=at - LIFETIME)}
    used = [each for each in claims if each.name not in claimed]
    return _records(used, await db.all(_FIND, rows=[each.name for each in used])) if used else {}


async def keep(db: Transaction, record: Record, *, at: datetime) -> None:
    """Save the answer of a call, `at` the time when this transaction claimed its key."""
    if db.alone:
        await db.defer(_REPLACE, rows=_rows([record], at))
    else:
        await db.run(_KEEP, rows=[(*record.claim.name, record.data, record.flags)])


async def find(db: Transaction, claims: Sequence[Claim], *, at: datetime) -> dict[Claim, Record]:
    """The records of the keys that were used, without claiming the others.

    The records found may be of other parameters, as with `claim`.
    """
    names = [each.name for each in claims]
    return _records(claims, await db.all(_FIND_ALIVE, rows=names, dead=at - LIFETIME))


async def add(db: Transaction, kept: Sequence[Record], *, at: datetime, new: bool) -> None:
    """Save the answers of calls whose keys nobody claimed; `new` are those that nobody looked for.

    Raises DuplicateError when there is a record of one of them: of new ones whichever, of others
    one that answers. LockedError is raised as by `claim`. Either may come with the commit.
    """
    if not kept:
        return
    rows = sorted(_rows(kept, at))
    if new or db.alone:
        await db.defer(_ADD if new else _REPLACE, rows=rows)
    elif len(await db.all(_TAKE, rows=rows, dead=at - LIFETIME)) < len(rows):
        raise DuplicateError


def _records(claims: Iterable[Claim], found: Iterable[Row]) -> dict[Claim, Record]:
    by_name = {each.name: each for each in claims}
    return {by_name[row[:2]]: Record(Claim(*row[:3]), *row[4:]) for row in found}


def _rows(kept: Iterable[Record], at: datetime) -> list[Row]:
    return [(*each.claim, at, each.data, each.flags) for each in kept]


async def purge(database: Database, *, at: datetime) -> bool:
    """Delete some of the records that answer no more; returns whether there may be more."""
    dead = at - LIFETIME
    if await database.reader.first(_ANY_DEAD, dead=dead) is None:
        return False

    async def delete_some(db: Transaction) -> int:
        return len(await db.all(_PURGE, dead=dead))

    return await database.write(delete_some) == PURGED_AT_ONCE

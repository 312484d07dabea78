"""Questions asked of the use of keys."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Table, Text, and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from gateway.access.tables import accounts, keys
from gateway.access.usage.tables import key_usage
from gateway.store.database import Queries, Transaction
from gateway.store.statements import Statement, rows_given
from gateway.store.types import Id, Moment


class Usage(NamedTuple):
    """How often a key was used for an action on a day; errors and refusals are among the calls."""

    key_id: str
    day: str
    action: str
    calls: int
    errors: int
    refusals: int


class LastUse(NamedTuple):
    """When a key, and the account that it belongs to, was last used."""

    key_id: str
    account_id: str
    at: datetime


_KEPT = [key_usage.c[name] for name in Usage._fields]
_COUNTS = ("calls", "errors", "refusals")


def _add(dialect: str) -> Executable:
    given = rows_given(dialect, {column.name: column.type for column in _KEPT})
    # The join leaves out keys that were deleted meanwhile; the lock waits for those that are being
    # deleted now. In the order of the rows' key, two processes never wait for each other.
    found = (
        select(*given.c)
        .join(keys, keys.c.id == given.c.key_id)
        .order_by(given.c.key_id, given.c.day, given.c.action)
        .with_for_update(of=keys, read=True, key_share=True)
    )
    adding = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(key_usage)
    adding = adding.from_select(Usage._fields, found)
    return adding.on_conflict_do_update(
        index_elements=[key_usage.c.key_id, key_usage.c.day, key_usage.c.action],
        set_={name: key_usage.c[name] + adding.excluded[name] for name in _COUNTS},
    )


def _touch(table: Table, named: str) -> Statement:
    """Move `last_used_at` of many forward; a later use, seen by another process, stays."""

    def build(dialect: str) -> Executable:
        given = rows_given(dialect, {"key_id": Text(), "account_id": Id(), "at": Moment()})
        used = (
            select(table.c.id, given.c.at)
            .join(given, given.c[named] == table.c.id)
            .where(or_(table.c.last_used_at.is_(None), table.c.last_used_at < given.c.at))
            .order_by(table.c.id)
            .with_for_update(of=table, key_share=True)
            .subquery("used")
        )
        return update(table).where(table.c.id == used.c.id).values(last_used_at=used.c.at)

    return Statement(build)


_ADD = Statement(_add)
_TOUCH_KEYS = _touch(keys, "key_id")
_TOUCH_ACCOUNTS = _touch(accounts, "account_id")
_OF_KEY = Statement(
    select(*_KEPT)
    .select_from(keys)
    .join(accounts, accounts.c.id == keys.c.account_id)
    .outerjoin(
        key_usage,
        and_(
            key_usage.c.key_id == keys.c.id,
            key_usage.c.day >= bindparam("first"),
            key_usage.c.day <= bindparam("last"),
        ),
    )
    .where(
        keys.c.id == bindparam("key_id"),
        accounts.c.workspace_id == bindparam("workspace_id", type_=Id()),
    )
    .order_by(key_usage.c.day, key_usage.c.action)
)
_OLD = key_usage.c.day < bindparam("first_kept")
_ANY = Statement(select(key_usage.c.day).where(_OLD).limit(1))
_PURGE = Statement(delete(key_usage).where(_OLD))


async def add(db: Transaction, used: Sequence[Usage], last: Sequence[LastUse]) -> None:
    """Add to the counts that are there, and move the last uses forward."""
    latest = {each.account_id: each for each in sorted(last, key=lambda use: use.at)}
    # Accounts come before their keys, as in a deletion: then neither waits for the other.
    await db.run(_TOUCH_ACCOUNTS, rows=list(latest.values()))
    await db.run(_ADD, rows=used)
    await db.run(_TOUCH_KEYS, rows=last)


async def usage_of(
    db: Queries, key_id: str, *, workspace_id: str, first: date, last: date
) -> list[Usage] | None:
    """A key's use from `first` to `last`, in order; None when the workspace has no such key."""
    found = await db.all(
        _OF_KEY, key_id=key_id, workspace_id=workspace_id, first=first.isoformat(),
        last=last.isoformat(),
    )  # fmt: skip
    if not found:
        return None
    return [Usage._make(row) for row in found if row[0] is not None]


async def any_before(db: Queries, *, today: date, days: int) -> bool:
    """Whether there is use from before the last so many `days`."""
    return await db.first(_ANY, first_kept=_day(today, days)) is not None


async def purge(db: Transaction, *, today: date, days: int) -> None:
    """Forget the use of keys before the last so many `days`."""
    await db.run(_PURGE, first_kept=_day(today, days))


def _day(today: date, days: int) -> str:
    """The first of the last so many days, as it is kept."""
    return (today - timedelta(days=days)).isoformat()

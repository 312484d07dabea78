"""The history of counters at rest."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select

from actions.store.tables import counter_changes
from gateway.store.database import Queries, Transaction
from gateway.store.statements import RowsInsert, Statement
from gateway.store.types import Int64


class ChangeRow(NamedTuple):
    """One version of a counter."""

    counter_id: str
    at: datetime
    version: int
    action: str
    before: int | None
    after: int
    by_account: str


_CHANGE = [counter_changes.c[name] for name in ChangeRow._fields]
_ADD_CHANGE = Statement(insert(counter_changes))
_CHANGES = Statement(
    select(*_CHANGE)
    .where(counter_changes.c.counter_id == bindparam("counter_id"))
    .order_by(counter_changes.c.at.desc(), counter_changes.c.version.desc())
    .limit(bindparam("most", type_=Int64()))
)
_CHANGES_BEFORE = Statement(
    select(*_CHANGE)
    .where(
        counter_changes.c.counter_id == bindparam("counter_id"),
        counter_changes.c.at <= bindparam("at"),
        counter_changes.c.version < bindparam("version"),
    )
    .order_by(counter_changes.c.at.desc(), counter_changes.c.version.desc())
    .limit(bindparam("most", type_=Int64()))
)
_CHANGE_AT = Statement(
    select(*_CHANGE)
    .where(
        counter_changes.c.counter_id == bindparam("counter_id"),
        counter_changes.c.at <= bindparam("at"),
    )
    .order_by(counter_changes.c.at.desc(), counter_changes.c.version.desc())
    .limit(1)
)
_ADD_CHANGES = RowsInsert(counter_changes, ChangeRow._fields)


async def add_change(db: Transaction, change: ChangeRow) -> None:
    await db.run(_ADD_CHANGE, **change._asdict())


async def add_changes(db: Transaction, changes: Sequence[ChangeRow]) -> None:
    await db.defer(_ADD_CHANGES, rows=changes)


async def changes_of(
    db: Queries, counter_id: str, *, most: int, after: tuple[datetime, int] | None = None
) -> list[ChangeRow]:
    """The newest changes, or those before the one that `after` tells: its time, its version."""
    if after is None:
        found = await db.all(_CHANGES, counter_id=counter_id, most=most)
    else:
        at, version = after
        found = await db.all(
            _CHANGES_BEFORE, counter_id=counter_id, at=at, version=version, most=most
        )
    return [ChangeRow._make(row) for row in found]


async def change_at(db: Queries, counter_id: str, moment: datetime) -> ChangeRow | None:
    """The last change that was made at `moment` or before."""
    row = await db.first(_CHANGE_AT, counter_id=counter_id, at=moment)
    return ChangeRow._make(row) if row else None

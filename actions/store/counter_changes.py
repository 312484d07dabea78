"""The history of counters at rest."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Select, and_, bindparam, insert, select, true, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql.base import Executable

from actions.store.change_log import Condition, way_back
from actions.store.places import place_of
from actions.store.tables import counter_changes, counters
from gateway.store.database import Queries, Transaction
from gateway.store.statements import RowsInsert, Statement, rows_given
from gateway.store.types import Int64, Moment


class ChangeRow(NamedTuple):
    """One version of a counter."""

    counter_id: str
    at: datetime
    version: int
    action: str
    before: int | None
    after: int
    by_account: str


_COUNTER = ChangeRow._fields.index("counter_id")


def _newest_first(
    dialect: str, wanted: Condition, *, passed: Condition | None = None
) -> Select[Any]:
    """The wanted changes of the counter `counter_id`; `passed` is as for `way_back`."""
    source = way_back(passed) if dialect == "sqlite" else counter_changes
    rows = select(*(source.c[name] for name in ChangeRow._fields)).where(wanted(source.c))
    if dialect == "sqlite":
        return rows
    return rows.where(source.c.counter_id == bindparam("counter_id")).order_by(
        source.c.at.desc(), source.c.version.desc()
    )


_MOST = bindparam("most", type_=Int64())
_AT = bindparam("at", type_=Moment())
_VERSION = bindparam("version", type_=Int64())

_ADD_CHANGE = Statement(
    insert(counter_changes).values({name: bindparam(name) for name in ChangeRow._fields})
)
_CHANGES = Statement(lambda dialect: _newest_first(dialect, lambda _: true()).limit(_MOST))
_CHANGES_BEFORE = Statement(
    lambda dialect: _newest_first(
        dialect,
        lambda change: and_(change.at <= _AT, change.version < _VERSION),
        passed=lambda mark: and_(mark.at >= _AT, mark.version >= _VERSION),
    ).limit(_MOST)
)
_CHANGE_AT = Statement(
    lambda dialect: _newest_first(
        dialect, lambda change: change.at <= _AT, passed=lambda mark: mark.at > _AT
    ).limit(1)
)


class _AddSteps(RowsInsert):
    """Adds changes, and moves each counter to where the last of its changes leaves it.

    On SQLite, a trigger does the second, and is told the counter's place; see `change_log.py`.
    """

    def __init__(self) -> None:
        super().__init__(counter_changes, (*ChangeRow._fields, "place"))

    def spread(
        self, dialect: Dialect, rows: Sequence[Sequence[Any]]
    ) -> Iterator[tuple[str, list[Any]]]:
        return super().spread(dialect, [(*row, place_of(row[_COUNTER])) for row in rows])

    def build(self, dialect: str) -> Executable:
        if dialect == "sqlite":
            return super().build(dialect)
        names = ChangeRow._fields
        given = rows_given(dialect, {name: counter_changes.c[name].type for name in names})
        changes = select(given).cte("changes")
        added = insert(counter_changes).from_select(names, select(changes)).cte("added")
        last = (
            select(changes)
            .ext(distinct_on(changes.c.counter_id))
            .order_by(changes.c.counter_id, changes.c.version.desc())
            .subquery("last")
        )
        return (
            update(counters)
            .where(counters.c.id == last.c.counter_id)
            .values(number=last.c.after, version=last.c.version, updated_at=last.c.at)
            .add_cte(added)
        )


_ADD_STEPS = _AddSteps()


async def add_change(db: Transaction, change: ChangeRow) -> None:
    """Add the change that the counter, which is saved already, has come by."""
    await db.run(_ADD_CHANGE, **change._asdict())


async def add_steps(db: Transaction, changes: Sequence[ChangeRow]) -> None:
    """Add changes of number alone, and save the number, version and time of their counters.

    Those of one counter come in the order of their versions.
    """
    if changes:
        # About in the order in which the counters lie in the file.
        await db.defer(_ADD_STEPS, rows=sorted(changes, key=itemgetter(_COUNTER)))


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

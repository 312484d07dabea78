"""Counters at rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.sql.base import Executable

from actions.store.counter_changes import ChangeRow, add_change
from actions.store.places import free_place, lies_at, place_of
from actions.store.tables import counters
from gateway.listing import Listing
from gateway.listing.sql import JoinedList
from gateway.store.database import Queries, Transaction
from gateway.store.statements import Statement, rows_given
from gateway.store.totals import add_to_total, kept_total
from gateway.store.types import Id, Int64


class CounterRow(NamedTuple):
    """A counter as it is kept; see the table for what `number` is."""

    id: str
    workspace_id: str
    external_id: str | None
    name: str
    type: str
    number: int
    mode: str | None
    goal: int | None
    overflow: str | None
    milestones: list[int] | None
    version: int
    created_at: datetime
    updated_at: datetime
    created_by: str
    description: str | None
    metadata: Mapping[str, str] | None

    def stepped(self, number: int, at: datetime) -> "CounterRow":
        """The next version, with another number. (`_replace` takes four times as long.)"""
        return CounterRow._make(
            (*self[:5], number, *self[6:10], self[10] + 1, self[11], at, *self[13:])
        )


_NUMBER, _VERSION = map(CounterRow._fields.index, ("number", "version"))
_REST = CounterRow._fields.index("updated_at") + 1

Head = str
"""What tells one state of a counter from every other: its id, and right behind it its version."""

_ID_LENGTH = 36


class Reference(NamedTuple):
    """How a caller names a counter: within a workspace, by one of the two."""

    workspace_id: str
    id: str | None
    external_id: str | None


_KEPT = [counters.c[name] for name in CounterRow._fields]
_OF = "counters"


def _value() -> ColumnElement[int]:
    """What a counter counts on the day `today`, an ordinal."""
    today = bindparam("today", type_=Int64())
    return case(
        (counters.c.type == "UpDown", counters.c.number),
        (counters.c.type == "FromDate", today - counters.c.number),
        else_=counters.c.number - today,
    )


def _in_workspace() -> Select[Any]:
    return select(*_KEPT).where(counters.c.workspace_id == bindparam("workspace_id"))


def _has_id(dialect: str, id: ColumnElement[str], place: ColumnElement[int]) -> ColumnElement[bool]:
    return lies_at(id, place) if dialect == "sqlite" else counters.c.id == id


def _by_id(dialect: str) -> Select[Any]:
    place = bindparam("place", type_=Int64())
    return _in_workspace().where(_has_id(dialect, bindparam("id", type_=Id()), place))


def _add(dialect: str) -> Executable:
    values: dict[str, Any] = {name: bindparam(name) for name in CounterRow._fields}
    if dialect == "sqlite":
        values["rowid"] = free_place(bindparam("place", type_=Int64()))
    return insert(counters).values(values)


_BY_ID = Statement(_by_id)
_BY_EXTERNAL_ID = Statement(
    _in_workspace().where(counters.c.external_id == bindparam("external_id"))
)
_LOCK_BY_ID = Statement(lambda dialect: _by_id(dialect).with_for_update())
_LOCK_BY_EXTERNAL_ID = Statement(
    _in_workspace().where(counters.c.external_id == bindparam("external_id")).with_for_update()
)
_ADD = Statement(_add)
_REPLACE = Statement(
    update(counters)
    .where(counters.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in CounterRow._fields if name != "id"})
)
_DELETE = Statement(delete(counters).where(counters.c.id == bindparam("key")))
_COLUMNS = {
    "name": counters.c.name,
    "type": counters.c.type,
    "mode": counters.c.mode,
    "value": _value(),
    "external_id": counters.c.external_id,
    "created_at": counters.c.created_at,
    "updated_at": counters.c.updated_at,
}


def _heads() -> Select[Any]:
    head = cast(counters.c.id, Text()).concat(counters.c.version)
    return select(head).where(counters.c.workspace_id == bindparam("workspace_id"))


_HEADS = JoinedList(
    _heads,
    columns=_COLUMNS,
    tie=counters.c.id,
    beside=lambda: kept_total(workspace_id=bindparam("workspace_id"), of=_OF),
)


def _many_by_id(dialect: str) -> Select[Any]:
    """Many counters by (workspace, id, place), of which PostgreSQL does without the last."""
    given = rows_given(
        dialect,
        {"workspace_id": counters.c.workspace_id.type, "id": Id(), "place": Int64()},
    )
    return _in_given_workspaces(given, _has_id(dialect, given.c.id, given.c.place))


def _many_by_external_id(dialect: str) -> Select[Any]:
    """Many counters by (workspace, external_id)."""
    names = ("workspace_id", "external_id")
    given = rows_given(dialect, {name: counters.c[name].type for name in names})
    return _in_given_workspaces(given, counters.c.external_id == given.c.external_id)


def _in_given_workspaces(given: Subquery, is_meant: ColumnElement[bool]) -> Select[Any]:
    # Given the workspace with each, SQLite goes by what is meant, not through a whole workspace.
    of_workspace = counters.c.workspace_id == given.c.workspace_id
    return select(*_KEPT).join(given, and_(is_meant, of_workspace))


def _lock_many(many: Callable[[str], Select[Any]]) -> Statement:
    """The same, locked in the order of their ids."""
    return Statement(
        lambda dialect: many(dialect).order_by(counters.c.id).with_for_update(of=counters)
    )


_BY_IDS = Statement(_many_by_id)
_LOCK_MANY_BY_ID = _lock_many(_many_by_id)
_LOCK_MANY_BY_EXTERNAL_ID = _lock_many(_many_by_external_id)


async def find(db: Queries, wanted: Reference) -> CounterRow | None:
    """The counter that is meant, or None when the workspace has no such one."""
    return await _find(db, wanted, _BY_ID, _BY_EXTERNAL_ID)


async def find_for_update(db: Transaction, wanted: Reference) -> CounterRow | None:
    """The same, kept from being changed by others until the transaction ends."""
    return await _find(db, wanted, _LOCK_BY_ID, _LOCK_BY_EXTERNAL_ID)


async def load_for_update(db: Transaction, wanted: Iterable[Reference]) -> "Loaded":
    """All the counters that are meant, kept from being changed by others.

    They are asked for about in the order in which they lie in the file.
    """
    by_id, by_external_id = set(), set()
    for each in wanted:
        if each.id is not None:
            by_id.add((each.workspace_id, each.id, place_of(each.id)))
        else:
            by_external_id.add((each.workspace_id, each.external_id))
    found: list[Any] = []
    if by_id:
        found += await db.all(_LOCK_MANY_BY_ID, rows=sorted(by_id))
    if by_external_id:
        found += await db.all(_LOCK_MANY_BY_EXTERNAL_ID, rows=list(by_external_id))
    return Loaded([CounterRow._make(row) for row in found])


class Loaded:
    """Counters in memory, found by whichever reference a call uses."""

    def __init__(self, rows: Sequence[CounterRow]) -> None:
        self._by_id = {(row.workspace_id, row.id): row for row in rows}
        self._by_external_id = {(row.workspace_id, row.external_id): row for row in rows}

    def find(self, wanted: Reference) -> CounterRow | None:
        if wanted.id is not None:
            return self._by_id.get((wanted.workspace_id, wanted.id))
        return self._by_external_id.get((wanted.workspace_id, wanted.external_id))


async def add(db: Transaction, row: CounterRow, change: ChangeRow) -> None:
    """Raises DuplicateError when the workspace has another counter with the same external_id."""
    await db.run(_ADD, place=place_of(row.id), **row._asdict())
    await add_change(db, change)
    await add_to_total(db, workspace_id=row.workspace_id, of=_OF, record_id=row.id, by=1)


async def replace(db: Transaction, row: CounterRow, change: ChangeRow) -> None:
    """Save a counter whole. Raises DuplicateError as `add` does."""
    values = row._asdict()
    await db.run(_REPLACE, key=values.pop("id"), **values)
    await add_change(db, change)


async def remove(db: Transaction, row: CounterRow) -> None:
    """Delete a counter and its history."""
    await db.run(_DELETE, key=row.id)
    await add_to_total(db, workspace_id=row.workspace_id, of=_OF, record_id=row.id, by=-1)


async def page(
    db: Queries, listing: Listing, *, workspace_id: str, today: int
) -> tuple[list[Head], int]:
    """The heads of a page of the workspace's counters, and how many the filters leave in all."""
    values = {"workspace_id": workspace_id, "today": today}
    heads, total = await _HEADS.texts(db, listing, **values)
    if listing.terms:
        total = await _HEADS.count(db, listing, **values)
    return heads, total


def head_of(row: CounterRow) -> Head:
    return f"{row.id}{row.version}"


def id_of(head: Head) -> str:
    return head[:_ID_LENGTH]


async def by_ids(db: Queries, workspace_id: str, ids: Iterable[str]) -> list[CounterRow]:
    """The counters with these ids, in any order, as far as they are still there."""
    rows = await db.all(_BY_IDS, rows=[(workspace_id, each, place_of(each)) for each in ids])
    return [CounterRow._make(row) for row in rows]


async def _find(
    db: Queries, wanted: Reference, by_id: Statement, by_external_id: Statement
) -> CounterRow | None:
    if wanted.id is not None:
        place = place_of(wanted.id)
        row = await db.first(by_id, workspace_id=wanted.workspace_id, id=wanted.id, place=place)
    else:
        row = await db.first(
            by_external_id, workspace_id=wanted.workspace_id, external_id=wanted.external_id
        )
    return CounterRow._make(row) if row else None

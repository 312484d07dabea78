"""Things and tallies at rest."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    MetaData,
    Select,
    Table,
    bindparam,
    insert,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from gateway import Migrations
from gateway.listing import Listing
from gateway.listing.sql import PagedList
from gateway.store.database import Queries, Transaction
from gateway.store.statements import Row, Statement, rows_given
from gateway.store.types import Id, Int64, Moment, Ordered

TALLY_MAX = 1000

metadata = MetaData()

things = Table(
    "toy_things",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Ordered(), nullable=False),
    Column("made_at", Moment, nullable=False),
    Index("toy_things_name", "name", unique=True),
    sqlite_strict=True,
)

tallies = Table(
    "toy_tallies",
    metadata,
    Column("name", Ordered(), primary_key=True),
    Column("total", Int64(), nullable=False),
    CheckConstraint(f"total <= {TALLY_MAX}", name="toy_tallies_total"),
    sqlite_strict=True,
)

MIGRATIONS = Migrations("toys", Path(__file__).parent / "toy_migrations", "0001", metadata)


def _all_things() -> Select[Any]:
    return select(things)


def _totals(dialect: str) -> Executable:
    wanted = rows_given(dialect, {"name": tallies.c.name.type})
    return select(tallies.c.name, tallies.c.total).join(wanted, tallies.c.name == wanted.c.name)


def _save(dialect: str) -> Executable:
    rows = rows_given(dialect, {"name": tallies.c.name.type, "total": tallies.c.total.type})
    adding = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(tallies)
    # Without a WHERE, SQLite takes the ON of ON CONFLICT for a join's.
    adding = adding.from_select(["name", "total"], select(rows).where(true()))
    return adding.on_conflict_do_update(
        index_elements=[tallies.c.name], set_={"total": adding.excluded.total}
    )


_ADD = Statement(insert(things))
_NAMES = Statement(select(things.c.name).order_by(things.c.name))
_NEXT = Statement(
    select(things)
    .where(things.c.name > bindparam("after"))
    .order_by(things.c.name)
    .limit(bindparam("most"))
)
_LIST = PagedList(_all_things, {"name": things.c.name, "made_at": things.c.made_at}, things.c.id)
_TOTALS = Statement(_totals)
_ALL_TOTALS = Statement(select(tallies.c.name, tallies.c.total))
_SAVE = Statement(_save)


async def add(db: Transaction, **row: object) -> None:
    """Raises DuplicateError when there is a thing of the same name."""
    await db.run(_ADD, **row)


async def names(db: Queries) -> list[str]:
    """What every thing is called."""
    return [str(name) for (name,) in await db.all(_NAMES)]


async def page(db: Queries, listing: Listing) -> tuple[list[Row], int]:
    """The rows of a page, and how many the filters leave in all."""
    return await _LIST.page(db, listing), await _LIST.count(db, listing)


async def after(db: Queries, name: str, most: int) -> list[Row]:
    """The things that come after the name."""
    return await db.all(_NEXT, after=name, most=most)


async def totals(db: Queries, wanted: Collection[str] | None = None) -> dict[str, int]:
    """The tallies that are wanted, or all."""
    if wanted is None:
        return dict(await db.all(_ALL_TOTALS))
    rows = [(name,) for name in sorted(wanted)]
    return dict(await db.all(_TOTALS, rows=rows))


async def save(db: Transaction, changed: Mapping[str, int]) -> None:
    await db.run(_SAVE, rows=list(changed.items()))

"""Filling: databases of any number of counters, as the gateway would have made them one by one.

The n-th counter is the same in every database, so that whoever knows n knows its id.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Table, bindparam, insert

from actions.store.counter_changes import ChangeRow
from actions.store.counters import CounterRow
from actions.store.places import place_of
from actions.store.tables import counter_changes, counters
from gateway.store.statements import Compiled, Statement, dialect_named
from gateway.store.totals import SLOTS

BATCH = 50_000

_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_APART = timedelta(seconds=2.5)
_OF = "counters"


@dataclass(frozen=True)
class Owner:
    """Whose counters they are."""

    workspace_id: str
    account_id: str


def counter_id(number: int) -> str:
    """The id of the counter with this number, from 0: a UUIDv7 of the time of its making."""
    moment = _BEGIN + number * _APART
    return _uuid7(moment, blake2b(b"%d" % number, digest_size=10).hexdigest())


def fill_sqlite(file: Path, owner: Owner, count: int, *, until: float) -> int:
    """Add counters up to `count` in all, but begin nothing after `until`, a monotonic time.

    Returns how many there are then. A filling that was broken off goes on where it stopped.
    """
    add_counter = _insert(counters, (*CounterRow._fields, "rowid"))
    add_change = _insert(counter_changes, ChangeRow._fields)
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.executescript(
            "PRAGMA journal_mode = wal; PRAGMA synchronous = off;"
            "PRAGMA cache_size = -3000000; PRAGMA wal_autocheckpoint = 100000;"
        )
        (made,) = db.execute("SELECT coalesce(sum(total), 0) FROM totals").fetchone()
        while made < count and time.monotonic() < until:
            rows = list(islice(_rows(owner, made, count), BATCH))
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                add_counter.sql,
                (
                    add_counter.arguments({**row._asdict(), "rowid": place_of(row.id)})
                    for row, _ in rows
                ),
            )
            db.executemany(
                add_change.sql, (add_change.arguments(change._asdict()) for _, change in rows)
            )
            db.executemany(
                "INSERT INTO totals VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET total = total + excluded.total",
                _totals(owner, [row for row, _ in rows]),
            )
            db.execute("COMMIT")
            made += len(rows)
        if made >= count:
            db.execute("PRAGMA wal_checkpoint(truncate)")
    return int(made)


async def fill_postgres(url: str, owner: Owner, count: int, *, until: float) -> int:
    """The same on PostgreSQL, which is told to look at its tables at the end."""
    import asyncpg  # only where it is asked for

    db = await asyncpg.connect(url)
    try:
        made = int(await db.fetchval("SELECT coalesce(sum(total), 0) FROM totals"))
        while made < count and time.monotonic() < until:
            rows = list(islice(_rows(owner, made, count), BATCH))
            async with db.transaction():
                await _copy(db, counters, [row for row, _ in rows])
                await _copy(db, counter_changes, [change for _, change in rows])
                await db.executemany(
                    "INSERT INTO totals VALUES ($1, $2, $3, $4)"
                    " ON CONFLICT (workspace_id, of, slot)"
                    " DO UPDATE SET total = totals.total + excluded.total",
                    _totals(owner, [row for row, _ in rows]),
                )
            made += len(rows)
        if made >= count:
            await db.execute("VACUUM ANALYZE")
            await db.execute("CHECKPOINT")
    finally:
        await db.close()
    return made


async def _copy(db: Any, table: Table, rows: list[Any]) -> None:
    await db.copy_records_to_table(table.name, records=rows, columns=rows[0]._fields)


def _insert(table: Table, names: Iterable[str]) -> Compiled:
    adding = insert(table).values({name: bindparam(name) for name in names})
    return Statement(adding).on(dialect_named("sqlite"))


def _rows(owner: Owner, first: int, count: int) -> Iterator[tuple[CounterRow, ChangeRow]]:
    for number in range(first, count):
        made_at = _BEGIN + number * _APART
        chance = blake2b(b"%d" % number, digest_size=10).hexdigest()
        id_ = _uuid7(made_at, chance)
        row = CounterRow(
            id=id_,
            workspace_id=owner.workspace_id,
            external_id=f"benchmark-{number}",
            name=f"Counter {chance[8:]}",
            type="UpDown",
            number=0,
            mode="UpAndDown",
            goal=None,
            overflow="allow",
            milestones=None,
            version=1,
            created_at=made_at,
            updated_at=made_at,
            created_by=owner.account_id,
            description=None,
            metadata=None,
        )
        yield row, ChangeRow(id_, made_at, 1, "create", None, 0, owner.account_id)


def _totals(owner: Owner, rows: list[CounterRow]) -> list[tuple[str, str, int, int]]:
    slots = Counter(int(row.id[-1], 16) % SLOTS for row in rows)
    return [(owner.workspace_id, _OF, slot, total) for slot, total in slots.items()]


def _uuid7(moment: datetime, chance: str) -> str:
    """RFC 9562; `chance` is 20 hexadecimal digits, of which it takes 19."""
    stamp = f"{int(moment.timestamp() * 1000):012x}"
    variant = "89ab"[int(chance[3], 16) % 4]
    return f"{stamp[:8]}-{stamp[8:]}-7{chance[:3]}-{variant}{chance[4:7]}-{chance[7:19]}"

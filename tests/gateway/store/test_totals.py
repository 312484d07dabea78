"""Totals are kept as records come and go, and add up whatever the slots."""

import asyncio

from sqlalchemy import func, select

from actions.bootstrap import new_id
from gateway.store.database import Database, Transaction
from gateway.store.statements import Statement
from gateway.store.tables import totals
from gateway.store.totals import SLOTS, add_to_total, kept_total, total_of

ONE, OTHER = new_id(), new_id()
_SLOTS = Statement(select(func.count()).select_from(totals))


async def count(db: Database, by: int, *, ids: list[str], of: str = "pears") -> None:
    async def work(transaction: Transaction) -> None:
        for record_id in ids:
            await add_to_total(transaction, workspace_id=ONE, of=of, record_id=record_id, by=by)

    await db.write(work)


async def test_nothing_was_counted_yet(db: Database) -> None:
    assert await total_of(db.reader, workspace_id=ONE, of="pears") == 0


async def test_records_are_counted_in_and_out(db: Database) -> None:
    ids = [new_id() for _ in range(40)]
    await count(db, 1, ids=ids)
    await count(db, -1, ids=ids[:15])

    assert await total_of(db.reader, workspace_id=ONE, of="pears") == 25
    assert await total_of(db.reader, workspace_id=ONE, of="plums") == 0
    assert await total_of(db.reader, workspace_id=OTHER, of="pears") == 0


async def test_writers_share_the_work_among_slots(db: Database) -> None:
    ids = [f"{n:032x}" for n in range(100)]
    await asyncio.gather(*(count(db, 1, ids=[each]) for each in ids))

    assert await total_of(db.reader, workspace_id=ONE, of="pears") == 100
    assert await db.reader.first(_SLOTS) == (SLOTS,)


async def test_a_total_can_be_a_column_of_a_list(db: Database) -> None:
    await count(db, 1, ids=[new_id() for _ in range(3)])
    row = await db.reader.first(Statement(select(kept_total(workspace_id=ONE, of="pears"))))

    assert row is not None
    assert tuple(row) == (3,)
    assert type(row[0]) is int

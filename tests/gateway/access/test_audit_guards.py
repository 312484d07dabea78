"""The database itself refuses whoever would change the audit trail, or forget it too early."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from actions.bootstrap import new_id
from gateway.access.audit import rows
from gateway.access.audit.rows import PURGED_AT_ONCE, AuditRow
from gateway.access.keeping import purge
from gateway.access.usage import rows as usage
from gateway.access.usage.rows import Usage
from gateway.store.database import Transaction
from gateway.store.statements import Statement
from tests.gateway import toys
from tests.gateway.kinds import ON_POSTGRES, ON_SQLITE
from tests.support.audited import kept, operators
from tests.support.house import House

REFUSED = (sqlite3.IntegrityError, asyncpg.RaiseError)
CHANGED = "the audit trail is never changed"
TOO_EARLY = "the audit trail is kept until its time is over"


_REPLACE = "INSERT OR REPLACE INTO audit ({columns}) SELECT {values} FROM audit"


@contextmanager
def refused(sentence: str) -> Iterator[None]:
    with pytest.raises(REFUSED) as refusal:
        yield
    assert sentence in str(refusal.value)


def row(keep_until: datetime, **other: Any) -> AuditRow:
    found = AuditRow(
        id=new_id(),
        workspace_id=None,
        at=datetime.now(UTC),
        account_id=None,
        key_id=None,
        action="toys/break",
        object_id=None,
        address=None,
        request_id="call",
        outcome="success",
        count=1,
        keep_until=keep_until,
    )
    return found._replace(**other)


def young() -> AuditRow:
    return row(datetime.now(UTC) + timedelta(seconds=30))


def old() -> AuditRow:
    return row(datetime.now(UTC) - timedelta(seconds=1))


async def write(house: House, *added: AuditRow) -> None:
    async def add(db: Transaction) -> None:
        await rows.add(db, added)

    await house.gateway.database.write(add)


async def run(house: House, sql: str) -> None:
    """What somebody with the database's own tools could do."""

    async def do(db: Transaction) -> None:
        await db.run(Statement(text(sql)))

    await house.gateway.database.write(do)


@pytest.mark.parametrize("made", [young, old])
async def test_no_row_is_ever_changed(toybox: House, made: Any) -> None:
    await write(toybox, made())
    with refused(CHANGED):
        await run(toybox, "UPDATE audit SET outcome = 'NotFound'")
    with refused(CHANGED):
        await run(toybox, "UPDATE audit SET keep_until = '2020-01-01T00:00:00.000000Z'")

    assert [each.outcome for each in await kept(toybox)] == ["success"]


async def test_a_row_is_not_deleted_before_its_time(toybox: House) -> None:
    await write(toybox, young(), old())
    with refused(TOO_EARLY):
        await run(toybox, "DELETE FROM audit")

    assert len(await kept(toybox)) == 2


async def test_a_row_whose_time_is_over_can_be_deleted(toybox: House) -> None:
    await write(toybox, old())
    await run(toybox, "DELETE FROM audit")

    assert await kept(toybox) == []


@ON_POSTGRES
async def test_the_trail_is_not_emptied_at_one_stroke(toybox: House) -> None:
    await write(toybox, old())
    with refused(CHANGED):
        await run(toybox, "TRUNCATE audit")


@ON_SQLITE
@pytest.mark.parametrize("same", ["id", "position"])
async def test_a_row_is_not_replaced(toybox: House, same: str) -> None:
    await write(toybox, young())
    columns = "position, id, workspace_id, at, action, request_id, outcome, count, keep_until"
    values = columns.replace("outcome", "'NotFound'")
    other = "id" if same == "position" else "position"
    values = values.replace(other, {"id": "'other'", "position": "position + 1"}[other], 1)
    with refused(CHANGED):
        await run(toybox, _REPLACE.format(columns=columns, values=values))

    assert [each.outcome for each in await kept(toybox)] == ["success"]


async def test_a_row_written_twice_is_there_once(toybox: House) -> None:
    made = young()
    await write(toybox, made)
    await write(toybox, made, young())

    assert len(await kept(toybox)) == 2


async def clean(house: House) -> int:
    """Purge until nothing is over; returns how many turns that took."""
    turns = 1
    while await purge(house.gateway.database, now=house.clock, days=400):
        turns += 1
    return turns


async def test_the_purge_takes_what_is_over_and_leaves_the_rest(toybox: House) -> None:
    kept_on = young()
    await write(toybox, old(), kept_on, old())
    await clean(toybox)

    assert [each.id for each in await kept(toybox)] == [kept_on.id]


async def test_the_purge_goes_step_by_step(toybox: House) -> None:
    await write(toybox, *(old() for _ in range(PURGED_AT_ONCE + 1)), young())

    assert await clean(toybox) == 2
    assert len(await kept(toybox)) == 1


async def test_a_gateway_purges_when_it_opens(open_house: Any, toybox: House) -> None:
    await write(toybox, old())
    await toybox.gateway.close()
    again = await open_house(sections=(toys.section,))
    await again.gateway.close()
    last = await open_house(sections=(toys.section,))

    assert await kept(last) == []


async def test_the_purge_forgets_use_of_long_ago(toybox: House) -> None:
    key_id = toybox.key[9:21]
    days = ["2025-10-16", "2025-10-17", "2026-11-21"]

    async def add(db: Transaction) -> None:
        await usage.add(db, [Usage(key_id, day, "toys/keep", 1, 0, 0) for day in days], [])

    await toybox.gateway.database.write(add)
    await clean(toybox)
    found = await usage.usage_of(
        toybox.gateway.database.reader,
        key_id,
        workspace_id=await operators(toybox),
        first=datetime(2020, 1, 1, tzinfo=UTC).date(),
        last=datetime(2030, 1, 1, tzinfo=UTC).date(),
    )

    assert found is not None
    assert [each.day for each in found] == days[1:]

"""The database itself refuses whoever would change the audit trail, or forget it too early."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from actions.bootstrap import new_id, utc_now
from gateway.access.audit import rows
from gateway.access.audit.rows import PURGED_AT_ONCE, AuditRow
from gateway.access.keeping import purge
from gateway.listing import Listing
from gateway.store.database import Database, Transaction
from gateway.store.statements import Statement
from tests.gateway.kinds import ON_POSTGRES, ON_SQLITE

REFUSED = (sqlite3.IntegrityError, asyncpg.RaiseError)
CHANGED = "the audit trail is never changed"
TOO_EARLY = "the audit trail is kept until its time is over"

HERE = new_id()
"""A workspace."""

_REPLACE = "INSERT OR REPLACE INTO audit ({columns}) SELECT {values} FROM audit"


@contextmanager
def refused(sentence: str) -> Iterator[None]:
    with pytest.raises(REFUSED) as refusal:
        yield
    assert sentence in str(refusal.value)


def row(keep_until: datetime) -> AuditRow:
    return AuditRow(
        id=new_id(),
        workspace_id=HERE,
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


def young() -> AuditRow:
    return row(datetime.now(UTC) + timedelta(seconds=30))


def old() -> AuditRow:
    return row(datetime.now(UTC) - timedelta(seconds=1))


async def write(db: Database, *added: AuditRow) -> None:
    async def add(db: Transaction) -> None:
        await rows.add(db, added)

    await db.write(add)


async def run(db: Database, sql: str) -> None:
    """What somebody with the database's own tools could do."""

    async def do(db: Transaction) -> None:
        await db.run(Statement(text(sql)))

    await db.write(do)


async def kept(db: Database) -> list[AuditRow]:
    """The newest rows of the workspace."""
    found, _ = await rows.stretch(db.reader, Listing(per_page=100), workspace_id=HERE)
    return found


@pytest.mark.parametrize("made", [young, old])
async def test_no_row_is_ever_changed(db: Database, made: Any) -> None:
    await write(db, made())
    with refused(CHANGED):
        await run(db, "UPDATE audit SET outcome = 'NotFound'")
    with refused(CHANGED):
        await run(db, "UPDATE audit SET keep_until = '2020-01-01T00:00:00.000000Z'")

    assert [each.outcome for each in await kept(db)] == ["success"]


async def test_a_row_is_not_deleted_before_its_time(db: Database) -> None:
    await write(db, young(), old())
    with refused(TOO_EARLY):
        await run(db, "DELETE FROM audit")

    assert len(await kept(db)) == 2


async def test_a_row_whose_time_is_over_can_be_deleted(db: Database) -> None:
    await write(db, old())
    await run(db, "DELETE FROM audit")

    assert await kept(db) == []


@ON_POSTGRES
async def test_the_trail_is_not_emptied_at_one_stroke(db: Database) -> None:
    await write(db, old())
    with refused(CHANGED):
        await run(db, "TRUNCATE audit")


@ON_SQLITE
@pytest.mark.parametrize("same", ["id", "position"])
async def test_a_row_is_not_replaced(db: Database, same: str) -> None:
    await write(db, young())
    columns = "position, id, workspace_id, at, action, request_id, outcome, count, keep_until"
    values = columns.replace("outcome", "'NotFound'")
    other = "id" if same == "position" else "position"
    values = values.replace(other, {"id": "'other'", "position": "position + 1"}[other], 1)
    with refused(CHANGED):
        await run(db, _REPLACE.format(columns=columns, values=values))

    assert [each.outcome for each in await kept(db)] == ["success"]


async def test_a_row_written_twice_is_there_once(db: Database) -> None:
    made = young()
    await write(db, made)
    await write(db, made, young())

    assert len(await kept(db)) == 2


async def clean(db: Database) -> int:
    """Purge until nothing is over; returns how many turns that took."""
    turns = 1
    while await purge(db, now=utc_now, days=400):
        turns += 1
    return turns


async def test_the_purge_takes_what_is_over_and_leaves_the_rest(db: Database) -> None:
    kept_on = young()
    await write(db, old(), kept_on, old())
    await clean(db)

    assert [each.id for each in await kept(db)] == [kept_on.id]


async def test_the_purge_goes_step_by_step(db: Database) -> None:
    await write(db, *(old() for _ in range(PURGED_AT_ONCE + 1)), young())

    assert await clean(db) == 2
    assert len(await kept(db)) == 1

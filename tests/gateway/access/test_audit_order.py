"""No reader of the audit trail skips a row, however late its transaction commits."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from actions.bootstrap import new_id
from gateway.access.audit import rows
from gateway.access.audit.rows import AuditRow
from gateway.listing import Listing
from gateway.store.database import Transaction
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.kinds import ON_POSTGRES
from tests.support.house import House

HERE, THERE = new_id(), new_id()
"""Two workspaces."""


def row(name: str, workspace_id: str = HERE) -> AuditRow:
    at = datetime.now(UTC)
    return AuditRow(
        new_id(), workspace_id, at, None, None, name, None, None, "call", "success", 1,
        at + timedelta(seconds=60),
    )  # fmt: skip


class Late:
    """A transaction that has written its row and is committed when the test says so."""

    def __init__(self, house: House) -> None:
        self._database = house.gateway.database
        self.written = asyncio.Event()
        self.commit = asyncio.Event()

    def begin(self, added: AuditRow) -> "asyncio.Task[None]":
        async def add(db: Transaction) -> None:
            await rows.add(db, [added])
            self.written.set()
            await self.commit.wait()

        return asyncio.create_task(self._database.write(add))


async def names(house: House, workspace_id: str = HERE, most: int = 100) -> list[str]:
    found, _ = await rows.stretch(
        house.gateway.database.reader, Listing(per_page=most), workspace_id=workspace_id
    )
    return [each.action for each in found]


async def write(house: House, *added: AuditRow) -> None:
    async def add(db: Transaction) -> None:
        await rows.add(db, added)

    await house.gateway.database.write(add)


@ON_POSTGRES
async def test_who_writes_later_is_never_seen_before_who_wrote_earlier(toybox: House) -> None:
    late = Late(toybox)
    first = late.begin(row("first"))
    await late.written.wait()
    second = asyncio.create_task(write(toybox, row("second")))
    await asyncio.sleep(0.2)
    seen = await names(toybox)
    late.commit.set()
    await asyncio.gather(first, second)

    assert seen == []
    assert await names(toybox) == ["second", "first"]


@ON_POSTGRES
async def test_workspaces_do_not_wait_for_each_other(toybox: House) -> None:
    late = Late(toybox)
    first = late.begin(row("first"))
    await late.written.wait()
    async with asyncio.timeout(5):
        await write(toybox, row("second", THERE))
    late.commit.set()
    await first

    assert await names(toybox, THERE) == ["second"]


@ON_POSTGRES
async def test_those_who_write_for_many_workspaces_do_not_lock_each_other_out(
    toybox: House, database: dict[str, str]
) -> None:
    others = [new_id() for _ in range(8)]
    mixed = [row("one", each) for each in others]
    connection = await asyncpg.connect(database["database"])
    before = await _deadlocks(connection)
    await asyncio.gather(
        *(write(toybox, *_anew(mixed[::step])) for step in (1, -1) for _ in range(20))
    )
    after = await _deadlocks(connection)
    await connection.close()

    assert [len(await names(toybox, each)) for each in others] == [40] * 8
    assert after == before


def _anew(given: list[AuditRow]) -> list[AuditRow]:
    return [each._replace(id=new_id()) for each in given]


async def _deadlocks(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    found = await connection.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    return int(found)


@pytest.mark.parametrize("writers", [8])
async def test_what_a_reader_has_passed_never_changes(
    open_house: OpenHouse, kind: str, writers: int
) -> None:
    """Whatever is new in a list is above all that was in it before: a cursor skips nothing."""
    gateways = 2 if kind == "postgresql" else 1
    houses = [await open_house(sections=(toys.section,)) for _ in range(gateways)]
    done = asyncio.Event()

    async def work(house: House, writer: int) -> None:
        for number in range(40):
            await write(house, row(f"{writer}-{number}"))

    async def look() -> None:
        before: list[str] = []
        while not done.is_set():
            now = await names(houses[0], most=1000)
            assert now[len(now) - len(before) :] == before
            before = now

    looking = asyncio.create_task(look())
    await asyncio.gather(*(work(houses[each % gateways], each) for each in range(writers)))
    done.set()
    await looking

    assert len(await names(houses[0], most=1000)) == writers * 40

"""What was kept long enough is forgotten."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from actions.bootstrap import new_id
from gateway.access.audit import rows
from gateway.access.audit.rows import AuditRow
from gateway.access.keeping import purge
from gateway.access.usage import rows as usage
from gateway.access.usage.rows import Usage
from gateway.store.database import Transaction
from tests.gateway import toys
from tests.support.audited import kept, operators
from tests.support.house import House


async def test_a_gateway_purges_when_it_opens(open_house: Any, toybox: House) -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    row = AuditRow(
        new_id(), None, over, None, None, "toys/break", None, None, "call", "success", 1, over
    )

    async def add(db: Transaction) -> None:
        await rows.add(db, [row])

    await toybox.gateway.database.write(add)
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
    await purge(toybox.gateway.database, now=toybox.clock, days=400)
    found = await usage.usage_of(
        toybox.gateway.database.reader,
        key_id,
        workspace_id=await operators(toybox),
        first=date(2020, 1, 1),
        last=date(2030, 1, 1),
    )

    assert found is not None
    assert [each.day for each in found] == days[1:]

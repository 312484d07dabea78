"""Forgets what was kept long enough: the audit trail's oldest rows, and the use of keys."""

from collections.abc import Callable
from datetime import datetime

from gateway.access.audit import rows as audit
from gateway.access.usage import rows as usage
from gateway.store.database import Database, Transaction


async def purge(database: Database, *, now: Callable[[], datetime], days: int) -> bool:
    """Delete some of what is over; returns whether there may be more.

    An audit row's time is its own and goes by the database's clock; the use of keys is kept for
    the last so many `days`.
    """
    today = now().date()
    audit_due = await audit.any_over(database.reader)
    if not audit_due and not await usage.any_before(database.reader, today=today, days=days):
        return False

    async def delete(db: Transaction) -> int:
        await usage.purge(db, today=today, days=days)
        return await audit.purge(db)

    return await database.write(delete) == audit.PURGED_AT_ONCE

"""The first workspace, its owner, and the owner's first key."""

from collections.abc import Callable
from datetime import datetime

from gateway.access import rows, workspaces
from gateway.access.keys import Key
from gateway.access.own_limits import OFF
from gateway.store.database import Database, DuplicateError, Transaction


async def found(
    database: Database,
    *,
    environment: str,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Key | None:
    """Make the operator's workspace, an owner account and its key; None when one exists already.

    The key is not kept anywhere: whoever calls this shows it, once.
    """
    if await rows.any_workspace(database.reader):
        return None

    async def make(db: Transaction) -> Key:
        founded = await workspaces.found(
            db, name="Main", timezone="UTC", environment=environment, now=now(), new_id=new_id,
            operator=True, rate_limit=OFF,
        )  # fmt: skip
        return founded.key

    try:
        return await database.write(make)
    except DuplicateError:
        return None  # another gateway on the same database was faster

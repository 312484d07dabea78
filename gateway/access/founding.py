"""The first workspace, its owner, and the owner's first key."""

from collections.abc import Callable
from datetime import datetime

from gateway.access import rows, workspaces
from gateway.access.audit import rows as audit
from gateway.access.audit.record import rows_in_nobodys_name
from gateway.access.keys import Key
from gateway.access.own_limits import OFF
from gateway.store.database import Database, DuplicateError, Transaction


async def found(
    database: Database,
    *,
    environment: str,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
    audit_days: int,
) -> Key | None:
    """Make the operator's workspace, an owner account and its key; None when one exists already.

    The key is not kept anywhere: whoever calls this shows it, once. Each of the three has a row in
    the audit trail, in nobody's name, which is kept for `audit_days`.
    """
    if await rows.any_workspace(database.reader):
        return None

    async def make(db: Transaction) -> Key:
        at = now()
        founded = await workspaces.found(
            db, name="Main", timezone="UTC", environment=environment, now=at, new_id=new_id,
            operator=True, rate_limit=OFF,
        )  # fmt: skip
        made = rows_in_nobodys_name(
            "workspaces/create", founded.ids, workspace_id=founded.workspace.id, at=at,
            new_id=new_id, days=audit_days,
        )  # fmt: skip
        await audit.add(db, made)
        return founded.key

    try:
        return await database.write(make)
    except DuplicateError:
        return None  # another gateway on the same database was faster

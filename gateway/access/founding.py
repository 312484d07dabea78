"""The first workspace, its owner, and the owner's first key."""

from collections.abc import Callable
from datetime import datetime

from gateway.access import rows
from gateway.access.keys import Key, make_key
from gateway.access.roles import Role
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
    key = make_key(environment)

    async def make(db: Transaction) -> None:
        workspace_id, account_id, at = new_id(), new_id(), now()
        await rows.add_workspace(
            db, id=workspace_id, name="Main", timezone="UTC", operator=True, at=at
        )
        await rows.add_account(
            db, id=account_id, workspace_id=workspace_id, name="Owner", role=Role.OWNER,
            scopes=None, at=at, rate_limit="off",
        )  # fmt: skip
        await rows.add_key(
            db, key=key, account_id=account_id, name="First key", scopes=None, at=at,
            expires_at=None,
        )  # fmt: skip

    try:
        await database.write(make)
    except DuplicateError:
        return None  # another gateway on the same database was faster
    return key

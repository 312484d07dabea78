"""More workspaces, accounts and keys than a gateway begins with, made in its database."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from actions.bootstrap import new_id
from gateway.access import rows
from gateway.access.keys import Key, make_key
from gateway.access.roles import Role
from gateway.access.tables import keys, workspaces
from gateway.store.database import Transaction
from gateway.store.statements import Statement
from tests.support.house import NOON, House

_REVOKE = Statement(
    update(keys).where(keys.c.id == bindparam("key_id")).values(revoked_at=bindparam("revoked"))
)
_SUSPEND = Statement(
    update(workspaces)
    .where(workspaces.c.id == bindparam("workspace_id"))
    .values(suspended_at=bindparam("suspended"))
)


async def add_workspace(house: House, timezone: str = "Asia/Tokyo") -> str:
    """The id of one more workspace."""
    workspace_id = new_id()

    async def add(db: Transaction) -> None:
        await rows.add_workspace(
            db, id=workspace_id, name="Next door", timezone=timezone, operator=False, at=NOON
        )

    await house.gateway.database.write(add)
    return workspace_id


async def add_account(
    house: House,
    workspace_id: str,
    *,
    role: str = "owner",
    scopes: list[str] | None = None,
    key_scopes: list[str] | None = None,
    expires_at: datetime | None = None,
    allowed_ips: list[str] | None = None,
    key_ips: list[str] | None = None,
    rate_limit: str | None = None,
    rate_limits: dict[str, str] | None = None,
) -> Key:
    """The key of one more account of the workspace."""
    account_id, key = new_id(), make_key("live")

    async def add(db: Transaction) -> None:
        await rows.add_account(
            db,
            id=account_id,
            workspace_id=workspace_id,
            name="Newcomer",
            role=Role(role),
            scopes=scopes,
            at=NOON,
            rate_limit=rate_limit,
            rate_limits=rate_limits,
            allowed_ips=allowed_ips,
        )
        await rows.add_key(
            db,
            key=key,
            account_id=account_id,
            name="Newcomer's key",
            scopes=key_scopes,
            at=NOON,
            expires_at=expires_at,
            allowed_ips=key_ips,
        )

    await house.gateway.database.write(add)
    return key


async def admit(house: House, **account: Any) -> tuple[Key, str]:
    """The key of an account in a workspace of its own, and the id of the workspace."""
    workspace_id = await add_workspace(house)
    return await add_account(house, workspace_id, **account), workspace_id


async def key_of(house: House, **account: Any) -> str:
    """The text of the key of an account in a workspace of its own."""
    key, _ = await admit(house, **account)
    return key.text


async def revoke(house: House, key_id: str) -> None:
    async def change(db: Transaction) -> None:
        await db.run(_REVOKE, key_id=key_id, revoked=NOON)

    await house.gateway.database.write(change)


async def suspend(house: House, workspace_id: str) -> None:
    async def change(db: Transaction) -> None:
        await db.run(_SUSPEND, workspace_id=workspace_id, suspended=NOON)

    await house.gateway.database.write(change)

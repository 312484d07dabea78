"""Questions asked of workspaces, accounts and keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select

from gateway.access.keys import Key
from gateway.access.roles import Role
from gateway.access.tables import accounts, keys, workspaces
from gateway.store.database import Queries, Transaction
from gateway.store.statements import Statement


class Holder(NamedTuple):
    """A key as it is kept, with the account and the workspace that it speaks for."""

    secret_hash: str
    key_scopes: list[str] | None
    expires_at: datetime | None
    revoked_at: datetime | None
    account_id: str
    account_name: str
    role: str
    account_scopes: list[str] | None
    workspace_id: str
    workspace_name: str
    timezone: str
    suspended_at: datetime | None
    rate_limit: str | None
    rate_limits: dict[str, str] | None
    is_operator: int
    account_ips: list[str] | None
    key_ips: list[str] | None


_HOLDER = Statement(
    select(
        keys.c.secret_hash, keys.c.scopes, keys.c.expires_at, keys.c.revoked_at,
        accounts.c.id, accounts.c.name, accounts.c.role, accounts.c.scopes.label("account_scopes"),
        workspaces.c.id.label("workspace_id"), workspaces.c.name.label("workspace_name"),
        workspaces.c.timezone, workspaces.c.suspended_at,
        accounts.c.rate_limit, accounts.c.rate_limits, workspaces.c.is_operator,
        accounts.c.allowed_ips, keys.c.allowed_ips.label("key_ips"),
    )
    .join(accounts, accounts.c.id == keys.c.account_id)
    .join(workspaces, workspaces.c.id == accounts.c.workspace_id)
    .where(keys.c.id == bindparam("key_id"))
)  # fmt: skip

_FIRST_WORKSPACE = Statement(select(workspaces.c.id).limit(1))
_ADD_WORKSPACE = Statement(insert(workspaces))
_ADD_ACCOUNT = Statement(insert(accounts))
_ADD_KEY = Statement(insert(keys))


async def holder_of(db: Queries, key_id: str) -> Holder | None:
    row = await db.first(_HOLDER, key_id=key_id)
    return Holder._make(row) if row else None


async def any_workspace(db: Queries) -> bool:
    return await db.first(_FIRST_WORKSPACE) is not None


async def add_workspace(
    db: Transaction,
    *,
    id: str,
    name: str,
    timezone: str,
    operator: bool,
    at: datetime,
) -> None:
    await db.run(
        _ADD_WORKSPACE, id=id, name=name, timezone=timezone, is_operator=int(operator),
        created_at=at, suspended_at=None,
    )  # fmt: skip


async def add_account(
    db: Transaction, *, id: str, workspace_id: str, name: str, role: Role,
    scopes: list[str] | None, at: datetime, rate_limit: str | None = None,
    rate_limits: Mapping[str, str] | None = None, allowed_ips: list[str] | None = None,
) -> None:  # fmt: skip
    await db.run(
        _ADD_ACCOUNT, id=id, workspace_id=workspace_id, name=name, role=role.value, scopes=scopes,
        rate_limit=rate_limit, rate_limits=rate_limits, allowed_ips=allowed_ips, created_at=at,
        updated_at=at, last_used_at=None,
    )  # fmt: skip


async def add_key(
    db: Transaction, *, key: Key, account_id: str, name: str, scopes: list[str] | None,
    at: datetime, expires_at: datetime | None, allowed_ips: list[str] | None = None,
) -> None:  # fmt: skip
    await db.run(
        _ADD_KEY, id=key.id, account_id=account_id, name=name, secret_hash=key.secret_hash,
        last_four=key.secret[-4:], scopes=scopes, created_at=at, expires_at=expires_at,
        revoked_at=None, allowed_ips=allowed_ips, last_used_at=None, replaced_by=None,
    )  # fmt: skip

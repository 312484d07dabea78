"""Service accounts: their rows, and what must hold whoever changes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    null,
    select,
    true,
    update,
)

from gateway.access.roles import Role
from gateway.access.rows import add_account
from gateway.access.tables import accounts, keys, workspaces
from gateway.access.withdrawal import announce
from gateway.errors import Conflict, NotFound
from gateway.listing import Listing
from gateway.listing.sql import PagedList
from gateway.store.database import Queries, Transaction
from gateway.store.statements import Statement


class Account(NamedTuple):
    """A service account as it is kept."""

    id: str
    workspace_id: str
    name: str
    role: str
    scopes: list[str] | None
    rate_limit: str | None
    rate_limits: Mapping[str, str] | None
    allowed_ips: list[str] | None
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None = None
    has_other_owner: bool = True
    """Whether the workspace has another owner who can do everything there."""

    @property
    def is_full_owner(self) -> bool:
        """Whether it can do everything that there is to do in the workspace."""
        return self.role == Role.OWNER and self.scopes is None

    @property
    def is_last_owner(self) -> bool:
        """Whether the workspace would have no owner without it."""
        return self.is_full_owner and not self.has_other_owner


def _is_full_owner(table: FromClause) -> ColumnElement[bool]:
    return and_(table.c.role == Role.OWNER.value, table.c.scopes.is_(null()))


_OTHERS = accounts.alias("others")
_HAS_OTHER_OWNER = exists().where(
    _OTHERS.c.workspace_id == accounts.c.workspace_id,
    _OTHERS.c.id != accounts.c.id,
    _is_full_owner(_OTHERS),
)
_KEPT = [
    *(accounts.c[name] for name in Account._fields[:-1]),
    # Only of owners somebody wants to know it.
    case((_is_full_owner(accounts), _HAS_OTHER_OWNER), else_=true()).label("has_other_owner"),
]


def _in_workspace() -> Select[Any]:
    return select(*_KEPT).where(accounts.c.workspace_id == bindparam("workspace_id"))


_BY_ID = Statement(_in_workspace().where(accounts.c.id == bindparam("id")))
_LOCK = Statement(_in_workspace().where(accounts.c.id == bindparam("id")).with_for_update())
# What refers to a row keeps it from being deleted, and nothing else.
_HOLD = Statement(
    _in_workspace()
    .where(accounts.c.id == bindparam("id"))
    .with_for_update(read=True, key_share=True)
)
_CHANGED = (
    "name",
    "role",
    "scopes",
    "rate_limit",
    "rate_limits",
    "allowed_ips",
    "updated_at",
)
_REPLACE = Statement(
    update(accounts)
    .where(accounts.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in _CHANGED})
)
_DELETE = Statement(delete(accounts).where(accounts.c.id == bindparam("key")))
_DELETE_KEYS = Statement(
    delete(keys).where(keys.c.account_id == bindparam("key")).returning(keys.c.id)
)
_LOCK_WORKSPACE = Statement(
    select(workspaces.c.id)
    .where(workspaces.c.id == bindparam("workspace_id"))
    .with_for_update(key_share=True)
)
_OTHER_OWNERS = Statement(
    select(func.count())
    .select_from(accounts)
    .where(
        accounts.c.workspace_id == bindparam("workspace_id"),
        accounts.c.id != bindparam("id"),
        _is_full_owner(accounts),
    )
)
_FIRST_OWNER = Statement(
    select(*_KEPT)
    .join(workspaces, workspaces.c.id == accounts.c.workspace_id)
    .where(workspaces.c.is_operator == 1, _is_full_owner(accounts))
    .order_by(accounts.c.created_at, accounts.c.id)
    .limit(1)
)
_ANYWHERE = Statement(select(*_KEPT).where(accounts.c.id == bindparam("id")))
_EVERYWHERE = Statement(select(*_KEPT).order_by(accounts.c.workspace_id, accounts.c.id))
_LIST = PagedList(
    _in_workspace,
    columns={
        name: accounts.c[name]
        for name in ("name", "role", "created_at", "updated_at", "last_used_at")
    },
    tie=accounts.c.id,
)


async def find(db: Queries, workspace_id: str, id: str) -> Account:
    """The account. Raises NotFound when the workspace has no such one."""
    return await _find(db, _BY_ID, workspace_id, id)


async def lock(db: Transaction, workspace_id: str, id: str) -> Account:
    """The same, kept from being changed by others until the transaction ends."""
    return await _find(db, _LOCK, workspace_id, id)


async def hold(db: Transaction, workspace_id: str, id: str) -> Account:
    """The same, kept from being deleted until the transaction ends."""
    return await _find(db, _HOLD, workspace_id, id)


async def find_anywhere(db: Queries, id: str) -> Account:
    """The account, whichever workspace has it: for whoever operates the database itself."""
    row = await db.first(_ANYWHERE, id=id)
    if row is None:
        raise NotFound
    return Account._make(row)


async def first_owner(db: Queries) -> Account:
    """The oldest account of the operator's workspace that may do everything there."""
    row = await db.first(_FIRST_OWNER)
    if row is None:
        raise NotFound
    return Account._make(row)


async def all_accounts(db: Queries) -> list[Account]:
    """Every account of every workspace: for whoever operates the database itself."""
    return [Account._make(row) for row in await db.all(_EVERYWHERE)]


async def page(db: Queries, listing: Listing, workspace_id: str) -> tuple[list[Account], int]:
    """A page of the workspace's accounts, and how many the filters leave in all."""
    found = await _LIST.page(db, listing, workspace_id=workspace_id)
    total = await _LIST.count(db, listing, workspace_id=workspace_id)
    return [Account._make(row) for row in found], total


async def add(db: Transaction, account: Account) -> None:
    await add_account(
        db, id=account.id, workspace_id=account.workspace_id, name=account.name,
        role=Role(account.role), scopes=account.scopes, at=account.created_at,
        rate_limit=account.rate_limit, rate_limits=account.rate_limits,
        allowed_ips=account.allowed_ips,
    )  # fmt: skip


async def lock_owners(db: Transaction, workspace_id: str) -> bool:
    """Let nobody else change who owns the workspace until the transaction ends.

    It comes before the lock of an account whose role or scopes are to change, or that is to go.
    Returns whether there is such a workspace.
    """
    return await db.first(_LOCK_WORKSPACE, workspace_id=workspace_id) is not None


async def replace(db: Transaction, old: Account, new: Account) -> None:
    """Save the account's new state; `lock_owners` and `lock` were called.

    Raises Conflict when the workspace would have no owner any more.
    """
    if old.is_full_owner and not new.is_full_owner:
        await _refuse_ownerless(db, old)
    await db.run(_REPLACE, key=new.id, **{name: getattr(new, name) for name in _CHANGED})
    await announce(db, new.id)


async def remove(db: Transaction, account: Account) -> list[str]:
    """Delete the account with its keys, and return their ids.

    `lock_owners` and `lock` were called. Raises Conflict when the workspace would have no owner any
    more.
    """
    if account.is_full_owner:
        await _refuse_ownerless(db, account)
    gone = await db.all(_DELETE_KEYS, key=account.id)
    await db.run(_DELETE, key=account.id)
    await announce(db, account.id)
    return sorted(id for (id,) in gone)


async def _refuse_ownerless(db: Transaction, leaving: Account) -> None:
    row = await db.first(_OTHER_OWNERS, workspace_id=leaving.workspace_id, id=leaving.id)
    if row is None or not row[0]:
        problem = "A workspace keeps one owner with every scope, and this is the last."
        raise Conflict(problem=problem)


async def _find(db: Queries, statement: Statement, workspace_id: str, id: str) -> Account:
    row = await db.first(statement, workspace_id=workspace_id, id=id)
    if row is None:
        raise NotFound
    return Account._make(row)

"""Workspaces: their rows, and what must hold whoever changes them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Boolean, ColumnElement, Select, bindparam, select, type_coerce, update

from gateway.access import held_keys, rows
from gateway.access.accounts import Account, add
from gateway.access.keys import Key
from gateway.access.roles import Role
from gateway.access.tables import workspaces
from gateway.access.withdrawal import announce
from gateway.errors import Conflict, NotFound
from gateway.listing import Listing
from gateway.listing.sql import PagedList
from gateway.store.database import Queries, Transaction
from gateway.store.statements import Statement


class Workspace(NamedTuple):
    """A workspace as it is kept."""

    id: str
    name: str
    timezone: str
    is_operator: int
    created_at: datetime
    suspended_at: datetime | None = None


class Founded(NamedTuple):
    """A workspace that was just made, its owner, and the owner's key in the clear."""

    workspace: Workspace
    owner: Account
    key: Key

    @property
    def ids(self) -> tuple[str, str, str]:
        """The ids of the three."""
        return self.workspace.id, self.owner.id, self.key.id


_KEPT = [workspaces.c[name] for name in Workspace._fields]
_ID = workspaces.c.id == bindparam("id")
_BY_ID = Statement(select(*_KEPT).where(_ID))
# Accounts and keys of the workspace may be made meanwhile.
_LOCK = Statement(select(*_KEPT).where(_ID).with_for_update(key_share=True))
_REPLACE = Statement(
    update(workspaces)
    .where(workspaces.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("name", "timezone", "suspended_at")})
)


def _every() -> Select[Any]:
    return select(*_KEPT)


_COLUMNS: dict[str, ColumnElement[Any]] = {
    **{name: workspaces.c[name] for name in ("name", "timezone", "created_at")},
    "suspended": type_coerce(workspaces.c.suspended_at.is_not(None), Boolean),
}
_LIST = PagedList(_every, columns=_COLUMNS, tie=workspaces.c.id)


async def find(db: Queries, id: str) -> Workspace:
    """Raises NotFound when there is no such workspace."""
    return await _find(db, _BY_ID, id)


async def lock(db: Transaction, id: str) -> Workspace:
    """The same, kept from being changed by others until the transaction ends."""
    return await _find(db, _LOCK, id)


async def page(db: Queries, listing: Listing) -> tuple[list[Workspace], int]:
    """A page of all the workspaces, and how many the filters leave in all."""
    found = await _LIST.page(db, listing)
    return [Workspace._make(row) for row in found], await _LIST.count(db, listing)


async def found(
    db: Transaction,
    *,
    name: str,
    timezone: str,
    environment: str,
    now: datetime,
    new_id: Callable[[], str],
    operator: bool = False,
    rate_limit: str | None = None,
) -> Founded:
    """Make a workspace with an owner, whose limit is `rate_limit`, and the owner's first key.

    Raises DuplicateError when it is to be a second operator's workspace.
    """
    workspace = Workspace(new_id(), name, timezone, int(operator), now)
    await rows.add_workspace(
        db, id=workspace.id, name=name, timezone=timezone, operator=operator, at=now
    )
    owner = Account(
        new_id(), workspace.id, "Owner", Role.OWNER.value, None, rate_limit, None, None, now, now
    )
    await add(db, owner)
    key, _ = await held_keys.issue(db, owner, environment=environment, name="First key", now=now)
    return Founded(workspace, owner, key)


async def replace(db: Transaction, new: Workspace) -> None:
    """Save a workspace, which is locked, whole."""
    await db.run(
        _REPLACE, key=new.id, name=new.name, timezone=new.timezone, suspended_at=new.suspended_at
    )
    await announce(db, new.id)


async def suspend(db: Transaction, workspace: Workspace, *, now: datetime) -> Workspace:
    """Suspend it, which is locked; one that is suspended stays so since it was.

    Raises Conflict for the operator's own.
    """
    if workspace.is_operator:
        raise Conflict(problem="The operator's own workspace cannot be suspended.")
    if workspace.suspended_at is not None:
        return workspace
    suspended = workspace._replace(suspended_at=now)
    await replace(db, suspended)
    return suspended


async def resume(db: Transaction, workspace: Workspace) -> Workspace:
    """Let it, which is locked, work again; one that works goes on."""
    if workspace.suspended_at is None:
        return workspace
    resumed = workspace._replace(suspended_at=None)
    await replace(db, resumed)
    return resumed


async def _find(db: Queries, statement: Statement, id: str) -> Workspace:
    row = await db.first(statement, id=id)
    if row is None:
        raise NotFound
    return Workspace._make(row)

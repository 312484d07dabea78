"""Questions asked of the audit trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.sql.base import Executable

from gateway.access.audit.tables import audit
from gateway.access.tables import workspaces
from gateway.listing import Listing
from gateway.listing.sql import CursorList
from gateway.store.database import Queries, Transaction
from gateway.store.statements import Statement, rows_given
from gateway.store.types import Int64

PURGED_AT_ONCE = 1000


class AuditRow(NamedTuple):
    """One thing that was done or refused; without a workspace, it is for the operator's.

    `outcome` is `success` or an error's code; `count` is more than 1 for what was counted up.
    """

    id: str
    workspace_id: str | None
    at: datetime
    account_id: str | None
    key_id: str | None
    action: str
    object_id: str | None
    address: str | None
    request_id: str
    outcome: str
    count: int  # type: ignore[assignment] # a method of tuples that nobody misses
    keep_until: datetime


_KEPT = [audit.c[name] for name in AuditRow._fields]
_COLUMNS = {name: audit.c[name] for name in ("action", "account_id", "object_id", "outcome", "at")}


def _add(dialect: str) -> Executable:
    given = rows_given(dialect, {column.name: column.type for column in _KEPT})
    operators = select(workspaces.c.id).where(workspaces.c.is_operator == 1).scalar_subquery()
    workspace = func.coalesce(given.c.workspace_id, operators)
    values = [workspace if each.name == "workspace_id" else each for each in given.c]
    # Workspaces are locked in order, so that two who write do not wait for each other; a row whose
    # first try was committed after all is there already.
    return insert(audit).from_select(
        AuditRow._fields,
        select(*values)
        .where(workspace.is_not(None), ~exists().where(audit.c.id == given.c.id))
        .order_by(workspace, given.c.id),
    )


def _in_workspace() -> Select[Any]:
    return select(audit.c.position, *_KEPT).where(
        audit.c.workspace_id == bindparam("workspace_id", type_=audit.c.workspace_id.type)
    )


def _over(dialect: str) -> Select[Any]:
    """Where the rows are whose time is over by the clock that their trigger goes by."""
    clock: ColumnElement[Any] = literal_column(
        "strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'" if dialect == "sqlite" else "now()"
    )
    return (
        select(audit.c.position)
        .where(audit.c.keep_until <= clock)
        .order_by(audit.c.keep_until)
        .limit(bindparam("most", type_=Int64()))
    )


def _purge(dialect: str) -> Executable:
    over = _over(dialect).with_for_update(skip_locked=True)  # another process purges those
    return delete(audit).where(audit.c.position.in_(over)).returning(audit.c.position)


_ADD = Statement(_add)
_LIST = CursorList(_in_workspace, _COLUMNS, position=audit.c.position)
_OVER = Statement(_over)
_PURGE = Statement(_purge)


async def add(db: Transaction, rows: Sequence[AuditRow]) -> None:
    """Write rows. Do it last in a transaction: others of the workspace wait for its commit."""
    await db.run(_ADD, rows=rows)


async def stretch(
    db: Queries, listing: Listing, *, workspace_id: str
) -> tuple[list[AuditRow], int | None]:
    """A workspace's rows that `listing` asks for, newest first, and the position to go on from."""
    found, position = await _LIST.stretch(db, listing, workspace_id=workspace_id)
    return [AuditRow._make(row[1:]) for row in found], position


async def any_over(db: Queries) -> bool:
    """Whether the time of some row is over."""
    return await db.first(_OVER, most=1) is not None


async def purge(db: Transaction) -> int:
    """Delete the oldest rows whose time is over, up to PURGED_AT_ONCE; returns how many."""
    return len(await db.all(_PURGE, most=PURGED_AT_ONCE))

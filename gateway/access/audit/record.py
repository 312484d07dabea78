"""From what was done to its rows in the audit trail."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from gateway.access.audit.rows import AuditRow


class Who(Protocol):
    """Whoever acted: an identity, or the holder of a key that was refused."""

    @property
    def workspace_id(self) -> str: ...

    @property
    def account_id(self) -> str: ...

    @property
    def key_id(self) -> str: ...


class Beside(NamedTuple):
    """One more object of a write that is audited; `workspace_id` None is the row's own."""

    object_id: str
    workspace_id: str | None


class Audited(Protocol):
    """What the audit needs to know of a call; see `gateway.call.Call`."""

    address: str | None
    request_id: str
    registered: Any
    object_id: str | None
    workspace_id: str | None


def row_about(
    call: Audited, who: Who | None, outcome: str, *, id: str, at: datetime, days: int
) -> AuditRow:
    """The row; it belongs to the workspace that the action named, or to that of whoever acted."""
    return AuditRow(
        id=id,
        workspace_id=call.workspace_id or (None if who is None else who.workspace_id),
        at=at,
        account_id=None if who is None else who.account_id,
        key_id=None if who is None else who.key_id,
        action=call.registered.path,
        object_id=call.object_id,
        address=call.address,
        request_id=call.request_id,
        outcome=outcome,
        count=1,
        keep_until=at + timedelta(days=days),
    )


def rows_beside(
    row: AuditRow, objects: Iterable[Beside], *, new_id: Callable[[], str]
) -> list[AuditRow]:
    """The rows of a write's other objects: the same, but for whose they are.

    Another workspace is not told who came from where; the request id is what its row and the
    caller's own have in common.
    """
    found = []
    for each in objects:
        beside = row._replace(id=new_id(), object_id=each.object_id)
        if each.workspace_id not in (None, row.workspace_id):
            beside = beside._replace(
                workspace_id=each.workspace_id, account_id=None, key_id=None, address=None
            )
        found.append(beside)
    return found


def rows_in_nobodys_name(
    action: str,
    object_ids: Iterable[str],
    *,
    workspace_id: str,
    at: datetime,
    new_id: Callable[[], str],
    days: int,
) -> list[AuditRow]:
    """What whoever operates the database did, as the action of that name would leave it."""
    request_id, keep_until = new_id(), at + timedelta(days=days)
    return [
        AuditRow(
            new_id(), workspace_id, at, None, None, action, each, None, request_id, "success", 1,
            keep_until,
        )
        for each in object_ids
    ]  # fmt: skip

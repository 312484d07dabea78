"""From a call to its row in the audit call."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from gateway.access.audit.rows import AuditRow


class Who(Protocol):
    """Whoever acted: an identity, or the holder of a key that was refused."""

    @property
    def workspace_id(self) -> str: ...

    @property
    def account_id(self) -> str: ...

    @property
    def key_id(self) -> str: ...


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

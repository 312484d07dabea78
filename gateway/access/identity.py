"""Who is calling: a service account of a workspace, through one of its keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from gateway.access.roles import Reserved, Role, covers


class KeyHolder(NamedTuple):
    """Whose key one is, good or not."""

    workspace_id: str
    account_id: str
    key_id: str


class Identity(NamedTuple):
    """`scopes` narrows the role; None means everything that the role has."""

    workspace_id: str
    workspace_name: str
    timezone: str
    """The workspace's IANA zone."""
    account_id: str
    account_name: str
    role: Role
    scopes: frozenset[str] | None
    key_id: str
    rate_limit: str | None = None
    """The account's own limit, `calls/seconds` or `off`; None leaves it to the settings."""
    rate_limits: Mapping[str, str] | None = None
    """The account's own limits by action, `section/action`."""

    is_operator: bool = False
    """Whether the workspace is the operator's."""
    key_expires_at: datetime | None = None
    """When the key ends by itself; None is never."""

    def may(self, scope: str) -> bool:
        """Whether role and scopes cover `<section>:<verb>`."""
        return covers(self.role, scope) and (self.scopes is None or scope in self.scopes)

    def is_among(self, reserved: Reserved) -> bool:
        """Whether the caller is one of those to whom an action is reserved."""
        if self.role is not Role.OWNER:
            return False
        return reserved is Reserved.OWNERS or self.is_operator

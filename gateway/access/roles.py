"""Roles and scopes, as section 4 of the protocol has them."""

import re
from enum import Enum, StrEnum


class Role(StrEnum):
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    OWNER = "owner"


class Reserved(Enum):
    """Those to whom an action is reserved, beyond its scope."""

    OWNERS = "Only the workspace's owners may do this."
    OPERATORS = "Only owners of the operator's workspace may do this."


_SCOPE = re.compile(r"[a-z][a-z0-9_]*:(read|write|admin)")

_VERBS = {
    Role.VIEWER: frozenset({"read"}),
    Role.EDITOR: frozenset({"read", "write"}),
    Role.ADMIN: frozenset({"read", "write", "admin"}),
    # What an owner has beyond an admin is not a scope: owners' accounts, and the workspace itself.
    Role.OWNER: frozenset({"read", "write", "admin"}),
}


def is_scope(text: str) -> bool:
    """Whether `text` has the form `<section>:read`, `:write` or `:admin`."""
    return _SCOPE.fullmatch(text) is not None


def covers(role: Role, scope: str) -> bool:
    return scope.rpartition(":")[2] in _VERBS[role]


def is_within(role: Role, other: Role) -> bool:
    """Whether `role` has nothing that `other` lacks."""
    return _RANKS[role] <= _RANKS[other]


_RANKS = {role: rank for rank, role in enumerate(Role)}

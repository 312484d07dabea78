"""May they? Role and scopes against the action's one declared scope."""

from gateway.access.identity import Identity
from gateway.errors import PermissionDenied
from gateway.registry import Registered


def authorize(identity: Identity | None, registered: Registered) -> None:
    """Raise PermissionDenied unless the action needs no key, or the identity covers its scope."""
    scope = registered.action.scope
    if identity is not None and not identity.may(scope):
        raise PermissionDenied(scope=scope)

"""May they? Role and scopes against the action's one declared scope."""

from gateway.access.identity import Identity
from gateway.errors import PermissionDenied
from gateway.registry import Registered


def authorize(identity: Identity, registered: Registered) -> None:
    """Raise PermissionDenied unless the identity covers the action's scope."""
    scope = registered.action.scope
    if not identity.may(scope):
        raise PermissionDenied(scope=scope)

"""May they? Role and scopes against the action's one declared scope, and to whom it is reserved."""

from gateway.access import faults
from gateway.access.identity import Identity
from gateway.errors import PermissionDenied
from gateway.registry import Registered


def authorize(identity: Identity, registered: Registered) -> None:
    """Raise PermissionDenied unless the identity may call the action."""
    scope, reserved = registered.scope, registered.reserved
    if not identity.may(scope):
        raise PermissionDenied(scope=scope)
    if reserved is not None and not identity.is_among(reserved):
        raise faults.PermissionDenied(scope=scope, problem=reserved.value)

"""Who is calling?"""

from gateway.access.authenticator import Authenticator
from gateway.access.identity import Identity
from gateway.action import NO_KEY
from gateway.call import Call
from gateway.errors import AccessDenied
from gateway.registry import Registered


async def authenticate(call: Call, registered: Registered, *, by: Authenticator) -> Identity | None:
    """The caller's identity; None for an action that needs no key, whatever key was sent.

    Raises AccessDenied, InvalidAPIKey or WorkspaceSuspended.
    """
    if registered.action.scope == NO_KEY:
        return None
    if call.key is None:
        raise AccessDenied
    return await by.identify(call.key, call.address)

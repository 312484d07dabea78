"""Who is calling?"""

from gateway.access.authenticator import Authenticator
from gateway.access.identity import Identity
from gateway.action import NO_KEY
from gateway.call import Call
from gateway.errors import AccessDenied, InvalidAPIKey
from gateway.limits.failures import Failures
from gateway.registry import Registered


async def authenticate(
    call: Call, registered: Registered, *, by: Authenticator, failures: Failures
) -> Identity | None:
    """The caller's identity; None for an action that needs no key, whatever key was sent.

    Raises AccessDenied, InvalidAPIKey or WorkspaceSuspended; RateLimited instead of InvalidAPIKey
    when the caller's address has shown too many bad keys.
    """
    if registered.action.scope == NO_KEY:
        return None
    if call.key is None:
        raise AccessDenied
    try:
        return await by.identify(call.key)
    except InvalidAPIKey:
        await failures.note(call.address)
        raise

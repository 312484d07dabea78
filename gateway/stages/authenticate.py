"""Who is calling?"""

from gateway.access.authenticator import Authenticator
from gateway.access.identity import Identity
from gateway.call import Call
from gateway.errors import AccessDenied, InvalidAPIKey
from gateway.limits.failures import Failures


async def authenticate(call: Call, *, by: Authenticator, failures: Failures) -> Identity:
    """The caller's identity.

    Raises AccessDenied, InvalidAPIKey, WorkspaceSuspended or Overloaded; RateLimited instead of
    InvalidAPIKey when the caller's address has shown too many bad keys.
    """
    if call.key is None:
        raise AccessDenied
    try:
        return await by.identify(call.key, call.address)
    except InvalidAPIKey as failure:
        await failures.note(call.address, failure.holder)
        raise

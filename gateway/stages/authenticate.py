"""Who is calling?"""

from gateway.access.authenticator import Authenticator
from gateway.access.identity import Identity
from gateway.errors import AccessDenied


async def authenticate(key: str | None, address: str | None, *, by: Authenticator) -> Identity:
    """The identity of whoever presents the key at an address.

    Raises AccessDenied, InvalidAPIKey or WorkspaceSuspended.
    """
    if key is None:
        raise AccessDenied
    return await by.identify(key, address)

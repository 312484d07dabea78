"""May the call come in? Its caller, their permission and their room; after a wait, once more."""

from collections.abc import Awaitable

from gateway.access.authenticator import Authenticator
from gateway.access.identity import Identity
from gateway.call import Call
from gateway.errors import ActionError, PermissionDenied
from gateway.limits.failures import Failures
from gateway.limits.limiter import Limiter
from gateway.registry import Registered
from gateway.stages.authenticate import authenticate
from gateway.stages.authorize import authorize
from gateway.stages.limit import limit, tell_limit


class Admission:
    """Lets calls of actions that need a key in, or raises why not; it sets the call's caller."""

    def __init__(self, authenticator: Authenticator, limiter: Limiter, failures: Failures) -> None:
        self._authenticator = authenticator
        self._limiter = limiter
        self._failures = failures

    def admit(self, call: Call, registered: Registered) -> Awaitable[None] | None:
        """Authenticate, authorize and limit; await what is returned, if it is."""
        # Most callers called a moment ago, and need not be waited for.
        caller = self._authenticator.recall(call.key) if call.key is not None else None
        if caller is None:
            return self._admit_unknown(call, registered)
        return self._let_in(call, registered, caller)

    def admit_again(self, call: Call, registered: Registered) -> Awaitable[None] | None:
        """Authenticate and authorize after a wait; await what is returned, if it is.

        What was withdrawn meanwhile must not be used. The call was charged already.
        """
        if call.caller is None or call.key is None:
            return None
        caller = self._authenticator.recall(call.key)
        if caller is None:
            return self._identify_again(call, registered)
        self._go_on_as(caller, call, registered)
        return None

    async def _admit_unknown(self, call: Call, registered: Registered) -> None:
        caller = await authenticate(call, by=self._authenticator, failures=self._failures)
        limited = self._let_in(call, registered, caller)
        if limited is not None:
            await limited

    def _let_in(
        self, call: Call, registered: Registered, caller: Identity
    ) -> Awaitable[None] | None:
        call.caller = caller
        try:
            authorize(caller, registered)
        except PermissionDenied as refusal:
            return self._turn_away(call, registered, caller, refusal)
        return limit(caller, registered, call.headers, by=self._limiter)

    async def _turn_away(
        self, call: Call, registered: Registered, caller: Identity, refusal: PermissionDenied
    ) -> None:
        await tell_limit(caller, registered, call.headers, by=self._limiter)
        raise refusal

    async def _identify_again(self, call: Call, registered: Registered) -> None:
        try:
            caller = await authenticate(call, by=self._authenticator, failures=self._failures)
        except ActionError:
            call.caller = None  # as if the key had never been good
            raise
        self._go_on_as(caller, call, registered)

    def _go_on_as(self, caller: Identity, call: Call, registered: Registered) -> None:
        if caller != call.caller:
            call.caller = caller
            authorize(caller, registered)

"""The gateway about itself: ping, whoami, describe, echo."""

import asyncio

from gateway import NO_KEY, Action, ActionError, Context, Section, errors
from schemas.base import sent
from schemas.system import (
    REHEARSED,
    Caller,
    CallerShape,
    Described,
    DescribedShape,
    Description,
    Echo,
    EchoedShape,
    EchoShape,
    Nothing,
    NothingShape,
    Pong,
    PongShape,
    Wanted,
    WantedShape,
)


class RehearsalOff(ActionError):
    message = "Rehearsals are switched off here; the setting echo_rehearsal turns them on."


_REHEARSED: dict[str, type[ActionError]] = {code: getattr(errors, code) for code in REHEARSED}


class Ping(Action[Nothing, Pong]):
    """Tell that the gateway answers."""

    scope = NO_KEY
    takes = NothingShape()
    gives = PongShape()

    async def run(self, params: Nothing, context: Context) -> Pong:
        return Pong(pong=True)


class Whoami(Action[Nothing, Caller]):
    """Tell whose key this is, and what it may do."""

    scope = "system:read"
    takes = NothingShape()
    gives = CallerShape()

    async def run(self, params: Nothing, context: Context) -> Caller:
        identity = context.identity
        return Caller(
            account_id=identity.account_id,
            account_name=identity.account_name,
            role=identity.role,
            scopes=None if identity.scopes is None else sorted(identity.scopes),
            workspace_id=identity.workspace_id,
            workspace_name=identity.workspace_name,
            timezone=identity.timezone,
            key_id=identity.key_id,
            now=context.now,
        )


class Describe(Action[Wanted, Described]):
    """Describe every action that the caller may use, or one of them.

    Parameters and results are told as JSON Schema (draft 2020-12).
    """

    scope = "system:read"
    takes = WantedShape()
    gives = DescribedShape()
    raises = (errors.UnknownAction,)
    example = {"action": "system/ping"}

    async def run(self, params: Wanted, context: Context) -> Described:
        action = params.action if sent(params.action) else None
        found = context.catalogue.describe(context.identity, action)
        return Described([Description(**each) for each in found])


class Echo_(Action[Echo, Echo]):  # noqa: N801 - `Echo` is what it takes
    """Return the parameters as they came.

    Where the setting `echo_rehearsal` is on, `_rehearse` makes it sleep, crash or fail first, so
    that a client can rehearse how it takes that.
    """

    name = "echo"
    scope = NO_KEY
    takes = EchoShape()
    gives = EchoedShape()
    raises = (RehearsalOff, *_REHEARSED.values())
    example = {"hello": "world"}

    async def run(self, params: Echo, context: Context) -> Echo:
        if not sent(params.rehearse):
            return params
        if not context.settings.echo_rehearsal:
            raise RehearsalOff
        await asyncio.sleep(params.rehearse.sleep_ms / 1000)
        if params.rehearse.crash:
            raise RuntimeError("a rehearsed crash")
        if sent(params.rehearse.error):
            raise _REHEARSED[params.rehearse.error].example()
        return params


section = Section("system", "The gateway about itself", actions=(Ping, Whoami, Describe, Echo_))

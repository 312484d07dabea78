"""What an action declares, and the two kinds of it: `Action` and `BatchAction`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from gateway.access.identity import Identity
from gateway.access.own_limits import Limits
from gateway.access.roles import Reserved
from gateway.context import Context
from gateway.errors import ActionError
from gateway.group import Batch, BatchContext
from gateway.listing import CursorPage, Cursors, Page, Pages

P = TypeVar("P")
R = TypeVar("R")
P_co = TypeVar("P_co", covariant=True)
R_contra = TypeVar("R_contra", contravariant=True)

NO_KEY = "no key needed"
"""The scope of an action that anybody may call."""


class Effect(Enum):
    """What an action does to what is kept; anything but READS runs in a transaction.

    The value is the flag that a successful answer carries.
    """

    READS = None
    CREATES = "creation"
    MODIFIES = "modification"
    DELETES = "deletion"


class Reads(Protocol[P_co]):
    """A schema whose `load` makes the value object which an action takes; `read` types it."""

    def read(self, params: Mapping[str, Any]) -> P_co: ...


class Shows(Protocol[R_contra]):
    """A shape that shows the value object which an action gives."""

    def show(self, value: R_contra) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Deprecation:
    """That an action is on its way out: since when, until when, and what to use instead."""

    since: date
    sunset: date
    use: str


class Asking(NamedTuple):
    """Who asks what can be done with an object, and when."""

    caller: Identity
    now: datetime
    everybodys: Limits
    """The rate limits of accounts that have none of their own."""


class Declared(Generic[P, R]):
    """The declarations of an action, in the order in which the pipeline uses them.

    The docstring's first line is the public summary. An action is stateless and made once.
    """

    name: ClassVar[str] = ""
    """The action's name in its path; by default the class's own, in snake_case."""
    scope: ClassVar[str] = ""
    """`<section>:read`, `:write` or `:admin`, or NO_KEY."""
    reserved: ClassVar[Reserved | None] = None
    """To whom the action is reserved among those who have the scope; None lets all of them."""
    takes: Reads[P]
    gives: Shows[R]
    cost: ClassVar[int] = 1
    """How many calls a call counts for in the rate limits; 0 counts nothing."""
    limit: ClassVar[str | None] = None
    """`calls/seconds`: a rate limit of the action's own for each account, beside the account's."""
    raises: ClassVar[tuple[type[ActionError], ...]] = ()
    effect: ClassVar[Effect] = Effect.READS
    audited: ClassVar[bool] = False
    """Whether each success leaves a row in the audit trail; a deletion does in any case."""
    example: ClassVar[Mapping[str, Any]] = {}
    """Parameters that the action accepts; shown by `system/describe` and run by the tests."""
    listing: ClassVar[Pages | Cursors | None] = None
    works_on: ClassVar[str | None] = None
    """The section whose objects it works on; None means its own, when it takes an `id`."""
    deprecated: ClassVar[Deprecation | None] = None
    body_limit: ClassVar[int | None] = None
    """Bytes that a body may have, where the gateway's own limit does not fit."""

    def suits(self, subject: Any, asking: Asking) -> bool:
        """Whether it can be done to `subject`, a row of the section it works on, as that is now.

        Scope and reservation are looked at elsewhere; this is what `permitted_actions` asks beside
        them.
        """
        return True


class Action(Declared[P, R]):
    """An action that serves one call at a time; a write has a transaction of its own.

    Inside its write it awaits nothing but the database: others wait behind it.
    """

    async def run(self, params: P, context: Context) -> R:
        """Do it. Return commits, raise rolls back."""
        raise TypeError(f"{type(self).__name__} does not define run")


class ListAction(Declared[P, R]):
    """An action that gives one page of a list; it declares `listing`."""

    async def run(self, params: P, context: Context) -> Page[R] | CursorPage[R]:
        """The page that `context.listing` asks for."""
        raise TypeError(f"{type(self).__name__} does not define run")


class BatchAction(Declared[P, R]):
    """An action for hot writes: it serves all the calls of a group at once.

    `run_many` loads what the calls name, applies them in order inside `call.answering()`, and
    saves. A call's error drops what that call staged and never touches its neighbours. It may be
    run again on the same calls, and on one that was answered long ago, and all of it undone: so it
    does nothing that a rollback would not undo.
    """

    async def run_many(self, calls: Batch[P, R], context: BatchContext) -> None:
        """Serve the group. Return commits, raise rolls back."""
        raise TypeError(f"{type(self).__name__} does not define run_many")

"""Everything that a running action may touch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import structlog

from gateway.access.audit.record import Beside
from gateway.access.identity import Identity
from gateway.access.own_limits import Limits
from gateway.call import Call
from gateway.codec.encode import Rendered, encode
from gateway.codec.show import Show
from gateway.errors import AccessDenied
from gateway.listing import Listing
from gateway.logs import Log
from gateway.settings import Settings
from gateway.store.database import Queries
from gateway.tracing import trace_facts


class Catalogue(Protocol):
    """What a registry tells about its actions; `system/describe` shows it."""

    def describe(self, identity: Identity, action: str | None) -> list[dict[str, Any]]:
        """The actions that the identity may use, or the one named `section/action`.

        Raises UnknownAction.
        """

    def permitted(self, identity: Identity, section: str, subject: Any, now: datetime) -> list[str]:
        """The paths of the actions that the identity may do to `subject`, a row of the section."""

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that some action declares."""

    @property
    def paths(self) -> frozenset[str]:
        """Every action, as `section/action`."""

    @property
    def limits(self) -> Limits:
        """The limits of accounts that have none of their own."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every call of one gateway shares."""

    settings: Settings
    catalogue: Catalogue
    now: Callable[[], datetime]
    """The present moment, in UTC."""
    new_id: Callable[[], str]
    """A new UUIDv7, in lower case."""
    log: Log
    cursor_secret: bytes
    """What cursors are signed with; every gateway over one database has the same."""
    forget: Callable[[str], None]
    """Have this gateway look up anew whose key a key is, wherever the id given (of a key, an
    account or a workspace) comes into it."""
    sections: Mapping[str, Any] = field(default_factory=dict)
    """What each section's `on_start` returned, by the section's name."""


class Options(NamedTuple):
    """What the caller asked of the answer itself."""

    listing: Listing | None = None
    full: bool = False
    expand: frozenset[str] = frozenset()


NO_OPTIONS = Options()


PERMITTED_ACTIONS = "permitted_actions"
"""The expansion that shows what the caller may do with an object."""


@dataclass(slots=True)
class Context:
    """One call's surroundings, handed to `Action.run`.

    `db` is, for an action that writes, the transaction that is committed when `run` returns and
    rolled back when it raises; for one that reads, a reader that sees only what is committed.
    """

    shared: Surroundings
    db: Queries
    now: datetime
    caller: Identity | None
    section: str
    options: Options
    flags: dict[str, object]
    show: Show
    call: Call
    on_commit: list[Callable[[], None]] | None = None
    """What is to be done once the transaction is committed; None where there is none."""
    beside: list[Beside] | None = None
    """The objects beside the main one that the audit trail tells of; None where none is named."""

    @property
    def identity(self) -> Identity:
        """Who calls; an action with a scope always has one."""
        if self.caller is None:
            raise AccessDenied
        return self.caller

    @property
    def listing(self) -> Listing:
        """What the call asked of the list that the action declared."""
        if self.options.listing is None:
            raise TypeError("only an action that declares `listing` has one")
        return self.options.listing

    @property
    def log(self) -> structlog.typing.FilteringBoundLogger:
        """A logger that names the section and the call."""
        call = self.call
        log: structlog.typing.FilteringBoundLogger = self.shared.log.bind(
            section=self.section, request_id=call.request_id, **trace_facts(call.traceparent)
        )
        return log

    @property
    def traceparent(self) -> str | None:
        """The header `traceparent` for calls that this one makes to others; None without a trace.

        The gateway records no spans of its own, so it hands on the caller's as their parent.
        """
        return self.call.traceparent

    @property
    def settings(self) -> Settings:
        return self.shared.settings

    @property
    def catalogue(self) -> Catalogue:
        return self.shared.catalogue

    @property
    def started(self) -> Any:
        """What this section's `on_start` returned: a client, a pool."""
        return self.shared.sections[self.section]

    def new_id(self) -> str:
        """A new UUIDv7, in lower case."""
        return self.shared.new_id()

    def audit(self, object_id: str, *, workspace_id: str | None = None) -> None:
        """Name the object that the audit trail tells of; by default it is the result's `id`.

        `workspace_id` names a workspace other than the caller's to keep the row in. Named before
        a refusal, the object is in the refusal's row too.
        """
        self.call.object_id = object_id
        self.call.workspace_id = workspace_id

    def audit_beside(self, *object_ids: str, workspace_id: str | None = None) -> None:
        """Name objects that have rows of their own beside the main one, once this succeeds.

        `workspace_id` is as for `audit`: another workspace than the caller's is told what was done
        and not by whom. Raises TypeError in an action that is not audited.
        """
        if not self.call.registered.is_audited:
            raise TypeError("an action that is not audited leaves no rows")
        self.beside = [
            *(self.beside or ()),
            *(Beside(each, workspace_id) for each in object_ids),
        ]

    def unchanged(self) -> None:
        """Say that this write changes nothing: the answer has no flag of its effect."""
        self.call.unchanged = True

    def expands(self, name: str) -> bool:
        """Whether the caller asked for the expansion."""
        return name in self.options.expand

    def permitted(
        self, section: str, subject: Any, *, caller: Identity | None = None
    ) -> Sequence[str]:
        """What the caller may do next with `subject`, a row of the section, if they asked.

        `caller` is who they are from now on, where the call itself changed that.
        """
        if PERMITTED_ACTIONS not in self.options.expand:
            return ()
        return self.catalogue.permitted(caller or self.identity, section, subject, self.now)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Have `callback` run once this write is committed, before its caller is answered.

        What is rolled back runs nothing. Raises TypeError in an action that only reads.
        """
        if self.on_commit is None:
            raise TypeError("an action that reads commits nothing")
        self.on_commit.append(callback)

    def render(self, result: Any) -> Rendered:
        """What this call's answer shows of `result`, or of one item of its page, ready to keep."""
        return Rendered(encode(self.show(result)))

    def flag(self, name: str, value: object = True) -> None:
        """Set a flag of the answer. Raises TypeError when `value` is no JSON value."""
        if value is not True:
            encode(value)
        self.flags[name] = value

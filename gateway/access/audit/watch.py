"""What is audited from outside of a write: refusals, and failed authentications counted up.

An interval is a minute: whoever runs `write_failures` says so.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from gateway.access.audit import rows
from gateway.access.audit.record import Who, row_about
from gateway.access.audit.rows import AuditRow
from gateway.access.identity import Identity, KeyHolder
from gateway.envelope import Envelope
from gateway.logs import Log
from gateway.store.database import Database, Transaction

WAITING_MAX = 2000
"""Rows that may wait for being written; what comes beyond is dropped and counted."""
WRITTEN_AT_ONCE = 500
"""Rows that share a transaction, so that no call waits long behind it."""
ADDRESSES_MAX = 256
"""Kinds of failure told apart in one interval; all others share one row without an address.

With an interval a minute, a flood from everywhere leaves at most 370,000 rows a day.
"""

ALONE_MAX = 20
"""Refusals of an account in one interval that have a row each; what comes beyond is counted up.

So one account leaves some 40 rows an interval at most, and pushes nobody else's out.
"""
KINDS_MAX = 20
"""Kinds of an account's refusals told apart in one interval; all others share one row."""

_REFUSED = "PermissionDenied"
_FAILED = frozenset({"AccessDenied", "InvalidAPIKey", "WorkspaceSuspended", "RateLimited"})


class _Failure(NamedTuple):
    """What failures that are counted up have in common."""

    address: str | None
    code: str
    holder: KeyHolder | None
    """Whose key it is that was presented, when there is such a key."""


_Kind = tuple[str, str | None]
"""Of a refusal: its action, and the caller's address."""


class _Refusals:
    """What an account was refused in one interval."""

    __slots__ = ("alone", "counted")

    def __init__(self) -> None:
        self.alone = 0
        """How many have a row each."""
        self.counted: dict[_Kind | None, AuditRow] = {}
        """The others, those beyond KINDS_MAX under None."""


class AuditWatch:
    """Watches the pipeline; keeps what it saw until it is written."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        days: int,
        log: Log,
    ) -> None:
        self._database = database
        self._now = now
        self._new_id = new_id
        self._days = days
        self._log = log
        self._waiting: list[AuditRow] = []
        self._failures: dict[_Failure, AuditRow] = {}
        self._refusals: dict[str, _Refusals] = {}
        """By account."""
        self.dropped = 0
        """Rows that were never written, since too many waited."""
        self._told = 0

    def saw(self, call: Any, envelope: Envelope) -> None:
        """`call` is a `gateway.call.Call` that was answered."""
        code = envelope.code
        if code is None:
            return
        if code == _REFUSED and call.caller is not None:
            self._refuse(call, call.caller)
        elif code in _FAILED and call.caller is None:
            registered = call.registered
            if registered is not None and registered.needs_key:
                self._count(call, code)

    async def write(self) -> bool:
        """Write some of what waits, in a transaction of its own; returns whether more does."""
        waiting, self._waiting = self._waiting[:WRITTEN_AT_ONCE], self._waiting[WRITTEN_AT_ONCE:]
        if self.dropped > self._told:
            self._log.warning("audit.dropped", rows=self.dropped - self._told)
            self._told = self.dropped
        if not waiting:
            return False

        async def add(db: Transaction) -> None:
            await rows.add(db, waiting)

        try:
            await self._database.write(add)
        except BaseException:
            come_since, self._waiting = self._waiting, waiting
            for row in come_since:
                self._keep(row)
            raise
        return bool(self._waiting)

    async def write_failures(self) -> bool:
        """End the interval in which failures are counted up, and write them."""
        failures, self._failures = self._failures, {}
        refusals, self._refusals = self._refusals, {}
        beyond = chain.from_iterable(each.counted.values() for each in refusals.values())
        for row in (*failures.values(), *beyond):
            self._keep(row)
        return await self.write()

    def _keep(self, row: AuditRow) -> None:
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(row)
        else:
            self.dropped += 1

    def _refuse(self, call: Any, caller: Identity) -> None:
        refusals = self._refusals.setdefault(caller.account_id, _Refusals())
        if refusals.alone < ALONE_MAX:
            refusals.alone += 1
            self._keep(self._row(call, caller, _REFUSED))
            return
        counted = refusals.counted
        kind: _Kind | None = (call.registered.path, call.address)
        if kind not in counted and len(counted) >= KINDS_MAX:
            kind = None
        row = counted.get(kind)
        if row is None:
            row = self._row(call, caller, _REFUSED)._replace(object_id=None, count=0)
            if kind is None:
                row = row._replace(address=None)
        counted[kind] = row._replace(count=row.count + 1)

    def _count(self, call: Any, code: str) -> None:
        holder: KeyHolder | None = getattr(call.error, "holder", None)
        failure = _Failure(call.address, code, holder)
        row = self._failures.get(failure)
        if row is None and len(self._failures) >= ADDRESSES_MAX:
            failure = _Failure(None, code, None)
            row = self._failures.get(failure)
        if row is None:
            row = self._row(call, failure.holder, code)._replace(address=failure.address, count=0)
        self._failures[failure] = row._replace(count=row.count + 1)

    def _row(self, call: Any, who: Who | None, code: str) -> AuditRow:
        return row_about(call, who, code, id=self._new_id(), at=self._now(), days=self._days)

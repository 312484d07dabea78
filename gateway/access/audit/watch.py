"""What is audited from outside of a write: refusals, and failed authentications counted up."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from gateway.access.audit import rows
from gateway.access.audit.record import Who, row_about
from gateway.access.audit.rows import AuditRow
from gateway.access.identity import KeyHolder
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

_REFUSED = "PermissionDenied"
_FAILED = frozenset({"AccessDenied", "InvalidAPIKey", "WorkspaceSuspended", "RateLimited"})


class _Failure(NamedTuple):
    """What failures that are counted up have in common."""

    address: str | None
    code: str
    holder: KeyHolder | None
    """Whose key it is that was presented, when there is such a key."""


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
        self.dropped = 0
        """Rows that were never written, since too many waited."""
        self._told = 0

    def saw(self, call: Any, envelope: Envelope) -> None:
        """`call` is a `gateway.call.Call` that was answered."""
        code = envelope.code
        if code is None:
            return
        if code == _REFUSED and call.caller is not None:
            self._keep(self._row(call, call.caller, code))
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
        """End the interval in which failed authentications are counted up, and write them."""
        counted, self._failures = self._failures, {}
        for row in counted.values():
            self._keep(row)
        return await self.write()

    def _keep(self, row: AuditRow) -> None:
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(row)
        else:
            self.dropped += 1

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

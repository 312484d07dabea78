"""Counts the use of keys in memory and writes it every few seconds."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from gateway.access.usage import rows
from gateway.access.usage.rows import LastUse, Usage
from gateway.envelope import Envelope
from gateway.store.database import Database, Transaction

REFUSALS = frozenset({"PermissionDenied", "RateLimited", "Overloaded"})
"""The errors of calls that were turned away before they ran."""


class _Use:
    """What a key was used for: one action, on one day."""

    __slots__ = ("account_id", "calls", "errors", "last", "refusals")

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id
        self.calls = self.errors = self.refusals = 0
        self.last = 0.0
        """The stopwatch's reading at the latest call."""

    def add(self, other: "_Use") -> None:
        self.calls += other.calls
        self.errors += other.errors
        self.refusals += other.refusals
        self.last = max(self.last, other.last)


_Day = dict[tuple[str, str], _Use]
"""By key and action."""


class UsageWatch:
    """Watches the pipeline, whose `stopwatch` it reads; days are those of UTC."""

    def __init__(
        self, database: Database, *, now: Callable[[], datetime], stopwatch: Callable[[], float]
    ) -> None:
        self._database = database
        self._now = now
        self._stopwatch = stopwatch
        self._days: dict[str, _Day] = {}
        self._today: _Day = {}
        self._midnight = float("-inf")
        """The stopwatch's reading at which today ends; asked anew after each flush."""

    def saw(self, call: Any, envelope: Envelope) -> None:
        """`call` is a `gateway.call.Call` that was answered."""
        caller = call.caller
        if caller is None:
            return
        started = call.started
        if started >= self._midnight:
            self._turn()
        place = (caller.key_id, call.registered.path)
        use = self._today.get(place)
        if use is None:
            use = self._today[place] = _Use(caller.account_id)
        use.calls += 1
        if started > use.last:  # noqa: PLR1730 - max costs as much as all the rest
            use.last = started
        if envelope.status != "success":
            if envelope.code in REFUSALS:
                use.refusals += 1
            else:
                use.errors += 1

    async def flush(self) -> None:
        """Write what was counted since the last time."""
        days, self._days, self._today = self._days, {}, {}
        self._midnight = float("-inf")
        used, last = _counted(days), self._last_uses(days)
        if not used:
            return

        async def add(db: Transaction) -> None:
            await rows.add(db, used, last)

        try:
            await self._database.write(add)
        except BaseException:
            self._take_back(days)
            raise

    def _turn(self) -> None:
        """Find out what day it is, and how long it lasts."""
        now = self._now().astimezone(UTC)
        midnight = datetime.combine(now.date() + timedelta(days=1), time.min, UTC)
        self._midnight = self._stopwatch() + (midnight - now).total_seconds()
        self._today = self._days.setdefault(now.date().isoformat(), {})

    def _last_uses(self, days: dict[str, _Day]) -> list[LastUse]:
        latest: dict[tuple[str, str], float] = {}
        for day in days.values():
            for (key_id, _), use in day.items():
                place = (key_id, use.account_id)
                latest[place] = max(use.last, latest.get(place, 0.0))
        if not latest:
            return []
        now, reading = self._now(), self._stopwatch()
        return [
            LastUse(key_id, account_id, now - timedelta(seconds=reading - last))
            for (key_id, account_id), last in latest.items()
        ]

    def _take_back(self, days: dict[str, _Day]) -> None:
        """Add what could not be written to what was counted meanwhile."""
        for name, day in days.items():
            kept = self._days.setdefault(name, {})
            for place, use in day.items():
                if place in kept:
                    kept[place].add(use)
                else:
                    kept[place] = use


def _counted(days: dict[str, _Day]) -> list[Usage]:
    return [
        Usage(key_id, name, action, use.calls, use.errors, use.refusals)
        for name, day in days.items()
        for (key_id, action), use in day.items()
    ]

"""From a counter's rows to what its callers see."""

from collections.abc import Sequence
from datetime import date

from actions.counters.dates import milestones, today_in, value_on
from actions.store.counter_changes import ChangeRow
from actions.store.counters import CounterRow
from gateway import Context
from schemas.base import ABSENT
from schemas.counters import Change, Counter

HISTORY = "history"
"""The expansion that shows a counter's latest changes."""
HISTORY_SHOWN = 10


def today_of(context: Context, timezone: str | None) -> date:
    """The date in the zone that the caller named, or in the workspace's."""
    return today_in(timezone or context.identity.timezone, context.now)


def counter_view(
    row: CounterRow,
    *,
    today: date = date.min,
    history: Sequence[ChangeRow] | None = None,
    permitted: Sequence[str] = (),
) -> Counter:
    """The counter as it is on `today`, which an UpDown counter does not depend on."""
    is_updown = row.type == "UpDown"
    start = None if is_updown else date.fromordinal(row.number)
    return Counter(
        row.id,
        row.external_id,
        row.name,
        row.type,
        row.number if start is None else value_on(row.type, row.number, today),
        row.mode if row.mode is not None else ABSENT,
        row.goal if is_updown else ABSENT,
        row.overflow if row.overflow is not None else ABSENT,
        ABSENT if start is None else start,
        milestones(start, row.milestones or (), today)
        if start is not None and row.type == "FromDate"
        else ABSENT,
        row.version,
        row.created_at,
        row.updated_at,
        row.created_by,
        row.description,
        row.metadata or {},
        ABSENT if history is None else [change_view(each, row.type) for each in history],
        permitted,
    )


def change_view(change: ChangeRow, type: str) -> Change:
    """One version of a counter of `type`; counters of days change their date."""
    before, after = change.before, change.after
    return Change(
        version=change.version,
        action=change.action,
        before=before if before is None or type == "UpDown" else date.fromordinal(before),
        after=after if type == "UpDown" else date.fromordinal(after),
        by_account=change.by_account,
        at=change.at,
    )

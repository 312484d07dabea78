"""What a key was used for."""

from datetime import date, timedelta

from gateway import Action, Context, NotFound
from gateway.access.usage import rows
from gateway.errors import ParameterError
from schemas.base import sent
from schemas.keys import (
    DayUse,
    KeyUsage,
    KeyUsageShape,
    UsageWanted,
    UsageWantedShape,
)

DAYS_SHOWN = 30
"""Days that are told when nobody says from when."""
DAYS_MAX = 366


class Usage(Action[UsageWanted, KeyUsage]):
    """Tell how often a key was used, by day (in UTC) and action; the last 30 days by default.

    Calls of the last few seconds may be missing. Errors and refusals are among the calls: refusals
    are those that were turned away before they ran.
    """

    scope = "keys:read"
    takes = UsageWantedShape()
    gives = KeyUsageShape()
    raises = (NotFound,)
    example = {"id": "0123456789AB", "from": "2026-11-01", "to": "2026-11-21"}

    async def run(self, params: UsageWanted, context: Context) -> KeyUsage:
        first, last = _span(params, context.now.date())
        found = await rows.usage_of(
            context.db,
            params.id,
            workspace_id=context.identity.workspace_id,
            first=first,
            last=last,
        )
        if found is None:
            raise NotFound
        uses = [
            DayUse(date.fromisoformat(day), action, calls, errors, refusals)
            for _, day, action, calls, errors, refusals in found
        ]
        return KeyUsage(params.id, first, last, uses)


def _span(params: UsageWanted, today: date) -> tuple[date, date]:
    """The first and the last day that are asked for. Raises ParameterError."""
    last = params.last if sent(params.last) else today
    shown = min(DAYS_SHOWN - 1, (last - date.min).days)
    first = params.first if sent(params.first) else last - timedelta(days=shown)
    if first > last:
        raise _refusal("Must not lie before from.")
    if (last - first).days >= DAYS_MAX:
        raise _refusal(f"Must be less than {DAYS_MAX} days after from.")
    return first, last


def _refusal(sentence: str) -> ParameterError:
    return ParameterError(f"`to`: {sentence}", {"to": [sentence]})

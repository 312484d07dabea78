"""Counters of days: how many have passed or are left, and which milestones they reached."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

from schemas.counters import Milestone

LADDER = (7, 10, 14, 21, 30, 50, 100, 150, 200, 250, 300, 365)
"""The first milestones, in days; after them every half year (CountTogether's ladder)."""

HALF_YEARS = (182, 183)


def today_in(zone: str, now: datetime) -> date:
    """The calendar date that people in the IANA zone have at `now`."""
    return now.astimezone(ZoneInfo(zone)).date()


def value_on(type: str, number: int, today: date) -> int:
    """What a counter of days counts on `today`: days passed since, or left until, its date.

    `number` is the ordinal of its date. Days are calendar dates, so a day of 23 or 25 hours is one.
    """
    passed = today.toordinal() - number
    return passed if type == "FromDate" else -passed


def milestones(start: date, own: Collection[int], today: date) -> list[Milestone]:
    """The milestones since `start`: the ladder's up to the first not reached, and all of `own`.

    Those whose date would lie behind the last year that there is are left out.
    """
    passed = (today - start).days
    days = sorted({*_ladder_until(passed), *own})
    room = (date.max - start).days
    return [
        Milestone(each, start + timedelta(days=each), reached=passed >= each)
        for each in days
        if each <= room
    ]


def _ladder_until(passed: int) -> Iterator[int]:
    """The ladder's steps up to the first that is more than `passed` days."""
    for each in _ladder():
        yield each
        if each > passed:
            return


def _ladder() -> Iterator[int]:
    yield from LADDER
    days = LADDER[-1]
    for more in cycle(HALF_YEARS):
        days += more
        yield days

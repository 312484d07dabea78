"""Limits judged from outside: by when calls were sent and answered, no window held too many."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple


class Passed(NamedTuple):
    """A call that was let through, at some time between the two."""

    sent: float
    answered: float


def most_in_a_window(passed: Iterable[Passed], seconds: float) -> int:
    """How many calls, at the most, were certainly let through in one window."""
    ordered = sorted(passed)
    starts = [each.sent for each in ordered]
    most = 0
    for place, first in enumerate(ordered):
        end = first.sent + seconds
        within = ordered[place : bisect_right(starts, end)]
        most = max(most, sum(each.answered <= end for each in within))
    return most

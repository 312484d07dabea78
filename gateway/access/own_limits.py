"""Rate limits as accounts have them: `calls/seconds`, or `off`."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from gateway.settings import LIMIT_FORM

OFF = "off"

_FORM = re.compile(LIMIT_FORM)


def is_limit(text: str) -> bool:
    return _FORM.fullmatch(text) is not None


class Limits(NamedTuple):
    """An account's limits: in all, and by action."""

    of_all: str
    by_action: Mapping[str, str]

    def of_account(self, rate_limit: str | None, rate_limits: Mapping[str, str] | None) -> "Limits":
        """What an account has whose own limits these are, where nobody's own are `self`."""
        # An account without a limit is not held to everybody's for an action either.
        by_action = {} if rate_limit == OFF else self.by_action
        return Limits(rate_limit or self.of_all, {**by_action, **(rate_limits or {})})

    def excess(self, held: "Limits") -> tuple[str, str] | None:
        """The first of these limits that allows more than `held` does, and what is held there."""
        if _exceeds(self.of_all, held.of_all):
            return self.of_all, held.of_all
        for path in sorted(self.by_action.keys() | held.by_action.keys()):
            # Without a limit of its own an action has room for as many calls as all of them.
            wanted = self.by_action.get(path, self.of_all)
            most = held.by_action.get(path, held.of_all)
            if _exceeds(wanted, most):
                return wanted, most
        return None


def _exceeds(one: str, other: str) -> bool:
    """Whether `one` allows more in some stretch of time than `other` does."""
    if other == OFF:
        return False
    if one == OFF:
        return True
    (calls, seconds), (most_calls, most_seconds) = _parts(one), _parts(other)
    return calls > most_calls or calls * most_seconds > most_calls * seconds


def _parts(limit: str) -> tuple[int, int]:
    calls, _, seconds = limit.partition("/")
    return int(calls), int(seconds)

"""Limits as anybody would check them: by counting, over everything that was ever let through."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.limits.policy import Bucket, Policy, parse_limit


class Taken(NamedTuple):
    at: float
    cost: int


def policy_of(calls: int, seconds: int) -> Policy:
    policy = parse_limit(f"{calls}/{seconds}")
    assert policy is not None
    return policy


def bucket(name: str, calls: int, seconds: int) -> Bucket:
    return name, policy_of(calls, seconds)


def most_in_any_window(taken: Sequence[Taken], seconds: float) -> int:
    """The fullest window of this length, its two ends included; one begins with each call."""
    return max(
        (sum(each.cost for each in taken if 0 <= each.at - first.at <= seconds) for first in taken),
        default=0,
    )


class NaiveWindow:
    """Lets a call through when the window that ends with it has room for it."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.taken: list[Taken] = []

    def used(self, now: float) -> int:
        begin = now - self.policy.seconds
        return sum(each.cost for each in self.taken if each.at >= begin)

    def left(self, now: float) -> int:
        return self.policy.calls - self.used(now)

    def leaves(self, now: float) -> float:
        """Seconds until the oldest call that counts leaves; 0 when none counts."""
        end = min(
            (each.at for each in self.taken if each.at >= now - self.policy.seconds), default=None
        )
        return 0.0 if end is None else end + self.policy.seconds - now

    def has_room(self, cost: int, now: float) -> bool:
        return self.used(now) + min(cost, self.policy.calls) <= self.policy.calls

    def take(self, cost: int, now: float) -> None:
        self.taken.append(Taken(now, min(cost, self.policy.calls)))

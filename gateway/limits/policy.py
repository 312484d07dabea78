"""What a limit says: so many calls in so many seconds."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from gateway.settings import LIMIT_FORM

Headers = tuple[tuple[str, str], ...]

_FORM = re.compile(LIMIT_FORM)


class Policy(NamedTuple):
    """At most `calls` in any `seconds`, and the two headers that say so."""

    calls: int
    seconds: int
    limit_header: tuple[str, str]
    policy_header: tuple[str, str]


def parse_limit(text: str) -> Policy | None:
    """The policy that `calls/seconds` stands for; None for `off`. Raises ValueError."""
    if _FORM.fullmatch(text) is None:
        raise ValueError("A limit is calls/seconds, such as 100/60, or off.")
    if text == "off":
        return None
    calls, seconds = map(int, text.split("/"))
    return Policy(
        calls,
        seconds,
        ("RateLimit-Limit", str(calls)),
        ("RateLimit-Policy", f"{calls};w={seconds}"),
    )


Bucket = tuple[str, Policy]
"""A window's name, and how much it holds."""


Level = tuple[int, float]
"""How full a window is, and the seconds until the oldest call leaves it, if there is one."""


class Ruling(NamedTuple):
    """What the windows of a call say: `wait` is 0.0 when it may go on and was counted.

    Else it is the seconds until there is room for it, and nothing was counted. `room` is what is
    left of the bucket that has the least, which the headers tell of; below zero when its limit was
    lowered. `lacking` names the buckets that have no room for the call.
    """

    wait: float
    room: int
    headers: Headers
    lacking: tuple[str, ...] = ()


def rule(wait: float, cost: int, buckets: Sequence[Bucket], levels: Sequence[Level]) -> Ruling:
    """The ruling on a call of this cost, with the headers of the bucket with the least room."""
    least = 0
    longest = 0.0
    tightest: Policy | None = None
    for (_, policy), (used, leaves) in zip(buckets, levels, strict=True):
        room = policy.calls - used
        if tightest is None or room < least or (room == least and leaves > longest):
            least, longest, tightest = room, leaves, policy
    assert tightest is not None  # noqa: S101 - a limited call has a bucket
    lacking = _lacking(cost, buckets, levels) if wait else ()
    return Ruling(wait, least, headers_of(tightest, max(0, least), longest), lacking)


def headers_of(policy: Policy, room: int, leaves: float) -> Headers:
    """What an answer tells of a bucket, in the words of section 8 of the protocol."""
    _, _, limit_header, policy_header = policy
    return (
        limit_header,
        ("RateLimit-Remaining", str(room)),
        ("RateLimit-Reset", str(math.ceil(leaves))),
        policy_header,
    )


def _lacking(cost: int, buckets: Sequence[Bucket], levels: Sequence[Level]) -> tuple[str, ...]:
    return tuple(
        name
        for (name, policy), (used, _) in zip(buckets, levels, strict=True)
        if used + min(cost, policy.calls) > policy.calls
    )

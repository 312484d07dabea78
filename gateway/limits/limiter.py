"""How much may they call? An account's own window, and that of the action, both or neither."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import NamedTuple

from gateway.access.identity import Identity
from gateway.limits.both import take_in_both
from gateway.limits.policy import Bucket, Policy, Ruling, parse_limit
from gateway.limits.shared import SharedWindows
from gateway.limits.windows import Windows

WAITING_MAX = 2
"""Callers of one account that wait for room instead of being refused."""
WAIT_SECONDS = 1.0
"""How soon there must be room for them."""

_MOMENT = 0.001
_OFF = "off"
_POLICIES_MAX = 10_000


class Rule(NamedTuple):
    """What an action costs, and its own limit for each account."""

    cost: int
    policy: Policy | None


class Limiter:
    """Counts the calls of accounts: in memory, and in `shared` together with other processes.

    `rules` has every action that needs a key, by path. While `shared` is away, this process
    counts alone; what it let through itself, it never forgets.
    """

    def __init__(
        self,
        rules: Mapping[str, Rule],
        *,
        default: Policy | None,
        windows: Windows,
        shared: SharedWindows | None = None,
        waits: bool = False,
    ) -> None:
        self._rules = rules
        self._windows = windows
        self._shared = shared
        self._lines: dict[str, list[_Waiting]] | None = {} if waits else None
        self._policies: dict[str | None, Policy | None] = {None: default}

    @property
    def is_alone(self) -> bool:
        """Whether other processes count too, and cannot be reached."""
        return self._shared is not None and self._shared.is_away

    def charge(
        self, caller: Identity, path: str, *, cost: int | None = None
    ) -> Ruling | Awaitable[Ruling] | None:
        """Count a call of `caller`, if there is room for it; None when nothing limits it.

        `cost` 0 counts nothing and only tells. In memory, the ruling is there at once.
        """
        rate_limit, own = caller.rate_limit, caller.rate_limits
        if rate_limit == _OFF and not own:
            return None
        rule = self._rules[path]
        account_id = caller.account_id
        account = self._policy(rate_limit)
        action = rule.policy if own is None else self._action_policy(rate_limit, own, path)
        buckets: list[Bucket] = []
        if account is not None:
            buckets.append((account_id, account))
        if action is not None:
            buckets.append((f"{account_id}/{path}", action))
        if not buckets:
            return None
        if cost is None:
            cost = rule.cost
        if self._lines is not None:
            return self._patiently(self._lines, account_id, buckets, cost)
        if self._shared is None or self._shared.is_away:
            return self._windows.take(buckets, cost)
        return take_in_both(self._windows, self._shared, buckets, cost)

    def _policy(self, text: str | None) -> Policy | None:
        try:
            return self._policies[text]
        except KeyError:
            if len(self._policies) >= _POLICIES_MAX:
                self._policies = {None: self._policies[None]}
            policy = self._policies[text] = parse_limit(str(text))
            return policy

    def _action_policy(
        self, rate_limit: str | None, own: Mapping[str, str], path: str
    ) -> Policy | None:
        """The account's own limit for the action, else everybody's; none for who has none."""
        if path in own:
            return self._policy(own[path])
        return None if rate_limit == _OFF else self._rules[path].policy

    async def _take(self, buckets: list[Bucket], cost: int) -> Ruling:
        if self._shared is None:
            return self._windows.take(buckets, cost)
        return await take_in_both(self._windows, self._shared, buckets, cost)

    async def _patiently(
        self, lines: "dict[str, list[_Waiting]]", account_id: str, buckets: list[Bucket], cost: int
    ) -> Ruling:
        """Let up to two callers of the account wait, in their order, when room opens soon."""
        line = lines.get(account_id)
        ruling = self._behind(line, buckets, cost) if line and cost else None
        if ruling is None:
            ruling = await self._take(buckets, cost)
        line = lines.get(account_id, [])
        if not 0 < ruling.wait <= WAIT_SECONDS or len(line) >= WAITING_MAX:
            return ruling
        waiting = _Waiting(cost, self._windows.clock() + ruling.wait, ruling.lacking)
        lines[account_id] = line
        line.append(waiting)
        try:
            await asyncio.sleep(ruling.wait)
        finally:
            line.remove(waiting)
            if not line:
                del lines[account_id]
        return await self._take(buckets, cost)

    def _behind(self, line: "list[_Waiting]", buckets: list[Bucket], cost: int) -> Ruling | None:
        """The ruling for one who comes while others wait for a bucket of theirs: after the last.

        None when nobody does.
        """
        now = self._windows.clock()
        wait = 0.0
        lacking: list[str] = []
        for name, policy in buckets:
            before = [each for each in line if name in each.lacking]
            if before:
                units = cost + sum(each.cost for each in before)
                alone = self._windows.take([(name, policy)], units, count=False)
                wait = max(wait, alone.wait, before[-1].until - now, _MOMENT)
                if units > policy.calls:
                    # Those who wait fill it: there is room when the first of them has left again.
                    wait = max(wait, before[0].until + policy.seconds - now)
                lacking.append(name)
        if not lacking:
            return None
        ruling = self._windows.take(buckets, cost, count=False)
        wait = max(wait, ruling.wait)
        return ruling._replace(wait=wait, lacking=(*lacking, *ruling.lacking))


class _Waiting(NamedTuple):
    """A caller who waits until then, for room in the buckets named."""

    cost: int
    until: float
    lacking: tuple[str, ...]

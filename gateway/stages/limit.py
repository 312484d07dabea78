"""Is there room? The account's window and the action's own."""

from collections.abc import Awaitable, Mapping

from gateway.access.identity import Identity
from gateway.errors import RateLimited
from gateway.limits.limiter import Limiter, Rule
from gateway.limits.policy import Ruling, parse_limit
from gateway.registry import Registered, Registry
from gateway.settings import SettingsError

Told = list[tuple[str, str]]
"""The headers of the answer to come."""


def limit(
    caller: Identity, registered: Registered, headers: Told, *, by: Limiter
) -> Awaitable[None] | None:
    """Count the call, and say in `headers` how much room is left; await what is returned, if it is.

    Raises RateLimited when there is no room; then nothing is counted.
    """
    ruling = by.charge(caller, registered.path)
    if ruling is None:
        return None
    if isinstance(ruling, Ruling):
        _apply(ruling, headers)
        return None
    return _later(ruling, headers)


async def tell_limit(
    caller: Identity, registered: Registered, headers: Told, *, by: Limiter
) -> None:
    """Say in `headers` how much room is left, for a call that is refused and not counted."""
    ruling = by.charge(caller, registered.path, cost=0)
    if ruling is not None:
        headers += (ruling if isinstance(ruling, Ruling) else await ruling).headers


def rules_of(registry: Registry, limits: Mapping[str, str]) -> dict[str, Rule]:
    """What each action costs and its own limit, where `limits` come before what it declares.

    Raises SettingsError when one of them is for an action that cannot have it.
    """
    rules: dict[str, Rule] = {}
    for each in registry:
        declared = each.action.limit
        if each.needs_key:
            text = limits.get(each.path, declared)
            rules[each.path] = Rule(each.action.cost, parse_limit(text) if text else None)
    for path in limits:
        if path not in rules:
            raise SettingsError(
                f"The setting rate_limits cannot be used: {path} is no action that needs a key."
            )
    return rules


def _apply(ruling: Ruling, headers: Told) -> None:
    headers += ruling.headers
    if ruling.wait:
        raise RateLimited(retry_after=ruling.wait)


async def _later(ruling: "Awaitable[Ruling]", headers: Told) -> None:
    _apply(await ruling, headers)

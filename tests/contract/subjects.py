"""Objects of each section in every state that decides what can be done with them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from tests.support.house import NOON, House
from tests.support.people import add_account, add_workspace

INT64_MAX = 2**63 - 1

CALLERS: Mapping[str, Mapping[str, Any]] = {
    "viewer": {"role": "viewer"},
    "editor": {"role": "editor"},
    "admin": {"role": "admin"},
    "owner": {"role": "owner"},
    "narrowed": {
        "role": "admin",
        "key_scopes": ["accounts:admin", "accounts:read", "keys:admin", "keys:read"],
    },
    "expiring": {"role": "admin", "expires_at": NOON + timedelta(hours=2)},
    "limited": {"role": "admin", "rate_limit": "90000/60"},
    "narrowed owner": {"role": "owner", "scopes": ["accounts:admin", "accounts:read", "keys:read"]},
}
"""Accounts beside the owner who makes the objects."""

LONE, OPERATOR = "lone owner", "operator"
"""The owner who makes the objects: alone in a workspace, or in the operator's."""

WHO: Mapping[str, tuple[str, ...]] = {
    "counters": ("viewer", "editor", OPERATOR),
    "accounts": (*CALLERS, LONE),
    "keys": (*CALLERS, LONE),
    "workspaces": (*CALLERS, LONE, OPERATOR),
}
"""By section, those for whom it may make a difference."""


class World(NamedTuple):
    """A workspace with an owner who makes its objects, and one who wants to use them."""

    house: House
    workspace_id: str
    maker: str
    """The owner's key."""
    caller: str
    """The other's key, which may be the same."""

    async def make(self, path: str, **params: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.house.data(path, key=self.maker, **params)
        return made


Make = Callable[[World], Awaitable[str]]
"""Makes an object, and returns its id."""


async def world(house: House, caller: str) -> World:
    if caller == OPERATOR:
        own = await house.data("workspaces/get")
        return World(house, own["id"], house.key, house.key)
    workspace_id = await add_workspace(house)
    maker = (await add_account(house, workspace_id)).text
    if caller == LONE:
        return World(house, workspace_id, maker, maker)
    key = await add_account(house, workspace_id, **CALLERS[caller])
    return World(house, workspace_id, maker, key.text)


def _counter(**params: Any) -> Make:
    async def make(here: World) -> str:
        wanted = {"name": "Daily steps", "type": "UpDown", **params}
        return str((await here.make("counters/create", **wanted))["id"])

    return make


def _account(**params: Any) -> Make:
    async def make(here: World) -> str:
        return str((await here.make("accounts/create", name="Newcomer", **params))["id"])

    return make


def _key(role: str = "viewer", *, then: str = "", limit: str | None = None, **params: Any) -> Make:
    async def make(here: World) -> str:
        own = {} if limit is None else {"rate_limit": limit}
        account_id = await _account(role=role, **own)(here)
        made = await here.make("keys/create", account_id=account_id, name="Key", **params)
        if then == "rotate":
            await here.make("keys/rotate", id=made["id"], overlap_seconds=3600)
        elif then:
            await here.make(then, id=made["id"])
        return str(made["id"])

    return make


async def _expired_key(here: World) -> str:
    end = here.house.clock.now + timedelta(seconds=1)
    id = await _key(expires_at=end.isoformat())(here)
    here.house.clock.now = end
    return id


async def _makers_account(here: World) -> str:
    return str((await here.make("system/whoami"))["account_id"])


async def _makers_key(here: World) -> str:
    return str((await here.make("system/whoami"))["key_id"])


async def _own_workspace(here: World) -> str:
    return here.workspace_id


def _workspace(*, suspended: bool) -> Make:
    async def make(here: World) -> str:
        made = await here.house.data("workspaces/create", name="Next door")
        if suspended:
            await here.house.data("workspaces/suspend", id=made["id"])
        return str(made["id"])

    return make


SUBJECTS: Mapping[str, Mapping[str, Make]] = {
    "counters": {
        "plain": _counter(),
        "only up": _counter(mode="OnlyUp"),
        "only down": _counter(mode="OnlyDown"),
        "at its goal": _counter(value=5, goal=5, overflow="refuse"),
        "below its goal": _counter(value=4, goal=5, overflow="refuse"),
        "past a goal that refuses nothing": _counter(value=6, goal=5),
        "down at its goal": _counter(value=5, goal=5, overflow="refuse", mode="OnlyDown"),
        "up at its goal": _counter(value=5, goal=5, overflow="refuse", mode="OnlyUp"),
        "at the highest number": _counter(value=INT64_MAX),
        "at the lowest number": _counter(value=-INT64_MAX - 1),
        "days since": _counter(type="FromDate", date="2026-01-01"),
        "days left": _counter(type="ToDate", date="2027-01-01"),
    },
    "accounts": {
        **{role: _account(role=role) for role in ("viewer", "editor", "admin", "owner")},
        "with a low limit": _account(role="viewer", rate_limit="10/60"),
        "with scopes": _account(role="viewer", scopes=["accounts:read"]),
        "narrowed owner": _account(role="owner", scopes=["accounts:read"]),
        "the maker's": _makers_account,
    },
    "keys": {
        **{role: _key(role) for role in ("viewer", "admin", "owner")},
        "of a low limit": _key(limit="10/60"),
        "with scopes": _key(scopes=["accounts:read"], limit="10/60"),
        "that ends soon": _key(expires_at=(NOON + timedelta(hours=1)).isoformat()),
        "that ends late": _key(expires_at=(NOON + timedelta(hours=3)).isoformat()),
        "revoked": _key(then="keys/revoke"),
        "rotated": _key(then="rotate"),
        "expired": _expired_key,
        "the maker's": _makers_key,
    },
    "workspaces": {
        "own": _own_workspace,
        "another": _workspace(suspended=False),
        "suspended": _workspace(suspended=True),
    },
}
"""By section and state."""

"""Examples of actions with real objects in the place of the ids that they name."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway import Effect
from gateway.registry import Registered
from schemas.fields import Secret
from tests.support.house import House

Made = tuple[str, str]
"""The id of an object, and the caller's own reference to it."""


async def _account(house: House, key: str) -> Made:
    made = await house.data("accounts/create", key=key, name="Newcomer", role="viewer")
    return made["id"], ""


async def _made_key(house: House, key: str) -> dict[str, Any]:
    account_id, _ = await _account(house, key)
    made: dict[str, Any] = await house.data(
        "keys/create", key=key, account_id=account_id, name="Newcomer's"
    )
    return made


async def _key(house: House, key: str) -> Made:
    return (await _made_key(house, key))["id"], ""


async def _counter(house: House, key: str) -> Made:
    made = await house.data(
        "counters/create", key=key, name="Daily steps", type="UpDown", external_id="own steps"
    )
    return made["id"], made["external_id"]


async def _workspace(house: House, key: str) -> Made:
    made = await house.data("workspaces/create", key=key, name="Next door")
    return made["id"], ""


MAKERS: Mapping[str, Callable[[House, str], Awaitable[Made]]] = {
    "accounts": _account,
    "counters": _counter,
    "keys": _key,
    "workspaces": _workspace,
}
"""By section, what makes one of its objects with a key, and returns its references."""


def references(registered: Registered) -> dict[str, str]:
    """The parameters with which an action names an object, each with that object's section."""
    found = {}
    for name in registered.takes.fields:
        if name == "id":
            found[name] = registered.section
        elif name == "external_id":
            # What is to be made has no reference yet; it is given one.
            if registered.action.effect is not Effect.CREATES:
                found[name] = registered.section
        elif name.endswith("_id"):
            found[name] = f"{name.removesuffix('_id')}s"
    strange = set(found.values()) - MAKERS.keys()
    assert not strange, f"{registered.path}: tell in MAKERS how {strange} are made"
    return found


async def runnable(house: House, registered: Registered) -> dict[str, Any]:
    """The action's example, which names objects, and shows a key, that are there."""
    params = dict(registered.action.example)
    for name, section in references(registered).items():
        if name in params and name != "external_id":
            params[name], _ = await MAKERS[section](house, house.key)
    if isinstance(registered.takes.fields.get("key"), Secret):
        params["key"] = (await _made_key(house, house.key))["key"]
    return params


def naming(registered: Registered, **reference: str) -> dict[str, Any]:
    """The action's example, with no references but the one given, by its parameter's name."""
    others = references(registered)
    kept = {each: it for each, it in registered.action.example.items() if each not in others}
    return {**kept, **reference}

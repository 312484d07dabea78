"""What tests of the sections begin with: counters, accounts, workspaces."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from actions.bootstrap import new_id
from gateway.access import rows
from gateway.access.keys import make_key
from gateway.access.roles import Role
from gateway.store.database import Transaction
from tests.support.house import NOON, Answer, House

Counter = dict[str, Any]
Make = Callable[..., Awaitable[Counter]]
Admit = Callable[..., Awaitable[str]]

no_rows = pytest.mark.parametrize("kind", ["sqlite"])
"""Marks a test whose answer no row of a section decides: one kind of database is enough."""

NO_SUCH_COUNTER = {
    "code": "NotFound",
    "message": "There is no such counter, or this key may not see it.",
    "retryable": False,
    "number": -1100,
}


def flags(answer: Answer) -> dict[str, Any]:
    """The answer's flags, but for the id of its request."""
    return {name: value for name, value in answer["flags"].items() if name != "request_id"}


def foreign(type_: str, names: Iterable[str]) -> dict[str, list[str]]:
    """The refusal of fields that a counter of the type does not have."""
    sentence = [f"A counter of type {type_} does not have this."]
    return dict.fromkeys(names, sentence)


async def add_workspace(house: House, timezone: str) -> str:
    """The id of one more workspace."""
    workspace_id = new_id()

    async def add(db: Transaction) -> None:
        await rows.add_workspace(
            db, id=workspace_id, name="Next door", timezone=timezone, operator=False, at=NOON
        )

    await house.gateway.database.write(add)
    return workspace_id


async def add_account(
    house: House,
    workspace_id: str,
    *,
    role: str = "owner",
    scopes: list[str] | None = None,
    key_scopes: list[str] | None = None,
) -> str:
    """The key of one more account."""
    account_id, key = new_id(), make_key("live")

    async def add(db: Transaction) -> None:
        await rows.add_account(
            db,
            id=account_id,
            workspace_id=workspace_id,
            name="Newcomer",
            role=Role(role),
            scopes=scopes,
            at=NOON,
        )
        await rows.add_key(
            db,
            key=key,
            account_id=account_id,
            name="Newcomer's key",
            scopes=key_scopes,
            at=NOON,
            expires_at=None,
        )

    await house.gateway.database.write(add)
    return key.text

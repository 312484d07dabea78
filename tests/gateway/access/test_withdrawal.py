"""Gateways that share a database hear of each other's revocations at once."""

import asyncio
import time
from typing import Any

import pytest

from actions.catalogue import SECTIONS
from gateway.access.authenticator import Authenticator
from gateway.access.withdrawal import CHANNEL
from gateway.errors import InvalidAPIKey, WorkspaceSuspended
from tests.conftest import OpenHouse
from tests.gateway.kinds import ON_POSTGRES
from tests.support.house import House

pytestmark = ON_POSTGRES


OF_ACCESS = tuple(each for each in SECTIONS if each.migrations is None)
"""The sections whose rows are the engine's own."""


class Elsewhere:
    """The authenticator of another gateway, whose memory never fades by itself."""

    def __init__(self, house: House) -> None:
        database = house.gateway.database
        self.authenticator = Authenticator(database.reader, now=house.clock, clock=lambda: 100.0)
        self.heard: list[str] = []
        database.listen(CHANNEL, self._hear)

    def _hear(self, id: str) -> None:
        self.heard.append(id)
        self.authenticator.forget(id)

    async def outcome(self, key: str) -> str:
        try:
            return (await self.authenticator.identify(key)).role
        except (InvalidAPIKey, WorkspaceSuspended) as refused:
            return refused.code()

    async def comes_to(self, key: str, wanted: str) -> None:
        """Wait until the key's outcome is the one wanted."""
        limit = time.monotonic() + 5
        while (found := await self.outcome(key)) != wanted:
            assert time.monotonic() < limit, found
            await asyncio.sleep(0.005)


@pytest.fixture
async def two(open_house: OpenHouse) -> tuple[House, Elsewhere]:
    """A gateway that makes changes, and another whose authenticator is looked at."""
    here, there = await open_house(sections=OF_ACCESS), await open_house(sections=OF_ACCESS)
    elsewhere = Elsewhere(there)
    while not elsewhere.heard:  # until its line stands
        await here.data("workspaces/update", name="Main")
        await asyncio.sleep(0.01)
    return here, elsewhere


async def made(house: House) -> dict[str, Any]:
    account = await house.data("accounts/create", name="Dashboard", role="editor")
    key: dict[str, Any] = await house.data("keys/create", account_id=account["id"], name="Key")
    return key


@pytest.mark.parametrize("path", ["keys/revoke", "keys/rotate"])
async def test_a_key(two: tuple[House, Elsewhere], path: str) -> None:
    here, elsewhere = two
    key = await made(here)
    assert await elsewhere.outcome(key["key"]) == "editor"

    await here.data(path, id=key["id"])

    await elsewhere.comes_to(key["key"], "InvalidAPIKey")


async def test_a_reported_key(two: tuple[House, Elsewhere]) -> None:
    here, elsewhere = two
    key = await made(here)
    assert await elsewhere.outcome(key["key"]) == "editor"

    await here.post("keys/report_leak", None, {"key": key["key"]})

    await elsewhere.comes_to(key["key"], "InvalidAPIKey")


async def test_an_account(two: tuple[House, Elsewhere]) -> None:
    here, elsewhere = two
    key = await made(here)
    assert await elsewhere.outcome(key["key"]) == "editor"

    await here.data("accounts/update", id=key["account_id"], role="viewer")
    await elsewhere.comes_to(key["key"], "viewer")
    await here.data("accounts/delete", id=key["account_id"])
    await elsewhere.comes_to(key["key"], "InvalidAPIKey")


async def test_a_workspace(two: tuple[House, Elsewhere]) -> None:
    here, elsewhere = two
    workspace = await here.data("workspaces/create", name="Second")
    assert await elsewhere.outcome(workspace["key"]) == "owner"

    await here.data("workspaces/suspend", id=workspace["id"])
    await elsewhere.comes_to(workspace["key"], "WorkspaceSuspended")
    await here.data("workspaces/resume", id=workspace["id"])
    await elsewhere.comes_to(workspace["key"], "owner")

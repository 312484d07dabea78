"""An account is locked before its keys, whoever locks both: nobody waits for each other."""

import asyncio
from datetime import timedelta

import pytest

from gateway.access import accounts, held_keys
from gateway.access.keys import parse_key
from gateway.access.usage import rows as usage
from gateway.access.usage.rows import LastUse, Usage
from gateway.store.database import Transaction
from tests.conftest import OpenHouse
from tests.gateway.access.test_withdrawal import OF_ACCESS
from tests.gateway.kinds import ON_POSTGRES
from tests.support.house import House

pytestmark = ON_POSTGRES


class Deletion:
    """A deletion of an account that stops between the lock of the account and its keys."""

    def __init__(self, house: House, workspace_id: str, account_id: str) -> None:
        self.house = house
        self.workspace_id = workspace_id
        self.account_id = account_id
        self.locked, self.go_on = asyncio.Event(), asyncio.Event()
        self.tries = 0

    async def __call__(self, db: Transaction) -> None:
        self.tries += 1
        await accounts.lock_owners(db, self.workspace_id)
        account = await accounts.lock(db, self.workspace_id, self.account_id)
        self.locked.set()
        await self.go_on.wait()
        await accounts.remove(db, account)

    async def meets(self, other: "asyncio.Task[object]") -> None:
        """Let the other one run into the lock, and go on."""
        await asyncio.sleep(0.1)
        self.go_on.set()
        await asyncio.wait([other])


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house(sections=OF_ACCESS)


@pytest.fixture
async def key(house: House) -> tuple[str, str]:
    """The ids of a key and of its account."""
    account = await house.data("accounts/create", name="Dashboard", role="viewer")
    made = await house.data("keys/create", account_id=account["id"], name="First")
    parsed = parse_key(made["key"])
    assert parsed is not None
    return parsed.id, account["id"]


async def _deletion(house: House, account_id: str) -> Deletion:
    own = await house.data("workspaces/get")
    return Deletion(house, own["id"], account_id)


async def test_a_rotation_waits_for_the_deletion_with_no_lock_of_its_own(
    house: House, key: tuple[str, str]
) -> None:
    key_id, account_id = key
    deletion, tries = await _deletion(house, account_id), 0

    async def rotate(db: Transaction) -> None:
        nonlocal tries
        tries += 1
        held = await held_keys.lock_for_heir(db, deletion.workspace_id, key_id)
        await held_keys.rotate(db, held, environment="live", overlap_seconds=0, now=house.clock())

    database = house.gateway.database
    deleting = asyncio.create_task(database.write(deletion))
    await deletion.locked.wait()
    rotating = asyncio.create_task(database.write(rotate))
    await deletion.meets(rotating)
    await deleting

    assert (deletion.tries, tries) == (1, 1)
    assert type(rotating.exception()).__name__ == "NotFound"


async def test_the_use_of_keys_waits_for_the_deletion_with_no_lock_of_its_own(
    house: House, key: tuple[str, str]
) -> None:
    key_id, account_id = key
    deletion, tries = await _deletion(house, account_id), 0
    used = Usage(key_id, "2026-11-21", "system/ping", 1, 0, 0)
    last = LastUse(key_id, account_id, house.clock.now + timedelta(seconds=1))

    async def add(db: Transaction) -> None:
        nonlocal tries
        tries += 1
        await usage.add(db, [used], [last])

    database = house.gateway.database
    deleting = asyncio.create_task(database.write(deletion))
    await deletion.locked.wait()
    adding = asyncio.create_task(database.write(add))
    await deletion.meets(adding)
    await asyncio.gather(deleting, adding)

    assert (deletion.tries, tries) == (1, 1)

"""The first workspace, its owner and the owner's key are made once."""

import asyncio
from datetime import timedelta

from sqlalchemy import delete, select

from actions.bootstrap import new_id
from gateway.access.audit import rows as audit
from gateway.access.founding import found
from gateway.access.keys import Key, parse_key
from gateway.access.tables import accounts, keys, workspaces
from gateway.listing import Listing
from gateway.store.database import Transaction
from gateway.store.statements import Statement
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.kinds import ON_SQLITE
from tests.support.audited import operators
from tests.support.house import House

_WORKSPACES = Statement(select(workspaces.c.name, workspaces.c.timezone, workspaces.c.is_operator))
_ACCOUNTS = Statement(select(accounts.c.name, accounts.c.role, accounts.c.scopes))
_KEYS = Statement(
    select(keys.c.id, keys.c.secret_hash, keys.c.last_four, keys.c.scopes, keys.c.expires_at)
)
_IDS = [Statement(select(table.c.id)) for table in (workspaces, accounts, keys)]
_MADE_AT = Statement(select(workspaces.c.created_at))
_FORGET = [Statement(delete(table)) for table in (keys, accounts, workspaces)]


async def test_the_first_owner_belongs_to_the_operators_workspace(toybox: House) -> None:
    reader = toybox.gateway.database.reader

    assert await reader.all(_WORKSPACES) == [("Main", "UTC", 1)]
    assert await reader.all(_ACCOUNTS) == [("Owner", "owner", None)]


async def test_of_the_key_no_more_is_kept_than_its_hash(toybox: House) -> None:
    key = parse_key(toybox.key)
    ((id_, *kept),) = await toybox.gateway.database.reader.all(_KEYS)

    assert key is not None
    assert id_ == key.id
    assert kept == [key.secret_hash, key.secret[-4:], None, None]


async def test_each_of_the_three_is_on_record_in_nobodys_name(toybox: House) -> None:
    reader = toybox.gateway.database.reader
    ids = {id for each in _IDS for (id,) in await reader.all(each)}
    (at,) = {at for (at,) in await reader.all(_MADE_AT)}
    found, _ = await audit.stretch(
        reader, Listing(per_page=100), workspace_id=await operators(toybox)
    )

    assert {each.object_id for each in found} == ids
    assert len(found) == len(ids) == 3
    assert {each[2:6] for each in found} == {(at, None, None, "workspaces/create")}
    assert {each.keep_until for each in found} == {at + timedelta(days=400)}


async def test_it_is_done_once(toybox: House) -> None:
    assert await toybox.gateway.found() is None


async def test_of_many_who_try_at_once_one_makes_it(toybox: House) -> None:
    gateway = toybox.gateway

    async def forget(db: Transaction) -> None:
        for statement in _FORGET:
            await db.run(statement)

    async def make() -> Key | None:
        return await found(
            gateway.database, environment="live", now=toybox.clock, new_id=new_id, audit_days=400
        )

    await gateway.database.write(forget)
    made = await asyncio.gather(*(make() for _ in range(5)))

    assert len([key for key in made if key is not None]) == 1
    assert await gateway.database.reader.all(_WORKSPACES) == [("Main", "UTC", 1)]


@ON_SQLITE
async def test_the_environment_is_part_of_the_key(open_house: OpenHouse) -> None:
    house = await open_house(sections=(toys.section,), environment="test")

    assert house.key.startswith("hal_test_")

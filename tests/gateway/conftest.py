"""The engine under test serves toys: a section of our own, on databases that have its tables."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.access.schema import MIGRATIONS
from gateway.store.migrate import migrate, postgres_url, sqlite_url
from tests.conftest import OpenHouse
from tests.gateway import toy_store, toys
from tests.gateway.toys import Bench
from tests.support.databases import drop_postgres, empty_postgres
from tests.support.house import House

BRANCHES = [MIGRATIONS, toy_store.MIGRATIONS]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toys") / "template.db"
    asyncio.run(migrate(sqlite_url(path), BRANCHES))
    return path


@pytest.fixture(scope="session")
def postgres_address(server: str) -> Iterator[str]:
    name = f"halyard_toys_{os.getpid()}"
    asyncio.run(drop_postgres(server, name))
    address = asyncio.run(empty_postgres(server, name))
    asyncio.run(migrate(postgres_url(address), BRANCHES))
    yield address
    asyncio.run(drop_postgres(server, name))


@pytest.fixture
async def house(open_house: OpenHouse, door: str) -> House:
    """The toys on each database, behind each door."""
    return await open_house(door=door, sections=(toys.section,))


@pytest.fixture
async def toybox(open_house: OpenHouse) -> House:
    """The toys on each database, called directly."""
    return await open_house(sections=(toys.section,))


@pytest.fixture
def bench(toybox: House) -> Bench:
    """What the toys of the toybox started."""
    found: Bench = toybox.gateway.pipeline.shared.sections["toys"]
    return found

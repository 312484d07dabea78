"""Fixtures that every test may ask for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import hypothesis
import pytest

from actions.bootstrap import Gateway
from actions.catalogue import SECTIONS
from gateway import Section
from gateway.logs import make_log
from gateway.settings import Settings
from tests.support.databases import (
    copied_postgres,
    copy_sqlite,
    empty_rows,
    migrated_postgres,
    migrated_sqlite,
    postgres_server,
)
from tests.support.house import Clock, House, Log, Send

# The same examples each time, and no clock: speed is measured elsewhere.
hypothesis.settings.register_profile("halyard", deadline=None, derandomize=True)
hypothesis.settings.load_profile("halyard")

OpenHouse = Callable[..., Awaitable[House]]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server."""
    with postgres_server(tmp_path_factory.mktemp("pgdata")) as address:
        yield address


@pytest.fixture(scope="session")
def postgres_address(server: str) -> Iterator[str]:
    with migrated_postgres(server) as address:
        yield address


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database: a test that touches rows runs on both."""
    return str(request.param)


@pytest.fixture(params=["direct", "http"])
def door(request: pytest.FixtureRequest) -> str:
    """Which way in: a test of behaviour runs through both."""
    return str(request.param)


@pytest.fixture
def source(kind: str, request: pytest.FixtureRequest) -> tuple[str, Any]:
    """What a test's database comes from: a file to copy, or an address."""
    name = "sqlite_template" if kind == "sqlite" else "postgres_address"
    return kind, request.getfixturevalue(name)


@pytest.fixture
async def database(
    source: tuple[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[dict[str, Any]]:
    """The settings of an empty, migrated database of the kind.

    A test marked `ruins_database` has one of its own; on PostgreSQL the others take turns.
    """
    kind, place = source
    data = tmp_path / "data"
    if kind == "sqlite":
        copy_sqlite(place, data)
        yield {"data": data}
        return
    if request.node.get_closest_marker("ruins_database"):
        async with copied_postgres(place) as own:
            yield {"data": data, "database": own}
        return
    yield {"data": data, "database": place}
    await empty_rows(place)


@pytest.fixture
async def open_house(database: dict[str, Any]) -> AsyncIterator[OpenHouse]:
    """Opens a gateway: `door`, `sections`, `clock`, and any settings by name."""
    async with AsyncExitStack() as stack:

        async def open_(
            *,
            door: str = "direct",
            sections: tuple[Section, ...] = SECTIONS,
            clock: Clock | None = None,
            **settings: Any,
        ) -> House:
            clock, log = clock or Clock(), Log()
            chosen = Settings(port=0, log_format="json", **{**database, **settings})
            gateway = Gateway(chosen, make_log(chosen, log), sections=sections, now=clock)
            await gateway.open()
            stack.push_async_callback(gateway.close)
            key = await gateway.found()
            house = House(gateway, key.text if key else "", clock, log, door)
            if door == "http":
                house.url = f"http://127.0.0.1:{await gateway.listen()}"
                house.session = await stack.enter_async_context(aiohttp.ClientSession())
            return house

        yield open_


@pytest.fixture
async def house(open_house: OpenHouse, door: str) -> House:
    """The shipped API on each database, behind each door."""
    return await open_house(door=door)


@pytest.fixture
def send(house: House) -> Send:
    """Calls an action of the shipped API and returns the parsed envelope."""
    return house.send


@pytest.fixture
def clock(house: House) -> Clock:
    return house.clock

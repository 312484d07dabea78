"""A gateway behind real HTTP; which database it has does not matter here."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.toys import Bench
from tests.gateway.web.wire import Wire, wired
from tests.support.house import House


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def door() -> str:
    return "http"


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """The toys behind HTTP; a body may take a tenth of a second to arrive."""
    return await open_house(door="http", sections=(toys.section,), body_timeout=0.1)


@pytest.fixture
def bench(house: House) -> Bench:
    """What the toys of the house started."""
    found: Bench = house.gateway.pipeline.shared.sections["toys"]
    return found


@pytest.fixture
async def wire(house: House) -> AsyncIterator[Wire]:
    """A connection to the house."""
    async with wired(house) as connected:
        yield connected

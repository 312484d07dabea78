"""Limits are the same on every database and behind every door; one of each will do."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conftest import OpenHouse
from tests.gateway.limits import shop
from tests.gateway.limits.gate import Gate
from tests.support.house import House
from tests.support.redis import redis_server


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
async def market(open_house: OpenHouse) -> House:
    """A gateway where an account has five calls in a minute."""
    return await open_house(sections=(shop.section,), rate_limit="5/60")


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis."""
    with redis_server(tmp_path_factory.mktemp("redis")) as address:
        yield address


@pytest.fixture
async def gate(redis: str) -> AsyncIterator[Gate]:
    """A gate before the Redis, which is open."""
    gate = Gate(redis)
    await gate.open()
    yield gate
    await gate.shut()

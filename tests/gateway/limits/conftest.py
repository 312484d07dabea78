"""Limits are the same on every database and behind every door; one of each will do."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.limits.shared import SharedWindows
from gateway.logs import make_log
from gateway.settings import Settings
from tests.conftest import OpenHouse
from tests.gateway.limits import shop
from tests.gateway.limits.gate import Gate
from tests.support.house import House, Log
from tests.support.redis import OwnRedis, own_redis, redis_server

OpenWindows = Callable[[str], Awaitable[SharedWindows]]


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
def mortal(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis that keeps nothing, and may be killed and started again."""
    with own_redis(tmp_path / "redis") as server:
        yield server


@pytest.fixture
async def gate(redis: str) -> AsyncIterator[Gate]:
    """A gate before the Redis, which is open."""
    gate = Gate(redis)
    await gate.open()
    yield gate
    await gate.shut()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
async def open_windows(log: Log) -> AsyncIterator[OpenWindows]:
    async with AsyncExitStack() as stack:

        async def open_(address: str) -> SharedWindows:
            windows = SharedWindows(address, make_log(Settings(log_format="json"), log))
            stack.push_async_callback(windows.close)
            await windows.open()
            return windows

        yield open_

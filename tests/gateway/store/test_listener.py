"""What one process tells is heard by the others, also after the connection was lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest

from gateway.store.database import Database, Transaction
from gateway.store.postgres import PostgresDatabase

CHANNEL = "halyard_test"


@pytest.fixture
def kind() -> str:
    return "postgresql"


@pytest.fixture
async def other(database: dict[str, Any]) -> AsyncIterator[Database]:
    """Another process, as far as the server knows."""
    opened = await PostgresDatabase(database["database"]).open()
    yield opened
    await opened.close()


async def until(holds: Callable[[], object]) -> None:
    limit = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < limit
        await asyncio.sleep(0.01)


async def tell(db: Database, text: str, *, then: Exception | None = None) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.notify(CHANNEL, text)
        if then is not None:
            raise then

    await db.write(work)


async def hear(db: Database, other: Database) -> list[str]:
    """What is heard from now on; the first word tells that the line stands."""
    heard: list[str] = []
    db.listen(CHANNEL, heard.append)
    await reach(heard, other)
    return heard


async def reach(heard: list[str], other: Database) -> None:
    limit = time.monotonic() + 10
    while "hello" not in heard:
        assert time.monotonic() < limit
        await tell(other, "hello")
        await asyncio.sleep(0.02)
    heard.clear()


async def test_what_is_committed_is_heard(db: Database, other: Database) -> None:
    heard = await hear(db, other)

    await tell(other, "key 1")

    await until(lambda: "key 1" in heard)


async def test_what_is_rolled_back_is_not_heard(db: Database, other: Database) -> None:
    heard = await hear(db, other)

    with pytest.raises(RuntimeError):
        await tell(other, "key 1", then=RuntimeError())
    await tell(other, "key 2")

    await until(lambda: "key 2" in heard)
    assert "key 1" not in heard


async def test_a_lost_connection_comes_back_by_itself(
    db: Database, other: Database, database: dict[str, Any]
) -> None:
    heard = await hear(db, other)
    connection = await asyncpg.connect(database["database"])
    ended = await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    await connection.close()

    await reach(heard, other)

    assert len(ended) == 1


async def test_closing_ends_the_listening(database: dict[str, Any], other: Database) -> None:
    db = await PostgresDatabase(database["database"]).open()
    heard = await hear(db, other)
    await db.close()

    await tell(other, "key 1")
    await asyncio.sleep(0.1)

    assert heard == []


async def test_a_server_that_is_away_holds_nobody_up(db: Database) -> None:
    nowhere = PostgresDatabase("postgresql://127.0.0.1:1/nowhere")
    nowhere.listen(CHANNEL, lambda _: None)
    await asyncio.sleep(0.3)

    for listener in nowhere._listeners:  # noqa: SLF001 - what was never open cannot be closed
        await listener.stop()

"""PostgreSQL: unlucky transactions are run again, commits are durable, no password is told."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import bindparam, insert, select, text, update

from gateway.store.database import (
    Database,
    DatabaseError,
    Lane,
    LockedError,
    QueueFullError,
    Transaction,
)
from gateway.store.postgres import TRIES, PostgresDatabase
from gateway.store.statements import Row, Statement
from tests.gateway import toy_store
from tests.gateway.store.shelf import Shelves, begun, every_connection_held, keep, outcomes
from tests.gateway.toy_store import tallies
from tests.support.databases import drop_postgres

_ADD = Statement(insert(tallies))
_READ = Statement(select(tallies.c.total).where(tallies.c.name == bindparam("tally")))
_LOCK = Statement(
    select(tallies.c.total).where(tallies.c.name == bindparam("tally")).with_for_update()
)
_SET = Statement(
    update(tallies).where(tallies.c.name == bindparam("tally")).values(total=bindparam("to"))
)
_SNAPSHOT = Statement(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
_BREAK = Statement(text("SELECT pg_terminate_backend(pg_backend_pid())"))
_TRANSACTIONS = Statement(text("SELECT count(DISTINCT xmin::text) FROM toy_things"))


@pytest.fixture
def kind() -> str:
    return "postgresql"


async def tally(db: Database, *names: str) -> None:
    async def work(transaction: Transaction) -> None:
        for name in names:
            await transaction.run(_ADD, name=name, total=0)

    await db.write(work)


async def add_one(db: Transaction, name: str) -> None:
    row = await db.first(_LOCK, tally=name)
    assert row is not None
    await db.run(_SET, tally=name, to=row[0] + 1)


class Crossing(Lane[str]):
    """Adds one to two tallies in the order given; on its first run it waits between the two."""

    def __init__(self, order: tuple[str, str], meeting: "asyncio.Barrier") -> None:
        self.order = order
        self.meeting = meeting
        self.runs = 0

    async def serve(self, db: Transaction, calls: Sequence[str], *, again: bool = False) -> None:
        self.runs += 1
        first, second = self.order
        await add_one(db, first)
        if self.runs == 1:
            await self.meeting.wait()
        await add_one(db, second)


async def test_a_deadlock_is_run_again_until_both_are_through(db: Database) -> None:
    await tally(db, "a", "b")
    meeting = asyncio.Barrier(2)
    one, other = Crossing(("a", "b"), meeting), Crossing(("b", "a"), meeting)
    await asyncio.gather(db.join(one, "call"), db.join(other, "call"))

    assert one.runs + other.runs > 2  # where both look at once, both may be undone
    assert await toy_store.totals(db.reader) == {"a": 2, "b": 2}


async def test_a_serialization_failure_is_run_again(db: Database) -> None:
    await tally(db, "a")
    meeting = asyncio.Barrier(2)
    runs = 0

    async def work(transaction: Transaction) -> None:
        nonlocal runs
        runs += 1
        await transaction.run(_SNAPSHOT)
        row = await transaction.first(_READ, tally="a")
        assert row is not None
        if runs <= 2:
            await meeting.wait()
        await transaction.run(_SET, tally="a", to=row[0] + 1)

    await asyncio.gather(db.write(work), db.write(work))

    assert runs == 3
    assert await toy_store.totals(db.reader) == {"a": 2}


@pytest.mark.parametrize("fault", [asyncpg.SerializationError, asyncpg.DeadlockDetectedError])
async def test_whoever_is_unlucky_each_time_is_told_in_the_end(
    db: Database, fault: type[asyncpg.PostgresError]
) -> None:
    runs = 0

    async def work(transaction: Transaction) -> None:
        nonlocal runs
        runs += 1
        await keep("pear")(transaction)
        raise fault("once more")

    with pytest.raises(fault):
        await db.write(work)
    assert runs == TRIES
    assert await toy_store.names(db.reader) == []


async def test_any_other_fault_is_told_at_once(db: Database) -> None:
    runs = 0

    async def work(transaction: Transaction) -> None:
        nonlocal runs
        runs += 1
        await transaction.run(_ADD, name="a", total=1001)

    with pytest.raises(asyncpg.CheckViolationError):
        await db.write(work)
    assert runs == 1


async def test_the_calls_of_a_group_are_one_transaction(db: Database) -> None:
    lane = Shelves()
    await outcomes(await begun(*(db.join(lane, f"thing {n}") for n in range(30))))

    assert [len(served) for served in lane.served] == [30]
    assert await db.reader.first(_TRANSACTIONS) == (1,)


async def test_writes_of_their_own_do_not_wait_for_each_other(db: Database) -> None:
    meeting = asyncio.Barrier(3)

    async def work(transaction: Transaction) -> None:
        await meeting.wait()

    async with asyncio.timeout(10):
        await asyncio.gather(*(db.write(work) for _ in range(3)))


Put = Callable[[Database, str], Coroutine[Any, Any, Any]]
_SHELVES = Shelves()
PUTS: list[Put] = [lambda db, name: db.write(keep(name)), lambda db, name: db.join(_SHELVES, name)]
"""Keeping a thing by a write of its own, and as a call of a lane."""


@pytest.mark.parametrize("put", PUTS, ids=["write", "join"])
async def test_who_leaves_before_there_is_a_connection_changes_nothing(
    db: PostgresDatabase, put: Put
) -> None:
    async with every_connection_held(db):
        leaver, stayer = await begun(put(db, "a"), put(db, "b"))
        await asyncio.sleep(0)  # their lane's turn has begun too
        assert db.waiting == 2
        leaver.cancel()
        left = await outcomes([leaver])  # at once, while nothing goes on
    await stayer

    assert left == [asyncio.CancelledError]
    assert await toy_store.names(db.reader) == ["b"]
    assert db.waiting == 0


async def test_calls_that_come_before_there_is_a_connection_are_one_transaction(
    db: PostgresDatabase,
) -> None:
    lane = Shelves()
    async with every_connection_held(db):
        tasks = await begun(*(db.join(lane, name) for name in "abc"))
        tasks += await begun(*(db.join(lane, name) for name in "de"))
    await outcomes(tasks)

    assert lane.served == [list("abcde")]


@pytest.mark.parametrize("put", PUTS, ids=["write", "join"])
async def test_more_than_may_wait_for_a_connection_is_not_taken_on(
    database: dict[str, Any], put: Put
) -> None:
    narrow = await PostgresDatabase(database["database"], waiting_max=2).open()
    async with every_connection_held(narrow):
        tasks = await begun(*(put(narrow, name) for name in "abcd"))
    found = await outcomes(tasks)
    kept = await toy_store.names(narrow.reader)
    await narrow.close()

    assert [each is QueueFullError for each in found] == [False, False, True, True]
    assert kept == ["a", "b"]


class Breaking(Shelves):
    """A lane that keeps its calls' things, and whose connection breaks in its first group."""

    async def serve(self, db: Transaction, calls: Sequence[str], *, again: bool = False) -> None:
        await super().serve(db, calls)
        if len(self.served) == 1:
            await db.run(_BREAK)


async def test_calls_whose_connection_broke_are_not_run_again(db: PostgresDatabase) -> None:
    lane = Breaking()
    found = await outcomes(await begun(*(db.join(lane, name) for name in "abc")))
    await db.join(lane, "d")

    assert all(issubclass(each, asyncpg.PostgresError | asyncpg.InterfaceError) for each in found)
    assert lane.served == [list("abc"), ["d"]]
    assert await toy_store.names(db.reader) == ["d"]


SETTINGS = {
    "synchronous_commit": "on",
    "TimeZone": "UTC",
    "lock_timeout": "10s",
    "statement_timeout": "1min",
    "idle_in_transaction_session_timeout": "1min",
    "application_name": "halyard",
}


@pytest.mark.parametrize(("name", "value"), SETTINGS.items())
async def test_a_session_runs_with_safe_settings(db: Database, name: str, value: str) -> None:
    async def ask(transaction: Transaction) -> Row | None:
        return await transaction.first(Statement(text(f"SHOW {name}")))

    assert await db.write(ask) == (value,)
    assert await db.reader.first(Statement(text(f"SHOW {name}"))) == (value,)


@pytest.mark.ruins_database
async def test_a_database_that_would_not_wait_for_its_disk_is_made_to(
    database: dict[str, Any], server: str
) -> None:
    connection = await asyncpg.connect(server)
    name = urlsplit(database["database"]).path.strip("/")
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await connection.close()
    db = await PostgresDatabase(database["database"]).open()

    assert await db.reader.first(Statement(text("SHOW synchronous_commit"))) == ("on",)

    await db.close()


@pytest.mark.ruins_database
async def test_a_database_that_is_gone_is_not_well(
    db: Database, database: dict[str, Any], server: str
) -> None:
    await drop_postgres(server, urlsplit(database["database"]).path.strip("/"))

    with pytest.raises(DatabaseError, match="database does not answer"):
        await db.check()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://halyard:hunter2@127.0.0.1:1/halyard",
        "postgresql://halyard:hunter2@nowhere.invalid/halyard",
        "postgresql://halyard:hunter2@127.0.0.1:hunter2/halyard",
    ],
)
async def test_a_server_that_cannot_be_reached_is_told_without_the_password(
    address: str,
) -> None:
    with pytest.raises(DatabaseError) as refused:
        await PostgresDatabase(address).open()

    assert str(refused.value).startswith("The PostgreSQL database cannot be reached (")
    assert "hunter2" not in str(refused.value)


async def test_a_database_that_is_not_there_is_told_too(database: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError) as refused:
        await PostgresDatabase(database["database"] + "_not").open()

    assert str(refused.value) == (
        "The PostgreSQL database cannot be reached (InvalidCatalogNameError)."
    )


async def test_waiting_in_vain_for_another_transaction_has_an_error_of_its_own(
    db: PostgresDatabase,
) -> None:
    patience = Statement(text("SET LOCAL lock_timeout = '20ms'"))
    table = Statement(text("LOCK TABLE secrets IN ACCESS EXCLUSIVE MODE"))

    async def lock_again(transaction: Transaction) -> None:
        await transaction.run(patience)
        await transaction.run(table)

    async def lock(transaction: Transaction) -> None:
        await transaction.run(table)
        await db.write(lock_again)

    with pytest.raises(LockedError):
        await db.write(lock)


async def test_a_check_waits_for_a_connection_no_longer_than_it_has_patience(
    database: dict[str, Any],
) -> None:
    hasty = await PostgresDatabase(database["database"], patience=0.01).open()
    async with every_connection_held(hasty):
        with pytest.raises(DatabaseError, match="does not answer"):
            await asyncio.wait_for(hasty.check(), 5)
    await hasty.check()
    await hasty.close()

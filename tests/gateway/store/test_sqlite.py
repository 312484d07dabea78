"""SQLite: durable by its settings, one writer that commits in groups, readers that only read."""

import asyncio
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from gateway.store.database import Database, DatabaseError, Transaction, Work
from gateway.store.sqlite import SqliteDatabase
from gateway.store.sqlite_writer import TransactionError
from gateway.store.statements import Row, Statement
from tests.gateway import toy_store
from tests.gateway.store.shelf import Gate, Shelves, Spoilt, begun, commits_in, keep, outcomes
from tests.gateway.toy_store import tallies

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "temp_store": 2,
    "journal_size_limit": 67_108_864,
}


@pytest.fixture
def kind() -> str:
    return "sqlite"


def pragma(name: str) -> Statement:
    return Statement(text(f"PRAGMA {name}"))


@pytest.mark.parametrize(("name", "value"), PRAGMAS.items())
async def test_the_writer_and_the_readers_run_with_safe_settings(
    db: Database, name: str, value: object
) -> None:
    async def ask(transaction: Transaction) -> Row | None:
        return await transaction.first(pragma(name))

    assert await db.write(ask) == (value,)
    assert (
        await asyncio.gather(*(db.reader.first(pragma(name)) for _ in range(8))) == [(value,)] * 8
    )


async def refusal(path: Path) -> str:
    """The sentence with which the file is refused; the driver's threads have ended then."""
    db = SqliteDatabase(path)
    try:
        with pytest.raises(DatabaseError) as refused:
            await db.open()
    finally:
        await db.close()
    for thread in threading.enumerate():
        if "connection_worker" in thread.name:
            await asyncio.to_thread(thread.join)
    return str(refused.value)


async def test_a_setting_that_does_not_hold_is_refused() -> None:
    assert await refusal(Path(":memory:")) == (
        "The database :memory: runs with journal_mode = memory instead of wal."
    )


async def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "halyard.db"

    assert await refusal(path) == (
        f"The database {path} cannot be opened: unable to open database file."
    )


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "halyard.db"
    path.write_text("Dear diary, " * 100)

    assert await refusal(path) == f"The database {path} cannot be opened: file is not a database."


async def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await db.reader.run(Statement(insert(tallies)), name="apples", total=1)


async def test_a_table_takes_only_values_of_its_types(db: Database) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(Statement(insert(tallies)), name="apples", total="many")

    with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT value in INTEGER column"):
        await db.write(work)


async def test_a_table_made_with_a_reference_refuses_what_it_does_not_refer_to(
    db: Database,
) -> None:
    orphan = text(
        "INSERT INTO accounts (id, workspace_id, name, role, created_at)"
        " VALUES ('a', 'nobody', 'n', 'owner', '')"
    )

    async def work(transaction: Transaction) -> None:
        await transaction.run(Statement(orphan))

    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY constraint failed"):
        await db.write(work)


async def require_all_fail_with(work: Work[None], db: Database) -> None:
    """Whoever shares the group of `work` fails with it and leaves nothing; the next is kept."""
    gate = Gate()
    first = await begun(db.write(gate))
    await gate.reached.wait()
    waiting = await begun(db.write(keep("a")), db.write(work), db.write(keep("b")))
    gate.opened.set()
    found = await outcomes([*first, *waiting])

    assert found == [None, TransactionError, TransactionError, TransactionError]
    assert await toy_store.names(db.reader) == []
    assert await db.write(keep("c")) == "C"


async def test_a_commit_that_fails_fails_for_its_whole_group(db: Database) -> None:
    orphan = text(
        "INSERT INTO accounts (id, workspace_id, name, role, created_at)"
        " VALUES ('a', 'nobody', 'n', 'owner', '')"
    )

    async def work(transaction: Transaction) -> None:
        # So the orphan is found out by the commit.
        await transaction.run(Statement(text("PRAGMA defer_foreign_keys = 1")))
        await transaction.run(Statement(orphan))

    await require_all_fail_with(work, db)


async def test_a_transaction_that_ended_by_itself_is_not_committed_in_parts(db: Database) -> None:
    async def work(transaction: Transaction) -> None:
        # As SQLite does it when the disk is full.
        await transaction.run(Statement(text("ROLLBACK")))
        with suppress(sqlite3.Error):
            await keep("late")(transaction)

    await require_all_fail_with(work, db)


async def test_a_group_that_another_program_keeps_out_is_told_and_does_nothing(
    db: Database, file: Path
) -> None:
    async def hurry(transaction: Transaction) -> None:
        await transaction.run(Statement(text("PRAGMA busy_timeout = 10")))

    await db.write(hurry)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = await begun(db.write(keep("a")), db.write(keep("b")), db.join(Shelves(), "c"))
        found = await outcomes(waiting)

    assert found == [TransactionError] * 3
    assert await toy_store.names(db.reader) == []
    assert await db.write(keep("d")) == "D"


async def test_what_was_committed_is_there_when_the_file_is_opened_again(
    db: Database, file: Path
) -> None:
    await db.write(keep("pear"))
    await db.close()
    again = await SqliteDatabase(file).open()

    assert await toy_store.names(again.reader) == ["pear"]

    await again.close()


async def test_writes_that_wait_share_one_commit(db: Database, file: Path) -> None:
    gate = Gate()
    first = await begun(db.write(gate))
    await gate.reached.wait()
    before = commits_in(file)
    lane = Shelves()
    waiting = await begun(
        *(db.write(keep(f"work {n}")) for n in range(20)),
        *(db.join(lane, f"call {n}") for n in range(20)),
    )
    gate.opened.set()
    await outcomes([*first, *waiting])

    # The first had nothing to write, so the log has only the second transaction.
    assert commits_in(file) - before == 1
    assert [len(served) for served in lane.served] == [20]
    assert len(await toy_store.names(db.reader)) == 40


async def test_each_write_alone_is_a_commit_of_its_own(db: Database, file: Path) -> None:
    before = commits_in(file)
    for name in "abc":
        await db.write(keep(name))

    assert commits_in(file) - before == 3


@pytest.mark.parametrize(
    "order",
    ["bad 1,b,c", "a,bad 1,c", "a,b,bad 1", "bad 1,bad 2,bad 3", "bad 1,b,bad 2", "a"],
)
async def test_in_a_shared_commit_a_bad_write_undoes_only_itself(
    db: Database, file: Path, order: str
) -> None:
    wanted = order.split(",")
    gate = Gate()
    first = await begun(db.write(gate))
    await gate.reached.wait()
    before = commits_in(file)
    waiting = await begun(*(db.write(keep(name)) for name in wanted))
    gate.opened.set()
    await outcomes(first)
    found = await outcomes(waiting)

    assert found == [Spoilt if name.startswith("bad") else name.upper() for name in wanted]
    assert await toy_store.names(db.reader) == [
        name for name in wanted if not name.startswith("bad")
    ]
    assert commits_in(file) - before <= 1


@pytest.mark.parametrize("place", range(4))
async def test_in_a_shared_commit_a_bad_call_undoes_only_itself(
    db: Database, file: Path, place: int
) -> None:
    names = ["a", "b", "c"]
    names.insert(place, "bad")
    gate, lane, other = Gate(), Shelves(), Shelves()
    first = await begun(db.write(gate))
    await gate.reached.wait()
    before = commits_in(file)
    calls = await begun(*(db.join(lane, name) for name in names))
    others = await begun(db.join(other, "x"), db.write(keep("y")))
    gate.opened.set()
    found = await outcomes(calls)

    assert await outcomes([*first, *others]) == [None, None, "Y"]
    assert found == [Spoilt if name == "bad" else None for name in names]
    assert lane.served == [names, *([name] for name in names)]
    assert other.served == [["x"]]
    assert await toy_store.names(db.reader) == ["a", "b", "c", "x", "y"]
    assert commits_in(file) - before == 1

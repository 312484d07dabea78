"""The log of a SQLite file is moved to the file beside the writes, and begins anew in time."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.store.database import Database, Transaction
from gateway.store.sqlite_checkpoints import BEFORE, LOG_PAGES, PAGES, Checkpoints
from gateway.store.sqlite_writer import StepsConnection
from gateway.store.statements import Row, Statement
from tests.gateway import toy_store
from tests.gateway.store.shelf import keep

FRAME = 24 + 4096
"""Bytes that a page takes in the log."""
LARGE = 10
"""Pages that a large thing takes."""
CLIENTS = 8
PATIENCE = 10.0
"""Seconds."""


@pytest.fixture
def kind() -> str:
    return "sqlite"


@dataclass
class Desk:
    """A file, who writes to it and who reads it, and the checkpoints, one after the other."""

    file: Path
    writer: sqlite3.Connection
    reader: sqlite3.Connection
    connection: StepsConnection
    checkpoints: Checkpoints

    def read(self) -> None:
        """Begin to read: until the next time, the log cannot begin anew."""
        if self.reader.in_transaction:
            self.reader.execute("ROLLBACK")
        self.reader.execute("BEGIN")
        self.reader.execute("SELECT count(*) FROM things").fetchone()

    def write(self, large: int = 1) -> None:
        self.writer.execute("BEGIN")
        self.writer.executemany("INSERT INTO things VALUES (?)", [(b"x" * LARGE * 4096,)] * large)
        self.writer.execute("COMMIT")

    async def tell(self) -> None:
        """Tell of a write, and wait until the checkpoint is over for which it may be time."""
        self.checkpoints.saw_committed(1)
        await self.connection.execute_fetchall("SELECT 1")

    def log(self) -> tuple[int, int]:
        """How many pages the log has, and how many are moved: by its index (the -shm file).

        Another process reads it: when this one closes a file, SQLite's locks on it are gone.
        """
        shown = subprocess.run(["cat", f"{self.file}-shm"], check=True, capture_output=True).stdout
        pages, moved = (int.from_bytes(shown[at : at + 4], sys.byteorder) for at in (16, 96))
        return pages, moved


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    file = tmp_path / "desk.db"
    connection = StepsConnection(str(file))
    await connection.open()
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as writer,
        closing(sqlite3.connect(file, isolation_level=None)) as reader,
    ):
        for each in ("journal_mode = wal", "wal_autocheckpoint = 0"):
            writer.execute(f"PRAGMA {each}")
        writer.execute("CREATE TABLE things (content BLOB)")
        yield Desk(file, writer, reader, connection, Checkpoints(connection))
    await connection.close()


@pytest.mark.parametrize("at_first", [1, 15, 30, 45, 60, 75])
async def test_the_log_is_moved_before_it_is_the_writers_turn(desk: Desk, at_first: int) -> None:
    pages, moved, large = 0, 0, at_first
    while pages < LOG_PAGES - BEFORE / 2:
        desk.write(large)
        desk.read()
        await desk.tell()
        (pages, moved), large = desk.log(), 1

    assert moved > LOG_PAGES - 2 * BEFORE


async def test_a_reader_that_stays_holds_a_checkpoint_up_and_the_next_goes_on(desk: Desk) -> None:
    desk.read()
    while desk.log()[0] < 2 * PAGES:
        desk.write()
        await desk.tell()
    _, held_up = desk.log()
    while desk.log()[1] == held_up:
        desk.write()
        desk.read()
        await desk.tell()
    pages, moved = desk.log()

    assert held_up < LARGE
    assert moved == pages > 2 * PAGES


async def test_the_log_begins_anew_while_writes_go_on(db: Database, file: Path) -> None:
    names = [f"{number} {'x' * LARGE * 4096}" for number in range(3 * LOG_PAGES // LARGE)]

    async def write_each(names: Sequence[str]) -> None:
        for name in names:
            await db.write(keep(name))

    await asyncio.gather(*(write_each(names[part::CLIENTS]) for part in range(CLIENTS)))
    log = file.with_name(f"{file.name}-wal")

    assert sorted(await toy_store.names(db.reader)) == sorted(names)
    assert log.stat().st_size < 2 * LOG_PAGES * FRAME


async def test_what_was_written_comes_into_the_file_though_its_log_is_short(
    db: Database, file: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.db"
    for number in range(LOG_PAGES // LARGE // 10):
        await db.write(keep(f"{number} {'x' * LARGE * 4096}"))

    def kept() -> int:
        subprocess.run(["cp", file, alone], check=True)  # by another process, as above
        # What is just being written may look like anything.
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(alone)) as copied:
            return int(copied.execute("SELECT count(*) FROM toy_things").fetchone()[0])
        return 0

    async with asyncio.timeout(PATIENCE):
        while not kept():  # noqa: ASYNC110 - the file tells nobody
            await asyncio.sleep(0.01)
    assert file.with_name(f"{file.name}-wal").stat().st_size < LOG_PAGES * FRAME


async def test_the_writers_own_turn_comes_late(db: Database) -> None:
    async def ask(transaction: Transaction) -> Row | None:
        return await transaction.first(Statement(text("PRAGMA wal_autocheckpoint")))

    assert await db.write(ask) == (LOG_PAGES,)

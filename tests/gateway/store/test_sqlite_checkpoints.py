"""The log of a SQLite file is moved to the file beside the writes, and begins anew in time."""

import asyncio
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest

from gateway.store.database import Database
from gateway.store.sqlite_checkpoints import LOG_PAGES, PAGES
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


def kept_without_log(file: Path, folder: Path) -> int:
    """How many things the file has by itself, which a checkpoint may be writing just now."""
    alone = shutil.copy(file, folder / "alone.db")
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(alone)) as copied:
        return int(copied.execute("SELECT count(*) FROM toy_things").fetchone()[0])
    return 0


def log_size(file: Path) -> int:
    return file.with_name(f"{file.name}-wal").stat().st_size


async def write_each(db: Database, names: Sequence[str]) -> None:
    for name in names:
        await db.write(keep(name))


async def until_moved(file: Path, folder: Path, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while kept_without_log(file, folder) < count:  # noqa: ASYNC110 - the file tells nobody
            await asyncio.sleep(0.01)


async def test_what_was_written_comes_into_the_file_though_its_log_is_short(
    db: Database, file: Path, tmp_path: Path
) -> None:
    # A page each at least, and far from what makes the writer look to it.
    await write_each(db, [str(number) for number in range(PAGES)])

    assert log_size(file) < LOG_PAGES * FRAME
    await until_moved(file, tmp_path, 1)


async def test_the_log_begins_anew_while_writes_go_on(db: Database, file: Path) -> None:
    names = [f"{number} {'x' * LARGE * 4096}" for number in range(3 * LOG_PAGES // LARGE)]
    await asyncio.gather(*(write_each(db, names[part::CLIENTS]) for part in range(CLIENTS)))

    assert sorted(await toy_store.names(db.reader)) == sorted(names)
    assert log_size(file) < 2 * LOG_PAGES * FRAME


async def test_a_reader_that_stays_holds_up_checkpoints_and_no_write(
    db: Database, file: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN")
        before = other.execute("SELECT count(*) FROM toy_things").fetchone()
        await write_each(db, [str(number) for number in range(2 * PAGES)])
        meanwhile = other.execute("SELECT count(*) FROM toy_things").fetchone()
        held_up = kept_without_log(file, tmp_path)
    await write_each(db, [f"more {number}" for number in range(2 * PAGES)])

    assert before == meanwhile == (0,)
    assert held_up == 0
    await until_moved(file, tmp_path, 2 * PAGES)

"""The log of a SQLite file is moved to the file beside the writes, and begins anew in time."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store.database import Database, Transaction
from gateway.store.sqlite_checkpoints import BEFORE, LOG_PAGES, PAGES
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


def log_of(file: Path) -> tuple[int, int]:
    """How many pages the log has, and how many of them are moved: by its index (the -shm file).

    Another process reads it: when this one closes a file, SQLite's locks on it are gone.
    """
    shown = subprocess.run(["cat", f"{file}-shm"], check=True, capture_output=True).stdout
    pages, moved = (int.from_bytes(shown[at : at + 4], sys.byteorder) for at in (16, 96))
    return pages, moved


def large(count: int) -> list[str]:
    """Names of things that take `LARGE` pages and some more each."""
    return [f"{number} {'x' * LARGE * 4096}" for number in range(count)]


async def write_each(db: Database, names: Sequence[str]) -> None:
    for name in names:
        await db.write(keep(name))


async def until_moved(file: Path, pages: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while log_of(file)[1] < pages:  # noqa: ASYNC110 - the file tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("at_once", [1, 10, 30])
async def test_the_log_is_moved_before_it_is_the_writers_turn(
    db: Database, file: Path, at_once: int
) -> None:
    names = iter(large(10 * LOG_PAGES // LARGE))

    async def some(transaction: Transaction) -> None:
        for _ in range(at_once):
            await keep(next(names))(transaction)

    await db.write(some)
    earlier = pages = 0
    while pages < LOG_PAGES - BEFORE / 2:
        await db.write(keep(next(names)))
        earlier, pages = pages, log_of(file)[0]
        if pages < earlier and earlier > LOG_PAGES - 2 * BEFORE:
            return  # it began anew, since all of it was moved

    await until_moved(file, LOG_PAGES - 2 * BEFORE)


async def test_the_log_begins_anew_while_writes_go_on(db: Database, file: Path) -> None:
    names = large(3 * LOG_PAGES // LARGE)
    await asyncio.gather(*(write_each(db, names[part::CLIENTS]) for part in range(CLIENTS)))
    log = file.with_name(f"{file.name}-wal")

    assert sorted(await toy_store.names(db.reader)) == sorted(names)
    assert log.stat().st_size < 2 * LOG_PAGES * FRAME


async def test_a_reader_that_stays_holds_up_checkpoints_and_no_write(
    db: Database, file: Path
) -> None:
    names = large(2 * PAGES // LARGE)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN")
        before = other.execute("SELECT count(*) FROM toy_things").fetchone()
        await write_each(db, names)
        meanwhile = other.execute("SELECT count(*) FROM toy_things").fetchone()
        held_up = log_of(file)[1]
    await write_each(db, [f"more {number}" for number in range(PAGES // 2)])

    assert before == meanwhile == (0,)
    assert held_up < LARGE
    await until_moved(file, PAGES)

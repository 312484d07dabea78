"""Databases with many counters: made, filled, and where it took long, kept for the next time."""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from actions.bootstrap import DATABASE_FILE
from tests.benchmarks.gateways import gateway, init, post
from tests.benchmarks.scale.filling import Owner, fill_postgres, fill_sqlite
from tests.benchmarks.serving import BenchmarkError

KEPT_FROM = 1_000_000
"""Smaller databases are filled anew each time, so that no run finds what another one wrote."""

_NAME = "halyard_scale_{count}"
_KEY = "key"
_STRETCH = 1 << 20
"""Bytes."""


@dataclass(frozen=True)
class Place:
    """Where databases are kept, and until when (a monotonic time) they may be filled."""

    folder: Path
    server: str | None
    """The address of a PostgreSQL server; None for SQLite."""
    until: float = float("inf")


@dataclass(frozen=True)
class Filled:
    """A database with this many counters, as options of `serve`, and its owner's key."""

    count: int
    options: tuple[str, ...]
    key: str
    file: Path | None = None
    """Of SQLite."""

    def warm(self) -> None:
        """Have the file in the system's memory, as what is in use all day is."""
        if self.file is not None:
            _read(self.file)


class NotFilledYet(BenchmarkError):
    """The time for filling was over before all was there; the next run goes on."""


def filled(place: Place, count: int) -> Filled:
    """A database with `count` counters. Raises NotFilledYet."""
    if place.server is None:
        return _filled_sqlite(place, count)
    return _filled_postgres(place, place.server, count)


def drop(place: Place, counts: list[int]) -> None:
    """Drop what `filled` made on a PostgreSQL server and nobody keeps."""
    if place.server is not None:
        for count in counts:
            _run_sql(place.server, f"DROP DATABASE IF EXISTS {_NAME.format(count=count)}")


def _filled_sqlite(place: Place, count: int) -> Filled:
    folder = place.folder / str(count)
    if count < KEPT_FROM:
        shutil.rmtree(folder, ignore_errors=True)
    data = folder / "data"
    file = data / DATABASE_FILE
    options = ("--data", str(data))

    def fill(owner: Owner) -> int:
        return fill_sqlite(file, owner, count, until=place.until)

    found = replace(_filled(folder, count, options, fill), file=file)
    _read(file, anew=True)
    return found


def _filled_postgres(place: Place, server: str, count: int) -> Filled:
    folder, name = place.folder / f"postgresql-{count}", _NAME.format(count=count)
    url = f"{server.rpartition('/')[0]}/{name}"
    if count < KEPT_FROM or not (folder / _KEY).exists():
        shutil.rmtree(folder, ignore_errors=True)
        drop(place, [count])
        _run_sql(server, f"CREATE DATABASE {name}")

    def fill(owner: Owner) -> int:
        return asyncio.run(fill_postgres(url, owner, count, until=place.until))

    return _filled(folder, count, ("--database", url), fill)


def _filled(
    folder: Path, count: int, options: tuple[str, ...], fill: Callable[[Owner], int]
) -> Filled:
    key_file = folder / _KEY
    if not key_file.exists():
        key = init(folder, *options)
        key_file.write_text(key)
    key = key_file.read_text()
    with gateway(folder, *options) as server:
        caller = post(server, "system/whoami", {}, key)
    began = time.monotonic()
    made = fill(Owner(caller["workspace_id"], caller["account_id"]))
    sys.stdout.write(f"{folder.name}: {made:,} counters, {time.monotonic() - began:.0f} s\n")
    sys.stdout.flush()
    if made != count:
        raise NotFilledYet(f"{folder.name} has {made:,} counters of {count:,}: run again.")
    return Filled(count, options, key)


def _read(file: Path, *, anew: bool = False) -> None:
    """Read a file as a database does, page by page.

    What is read in one sweep, Linux keeps in pieces of megabytes, and then each page that is
    written costs a walk through all of its piece: twice the processor time of an increment.
    """
    with file.open("rb", buffering=0) as content:
        if anew:
            os.fdatasync(content.fileno())
            os.posix_fadvise(content.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(content.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
        while content.read(_STRETCH):
            pass


def _run_sql(server: str, statement: str) -> None:
    async def run() -> None:
        import asyncpg  # only where it is asked for

        db = await asyncpg.connect(server)
        try:
            await db.execute(statement)
        finally:
            await db.close()

    asyncio.run(run())

"""Counters that the benchmark puts there by itself are such as the gateway would have made."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from actions.store.schema import MIGRATIONS
from gateway.access.schema import MIGRATIONS as ENGINE
from gateway.store.migrate import migrate, sqlite_url
from tests.benchmarks.scale.filling import Owner, fill_sqlite


async def test_filling_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file, owner = tmp_path / "halyard.db", Owner("a workspace", "an account")
    await migrate(sqlite_url(file), [ENGINE, MIGRATIONS])
    until = time.monotonic() + 60

    assert [fill_sqlite(file, owner, count, until=until) for count in (10, 25)] == [10, 25]
    with closing(sqlite3.connect(file)) as db:
        found = db.execute("SELECT count(*), max(last_change) FROM counters").fetchone()
    assert found == (25, 25)

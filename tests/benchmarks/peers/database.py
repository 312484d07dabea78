"""The peers' database: a SQLite file, its statements, and SQLAlchemy's engine over it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.benchmarks.peers.common import WORKSPACE, NewCounter, new_counters, now

FILE = "peer.db"
PATIENCE = 30
"""Seconds that a connection waits for its turn to write."""

COLUMNS = ", ".join(NewCounter._fields)

INCREMENT = (
    "UPDATE counters SET value = value + :by, version = version + 1,"  # noqa: S608 - our own names
    " updated_at = :at"
    f" WHERE workspace = :workspace AND id = :id RETURNING {COLUMNS}"
)
ADD_CHANGE = (
    "INSERT INTO changes (counter, at, version, action, before, after, account)"
    " VALUES (:counter, :at, :version, 'increment', :before, :after, :account)"
)
LIST = (
    f"SELECT {COLUMNS},"  # noqa: S608 - our own names
    " (SELECT count(*) FROM counters WHERE workspace = :workspace) AS total"
    " FROM counters WHERE workspace = :workspace"
    " ORDER BY created_at, id LIMIT :most OFFSET :skipped"
)
KEEP = (
    "INSERT INTO answers (account, key, fingerprint, data, created_at)"
    " VALUES (:account, :key, :fingerprint, :data, :created_at)"
)
KEPT = "SELECT fingerprint, data FROM answers WHERE account = :account AND key = :key"

_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE counters (
    id TEXT PRIMARY KEY, workspace TEXT NOT NULL, external_id TEXT, name TEXT NOT NULL,
    type TEXT NOT NULL, value INTEGER NOT NULL, mode TEXT NOT NULL, goal INTEGER,
    overflow TEXT NOT NULL, version INTEGER NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX counters_created_at ON counters (workspace, created_at, id);
CREATE TABLE changes (
    counter TEXT NOT NULL, at TEXT NOT NULL, version INTEGER NOT NULL, action TEXT NOT NULL,
    before INTEGER NOT NULL, after INTEGER NOT NULL, account TEXT NOT NULL,
    PRIMARY KEY (counter, at, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE answers (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, data TEXT NOT NULL,
    created_at TEXT NOT NULL, PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
"""


def make_database(folder: Path, counters: int) -> None:
    """A new database in `folder`, with so many counters."""
    marks = ", ".join("?" * len(NewCounter._fields))
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript(_SCHEMA)
        connection.executemany(
            f"INSERT INTO counters (workspace, {COLUMNS}) VALUES (?, {marks})",  # noqa: S608 - our own names
            [
                (WORKSPACE, *each[:-2], moment_text(each.created_at), moment_text(each.updated_at))
                for each in new_counters(counters)
            ],
        )
        connection.commit()


def step_values(id: str, by: int) -> dict[str, Any]:
    """What INCREMENT takes."""
    return {"workspace": WORKSPACE, "id": id, "by": by, "at": moment_text(now())}


def change_values(row: Sequence[Any], by: int, account: str) -> dict[str, Any]:
    """What ADD_CHANGE takes, from the row that INCREMENT returned."""
    counter = NewCounter(*row)
    return {
        "counter": counter.id,
        "at": counter.updated_at,
        "version": counter.version,
        "before": counter.value - by,
        "after": counter.value,
        "account": account,
    }


def claim_values(account: str, key: str, fingerprint: str) -> dict[str, Any]:
    """What KEEP takes beside the data, and KEPT."""
    at = moment_text(now())
    return {"account": account, "key": key, "fingerprint": fingerprint, "created_at": at}


def page_values(page: int, per_page: int) -> dict[str, Any]:
    """What LIST takes."""
    return {"workspace": WORKSPACE, "most": per_page, "skipped": (page - 1) * per_page}


def moment_text(moment: datetime) -> str:
    """How a moment in UTC is kept: as it is shown."""
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def make_async_engine(folder: Path, **options: Any) -> AsyncEngine:
    """SQLAlchemy's async engine, with the pool that it comes with unless `options` say another."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{folder / FILE}", connect_args={"timeout": PATIENCE}, **options
    )
    make_durable(engine.sync_engine)
    return engine


def make_sync_engine(folder: Path) -> Engine:
    """SQLAlchemy's engine for threads."""
    engine = create_engine(f"sqlite:///{folder / FILE}", connect_args={"timeout": PATIENCE})
    make_durable(engine)
    return engine


def make_durable(engine: Engine) -> None:
    """Have each connection commit as durably as the gateway does."""

    @event.listens_for(engine, "connect")
    def as_durable_as_the_gateway(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

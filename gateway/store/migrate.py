"""Bringing a database's schema to where the program expects it: Alembic, one branch an owner.

Importing Alembic takes a fifth of a second, so it is imported where it is used: a start that finds
the schema as it should be does without.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, MetaData, create_engine, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.store.database import DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config

T = TypeVar("T")


@dataclass(frozen=True)
class Migrations:
    """Where somebody's tables come from: a branch's name, its Alembic folder, newest revision.

    `head` lets a start compare revisions without importing Alembic; a test holds it to the folder.
    """

    branch: str
    folder: Path
    head: str
    metadata: MetaData

    @property
    def version_table(self) -> str:
        """The table in which Alembic keeps the branch's revision."""
        return f"{self.branch}_schema"


async def migrate(url: str, branches: Iterable[Migrations]) -> list[str]:
    """Bring every branch to its head, and return the names of those that changed.

    `url` is SQLAlchemy's. Raises DatabaseError when the database cannot be reached, or holds a
    newer schema than this program knows.
    """

    def upgrade(connection: Connection) -> list[str]:
        return [each.branch for each in branches if _upgrade(connection, each)]

    return await _connected(url, upgrade)


async def outdated(url: str, branches: Iterable[Migrations]) -> list[str]:
    """The names of the branches that `migrate` would change. Raises DatabaseError as it does."""

    def compare(connection: Connection) -> list[str]:
        behind = [each for each in branches if not _is_current(connection, each)]
        for branch in behind:
            _refuse_newer(connection, branch)
        return [each.branch for each in behind]

    return await _connected(url, compare)


def sqlite_url(path: Path) -> str:
    """A SQLite file's address as SQLAlchemy wants it."""
    return f"sqlite:///{path}"


def postgres_url(url: str) -> str:
    """A `postgresql://` address as SQLAlchemy wants it."""
    return "postgresql+asyncpg://" + url.partition("://")[2]


async def _connected(url: str, work: Callable[[Connection], T]) -> T:
    """Run `work` in one transaction on a connection of its own."""
    if url.startswith("sqlite"):
        return _on_sqlite(url, work)
    from sqlalchemy.ext.asyncio import create_async_engine  # a tenth of a second

    try:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()
    except (SQLAlchemyError, OSError, ValueError) as fault:
        # The address may hold a password, so neither it nor the driver's words are repeated.
        reason = type(getattr(fault, "orig", None) or fault).__name__
        raise DatabaseError(f"The database cannot be reached or migrated ({reason}).") from fault


def _on_sqlite(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_engine(url)

    # The driver would commit before each DDL statement; a migration is one transaction instead.
    @event.listens_for(engine, "connect")
    def _(connection: object, record: object) -> None:  # noqa: ARG001 - SQLAlchemy's signature
        connection.isolation_level = None  # type: ignore[attr-defined] # sqlite3's own attribute

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            return work(connection)
    except SQLAlchemyError as fault:
        path, reason = engine.url.database, getattr(fault, "orig", None) or type(fault).__name__
        raise DatabaseError(f"The database {path} cannot be used: {reason}.") from fault
    finally:
        engine.dispose()


def _is_current(connection: Connection, branch: Migrations) -> bool:
    return _revision(connection, branch) == branch.head


def _revision(connection: Connection, branch: Migrations) -> str | None:
    if not inspect(connection).has_table(branch.version_table):
        return None
    row = connection.execute(text(f"SELECT version_num FROM {branch.version_table}")).first()  # noqa: S608
    # - the name is a declared branch's
    return str(row[0]) if row else None


def _upgrade(connection: Connection, branch: Migrations) -> bool:
    """Whether there was something to do."""
    if _is_current(connection, branch):
        return False
    _refuse_newer(connection, branch)
    from alembic import command  # see the top of this file

    command.upgrade(_config(connection, branch), "head")
    return True


def _refuse_newer(connection: Connection, branch: Migrations) -> None:
    """Raise DatabaseError when the schema's revision is none that this program has."""
    found = _revision(connection, branch)
    if found is None:
        return
    from alembic.script import ScriptDirectory  # see the top of this file
    from alembic.util import CommandError

    try:
        ScriptDirectory.from_config(_config(connection, branch)).get_revision(found)
    except CommandError:
        raise DatabaseError(
            f"The database has a newer schema of {branch.branch} than this program knows: "
            "use the newer program."
        ) from None


def _config(connection: Connection, branch: Migrations) -> "Config":
    from alembic.config import Config  # see the top of this file

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(branch.folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = branch.version_table
    return config

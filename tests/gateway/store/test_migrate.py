"""Migrations lead to exactly the declared tables, once, and leave nothing half-done."""

import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, Text, create_engine, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.types import TypeEngine

from actions.store.schema import MIGRATIONS as SHIPPED
from gateway.access.schema import MIGRATIONS as ENGINE
from gateway.store import idempotency
from gateway.store.database import Database, DatabaseError, Transaction
from gateway.store.idempotency import Claim, Record, claimant_of
from gateway.store.migrate import Migrations, migrate, outdated, postgres_url, sqlite_url
from gateway.store.postgres import PostgresDatabase
from gateway.store.sqlite import SqliteDatabase
from gateway.store.types import Id, Moment
from tests.gateway.toy_store import MIGRATIONS as TOYS
from tests.support.databases import drop_postgres, empty_postgres
from tests.support.house import NOON

T = TypeVar("T")

BRANCHES = [ENGINE, SHIPPED, TOYS]
ALL = pytest.mark.parametrize("branch", BRANCHES, ids=[each.branch for each in BRANCHES])

FIRST = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("nests", sa.Column("id", sa.Text, primary_key=True), sqlite_strict=True)
"""
SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("eggs", sa.Column("id", sa.Text, primary_key=True), sqlite_strict=True)
    op.add_column("nests", sa.Column("colour", sa.Text))
    op.execute("INSERT INTO nests VALUES ('a', 'b', 'one too many')")
"""


@pytest.fixture
async def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The address of an empty database of each kind, as SQLAlchemy wants it."""
    if kind == "sqlite":
        yield sqlite_url(tmp_path / "halyard.db")
        return
    server, name = request.getfixturevalue("server"), f"halyard_{uuid4().hex}"
    yield postgres_url(await empty_postgres(server, name))
    await drop_postgres(server, name)


def nests(folder: Path, *versions: str) -> Migrations:
    """A branch of its own, at the last of these versions."""
    (folder / "nests").mkdir(exist_ok=True)
    for number, version in enumerate(versions, start=1):
        (folder / "nests" / f"{number:04}_nests.py").write_text(version)
    return Migrations("nests", folder / "nests", f"{len(versions):04}", MetaData())


async def ask(url: str, question: Callable[[Connection], T]) -> T:
    """The answer of a database to whoever asks it through SQLAlchemy."""
    if url.startswith("sqlite"):
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                return question(connection)
        finally:
            engine.dispose()
    other = create_async_engine(url)
    try:
        async with other.connect() as connected:
            return await connected.run_sync(question)
    finally:
        await other.dispose()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def declared(branch: Migrations, dialect: str) -> list[Table]:
    """The branch's tables on such databases."""
    return [each for each in branch.metadata.sorted_tables if is_of(each, dialect)]


def is_of(part: Table | Column[Any], dialect: str) -> bool:
    """Whether such databases have it."""
    found: str = part.info.get("dialect", dialect)
    return found == dialect


def differences(branch: Migrations) -> Callable[[Connection], list[Any]]:
    """What Alembic would change to come from the database to the branch's declared tables."""

    def compare(connection: Connection) -> list[Any]:
        wanted = {each.name: each for each in declared(branch, connection.dialect.name)}
        elsewhere = {
            index.name
            for table in wanted.values()
            for index in table.indexes
            if (condition := index._ddl_if) and condition.dialect != connection.dialect.name  # noqa: SLF001
            # - Alembic does not look at it, and it has no other name
        }

        def ours(one: Any, name: str, kind: str, is_found: bool, *_: object) -> bool:  # noqa: FBT001
            # - Alembic's signature
            if kind == "index" and name in elsewhere:
                return is_found
            if kind == "column" and not is_found:
                return is_of(one, connection.dialect.name)
            return kind != "table" or name in wanted

        options = {
            "include_object": ours,
            "compare_type": True,
            "compare_server_default": True,
            "version_table": branch.version_table,
        }
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, branch.metadata))

    return compare


async def test_migrations_lead_to_the_declared_tables(url: str) -> None:
    await migrate(url, BRANCHES)
    dialect = url.partition(":")[0].partition("+")[0]
    wanted = {table.name for each in BRANCHES for table in declared(each, dialect)}

    assert {each.branch: await ask(url, differences(each)) for each in BRANCHES} == {
        each.branch: [] for each in BRANCHES
    }
    assert await ask(url, tables) == wanted | {each.version_table for each in BRANCHES}


def definitions(connection: Connection) -> set[str]:
    """Every table and index of a SQLite file in SQL, the order of what is in them left aside."""
    wanted = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index')"
    found = connection.execute(text(wanted))
    return {_sorted(row[0]) for row in found if "_schema" not in row[0]}


def _sorted(definition: str) -> str:
    """A definition with its columns and constraints in alphabetical order.

    A column that was added later stands behind the constraints, and on one line with others.
    """
    head, _, rest = " ".join(definition.split()).partition("(")
    inner, _, tail = rest.rpartition(")")
    parts = re.split(r",(?![^(]*\))", inner)
    return f"{head}({', '.join(sorted(part.strip() for part in parts))}){tail}"


@ALL
async def test_constraints_are_the_declared_ones_on_sqlite(
    tmp_path: Path, branch: Migrations
) -> None:
    migrated, made = sqlite_url(tmp_path / "one.db"), sqlite_url(tmp_path / "other.db")
    await migrate(migrated, [branch])
    engine = create_engine(made)
    branch.metadata.create_all(engine, declared(branch, "sqlite"))
    engine.dispose()

    assert await ask(migrated, definitions) == await ask(made, definitions)


@ALL
def test_the_declared_head_is_the_folders(branch: Migrations) -> None:
    config = Config()
    config.set_main_option("script_location", str(branch.folder))
    config.set_main_option("version_locations", str(branch.folder))
    config.set_main_option("path_separator", "os")

    assert ScriptDirectory.from_config(config).get_heads() == [branch.head]


async def test_migrating_tells_what_it_changed_and_twice_changes_nothing(url: str) -> None:
    first = await outdated(url, BRANCHES), await migrate(url, BRANCHES)
    second = await outdated(url, BRANCHES), await migrate(url, BRANCHES)
    names = [each.branch for each in BRANCHES]

    assert first == (names, names)
    assert second == ([], [])


async def test_a_branch_that_comes_later_is_migrated_alone(url: str) -> None:
    await migrate(url, [ENGINE])

    assert await outdated(url, BRANCHES) == ["halyard", "toys"]
    assert await migrate(url, BRANCHES) == ["halyard", "toys"]


async def test_a_newer_version_is_migrated_to(url: str, tmp_path: Path) -> None:
    await migrate(url, [nests(tmp_path, FIRST)])
    newer = nests(tmp_path, FIRST, SECOND.replace("op.execute", "# op.execute"))

    assert await outdated(url, [newer]) == ["nests"]
    assert await migrate(url, [newer]) == ["nests"]
    assert await ask(url, tables) == {"nests", "eggs", "nests_schema"}


@pytest.mark.parametrize("version", ["0004", "0005"])
async def test_what_was_kept_for_retries_before_an_upgrade_still_answers(
    url: str, tmp_path: Path, version: str
) -> None:
    folder = tmp_path / "earlier"
    folder.mkdir()
    for file in ENGINE.folder.glob("0*.py"):
        if file.name[:4] <= version:
            shutil.copy(file, folder)
    await migrate(url, [replace(ENGINE, folder=folder, head=version)])
    one, other = str(uuid4()), str(uuid4())
    hours = {
        (one, "toys/keep", "k"): 2,
        (other, "toys/keep", "k"): 0,
        (one, "toys/drop", "k"): 1,
    }
    kept = [(*who, "f", f'"{hour}"', "{}", hour) for who, hour in hours.items()]
    await ask(url, lambda connection: keep_as_before(connection, kept))

    assert await migrate(url, [ENGINE]) == ["gateway"]

    claims = {Claim("k", claimant_of(*who[:2]), "f"): hour for who, hour in hours.items()}
    database = await opened(url)

    async def claim(db: Transaction) -> dict[Claim, Record]:
        return await idempotency.claim(db, list(claims), at=NOON + timedelta(hours=3))

    found = await database.write(claim)
    await database.close()
    assert found == {each: Record(*each, f'"{hour}"', "{}") for each, hour in claims.items()}
    assert await ask(url, as_they_lie) == ['"0"', '"1"', '"2"']


def keep_as_before(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Add idempotency records as versions 0004 and 0005 had them; the last value is an hour."""
    columns = ("account_id", "action", "key", "fingerprint", "data", "flags", "created_at")
    types: dict[str, TypeEngine[Any]] = {"account_id": Id(), "created_at": Moment()}
    table = Table(
        "idempotency_records", MetaData(), *(Column(n, types.get(n, Text())) for n in columns)
    )
    for *values, hour in rows:
        row = [*values, NOON + timedelta(hours=hour)]
        connection.execute(table.insert().values(dict(zip(columns, row, strict=True))))
    connection.commit()


def as_they_lie(connection: Connection) -> list[str]:
    """The data of all records in the order in which they lie; SQLite's purge goes by that."""
    order = "_rowid_" if connection.dialect.name == "sqlite" else "ctid"
    found = connection.execute(text(f"SELECT data FROM idempotency_records ORDER BY {order}"))  # noqa: S608
    # - one of two words
    return [row[0] for row in found]


async def opened(url: str) -> Database:
    """The database at SQLAlchemy's address, as the gateway opens it."""
    if url.startswith("sqlite"):
        return await SqliteDatabase(Path(url.removeprefix("sqlite:///"))).open()
    return await PostgresDatabase(url.replace("+asyncpg", "")).open()


async def test_a_schema_newer_than_the_program_is_refused_in_a_sentence(
    url: str, tmp_path: Path
) -> None:
    await migrate(url, [nests(tmp_path, FIRST, SECOND.replace("op.execute", "# op.execute"))])
    (tmp_path / "nests" / "0002_nests.py").unlink()

    with pytest.raises(DatabaseError) as refused:
        await migrate(url, [ENGINE, nests(tmp_path, FIRST)])
    assert str(refused.value) == (
        "The database has a newer schema of nests than this program knows: use the newer program."
    )
    assert await ask(url, tables) == {"nests", "eggs", "nests_schema"}


async def test_a_migration_that_fails_leaves_nothing_half_done(url: str, tmp_path: Path) -> None:
    await migrate(url, [nests(tmp_path, FIRST)])

    with pytest.raises(DatabaseError, match=r"cannot be (reached or migrated|used)"):
        await migrate(url, [ENGINE, nests(tmp_path, FIRST, SECOND)])
    assert await ask(url, tables) == {"nests", "nests_schema"}
    assert await outdated(url, [nests(tmp_path, FIRST)]) == []


async def test_a_migration_that_crashes_leaves_nothing_half_done(url: str, tmp_path: Path) -> None:
    crashing = SECOND.replace('op.execute("', 'raise RuntimeError("')

    with pytest.raises(RuntimeError, match="one too many"):
        await migrate(url, [nests(tmp_path, FIRST, crashing)])
    assert await ask(url, tables) == set()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://halyard:hunter2@127.0.0.1:1/halyard",
        "postgresql://halyard:hunter2@127.0.0.1:hunter2/halyard",
    ],
)
async def test_an_unreachable_server_is_told_without_the_password(address: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        await migrate(postgres_url(address), [ENGINE])

    assert str(refused.value).startswith("The database cannot be reached or migrated (")
    assert "hunter2" not in str(refused.value)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "halyard.db"
    path.write_text("Dear diary, " * 100)

    with pytest.raises(DatabaseError, match="cannot be used"):
        await migrate(sqlite_url(path), [ENGINE])


@pytest.mark.parametrize("address", ["postgresql://u@h/db", "postgres://u@h/db"])
def test_an_address_is_told_to_sqlalchemy_in_its_words(address: str) -> None:
    assert postgres_url(address) == "postgresql+asyncpg://u@h/db"

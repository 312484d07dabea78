"""What cannot be used is told in one sentence on stderr, with exit code 2 and no traceback."""

import asyncio
import socket
import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

import asyncpg
import pytest

from tests.gateway.cli import mine
from tests.gateway.cli.commands import halyard

UNREACHABLE = "postgresql://halyard:hunter2@127.0.0.1:1/halyard"
NEWER = "The database has a newer schema of gateway than this program knows: use the newer program."
BAD_SIZE = 'actions = ["mine"]\n[sections.mine]\nsize = "big"\n'
NEWER_SCHEMA = [
    "CREATE TABLE gateway_schema (version_num TEXT)",
    "INSERT INTO gateway_schema VALUES ('9999')",
]


@dataclass(frozen=True)
class Case:
    """A command in a folder with these files, and the sentence that it ends with."""

    words: str
    sentence: str
    files: Mapping[str, str] = field(default_factory=dict)
    newer: bool = False
    """Whether the data folder has a database of a later program."""


CASES = {
    "a bad option": Case(
        "serve --port http", "The setting port cannot be used: Not a valid integer."
    ),
    "no settings file": Case(
        "serve --config nowhere.toml",
        "The settings file nowhere.toml cannot be read: No such file or directory.",
    ),
    "a settings file that is none": Case(
        "init",
        "The settings file halyard.toml is not TOML: Invalid value (at line 1, column 8).",
        {"halyard.toml": "port = \n"},
    ),
    "no such module": Case(
        "serve --actions nowhere",
        "The actions module nowhere is not there: No module named 'nowhere'.",
    ),
    "a module without sections": Case(
        "migrate --actions empty",
        "module empty has neither `section` nor `sections`",
        {"empty.py": ""},
    ),
    "an action that cannot be served": Case(
        "serve --actions mine",
        "mine/get_size declares no scope",
        {"mine.py": mine.SECTION.replace("    scope = NO_KEY\n", "")},
    ),
    "bad settings of a section, serve": Case(
        "serve",
        "The settings of the section mine cannot be used: ",
        {"mine.py": mine.SECTION, "halyard.toml": BAD_SIZE},
    ),
    "bad settings of a section, init": Case(
        "init",
        "The settings of the section mine cannot be used: ",
        {"mine.py": mine.SECTION, "halyard.toml": BAD_SIZE},
    ),
    "a data folder that cannot be": Case(
        "serve --data file/data",
        "The data folder file/data cannot be made: Not a directory.",
        {"file": ""},
    ),
    "a folder in the place of the database": Case(
        "serve", "halyard.db", {"halyard-data/halyard.db/file": ""}
    ),
    "a file that is no database": Case(
        "init", "halyard.db", {"halyard-data/halyard.db": "Dear diary, " * 100}
    ),
    "a database that cannot be reached": Case(
        f"serve --database {UNREACHABLE}", "cannot be reached"
    ),
    "a newer schema": Case("serve", NEWER, newer=True),
}


def end(folder: Path, case: Case) -> "CompletedProcess[str]":
    """What the command came to in a folder of its own."""
    for name, text in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    if case.newer:
        (folder / "halyard-data").mkdir()
        with closing(sqlite3.connect(folder / "halyard-data" / "halyard.db")) as database:
            for statement in NEWER_SCHEMA:
                database.execute(statement)
            database.commit()
    return halyard(*case.words.split(), cwd=folder)


class Ended(NamedTuple):
    """A case and what it came to."""

    case: Case
    process: "CompletedProcess[str]"


@pytest.fixture(scope="module")
def all_ended(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Ended]:
    """Every case, ended; they run side by side, since each takes a second to start."""
    folders = [tmp_path_factory.mktemp("case") for _ in CASES]
    with ThreadPoolExecutor(4) as pool:
        processes = pool.map(end, folders, CASES.values())
        return {
            name: Ended(case, process)
            for (name, case), process in zip(CASES.items(), processes, strict=True)
        }


@pytest.fixture(params=CASES)
def ended(request: pytest.FixtureRequest, all_ended: Mapping[str, Ended]) -> Ended:
    return all_ended[request.param]


def test_it_is_told_in_one_sentence_on_stderr(ended: Ended) -> None:
    case, process = ended

    assert case.sentence in process.stderr
    assert process.stderr.count("\n") == 1
    assert process.stderr.endswith("\n")
    assert "hunter2" not in process.stderr


def test_the_exit_code_is_2_and_stdout_is_empty(ended: Ended) -> None:
    _, process = ended

    assert (process.returncode, process.stdout) == (2, "")


def test_a_port_that_is_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = halyard("serve", "--port", port, cwd=tmp_path)

    assert process.returncode == 2
    assert process.stderr == f"Cannot listen on 127.0.0.1, port {port}: the port is in use.\n"


def test_a_newer_schema_on_postgresql_is_told(tmp_path: Path, address: str) -> None:
    async def renew() -> None:
        connection = await asyncpg.connect(address)
        for statement in NEWER_SCHEMA:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(renew())
    process = halyard("serve", "--database", address, "--port", 0, cwd=tmp_path)

    assert (process.returncode, process.stdout) == (2, "")
    assert "newer schema" in process.stderr
    assert process.stderr.count("\n") == 1

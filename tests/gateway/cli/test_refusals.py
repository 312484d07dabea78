"""What cannot be used is told in one sentence on stderr, with exit code 2 and no traceback."""

import asyncio
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.gateway.cli.commands import halyard

UNREACHABLE = "postgresql://halyard:hunter2@127.0.0.1:1/halyard"


def refusal(*arguments: object, cwd: Path, **settings: str) -> str:
    """The one sentence with which the command refuses."""
    ended = halyard(*arguments, cwd=cwd, **settings)
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert ended.stderr.endswith(".\n") or "`" in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.removesuffix("\n")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["serve", "--port", "http"], "The setting port cannot be used: Not a valid integer."),
        (
            ["serve", "--log-level", "loud"],
            "The setting log_level cannot be used: Must be one of: debug, info, warning, error.",
        ),
        (
            ["init", "--database", "mysql://h"],
            "The setting database cannot be used: "
            "Must be an address that begins with postgresql://.",
        ),
        (
            ["serve", "--config", "nowhere.toml"],
            "The settings file nowhere.toml cannot be read: No such file or directory.",
        ),
        (
            ["serve", "--actions", "nowhere"],
            "The actions module nowhere is not there: No module named 'nowhere'.",
        ),
        (
            ["migrate", "--actions", "empty"],
            "The module empty has neither `section` nor `sections`",
        ),
        (
            ["serve", "--data", "file/data"],
            "The data folder file/data cannot be made: Not a directory.",
        ),
    ],
)
def test_a_setting_that_cannot_be_used(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "file").write_text("")

    assert refusal(*arguments, cwd=tmp_path) == sentence


def test_a_settings_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "halyard.toml").write_text("port = \n")

    assert refusal("serve", cwd=tmp_path).startswith("The settings file halyard.toml is not TOML: ")


def test_a_variable_that_cannot_be_used(tmp_path: Path) -> None:
    sentence = refusal("serve", cwd=tmp_path, drain_seconds="-1")

    assert sentence == (
        "The setting drain_seconds cannot be used: Must be greater than or equal to 0."
    )


def test_a_port_that_is_in_use(tmp_path: Path, taken: int) -> None:
    assert refusal("serve", "--port", taken, cwd=tmp_path) == (
        f"Cannot listen on 127.0.0.1, port {taken}: the port is in use."
    )


@pytest.mark.parametrize("command", ["serve", "init", "migrate"])
def test_a_database_that_cannot_be_reached(tmp_path: Path, command: str) -> None:
    sentence = refusal(command, "--database", UNREACHABLE, cwd=tmp_path)

    assert "cannot be reached" in sentence
    assert "hunter2" not in sentence


@pytest.mark.parametrize("command", ["serve", "init", "migrate"])
def test_a_schema_newer_than_the_program(tmp_path: Path, command: str) -> None:
    (tmp_path / "halyard-data").mkdir()
    newer = sqlite3.connect(tmp_path / "halyard-data" / "halyard.db")
    newer.execute("CREATE TABLE gateway_schema (version_num TEXT)")
    newer.execute("INSERT INTO gateway_schema VALUES ('9999')")
    newer.commit()
    newer.close()

    assert refusal(command, cwd=tmp_path) == (
        "The database has a newer schema of gateway than this program knows: use the newer program."
    )


def test_a_schema_newer_than_the_program_on_postgresql(tmp_path: Path, address: str) -> None:
    async def renew() -> None:
        connection = await asyncpg.connect(address)
        await connection.execute("CREATE TABLE gateway_schema (version_num TEXT)")
        await connection.execute("INSERT INTO gateway_schema VALUES ('9999')")
        await connection.close()

    asyncio.run(renew())

    assert "newer schema" in refusal("migrate", "--database", address, cwd=tmp_path)
    assert "newer" in refusal("serve", "--database", address, cwd=tmp_path)


def test_a_folder_in_the_place_of_the_database(tmp_path: Path) -> None:
    (tmp_path / "halyard-data" / "halyard.db").mkdir(parents=True)

    assert "halyard.db" in refusal("serve", cwd=tmp_path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "halyard-data").mkdir()
    (tmp_path / "halyard-data" / "halyard.db").write_text("Dear diary, " * 100)

    assert "halyard.db" in refusal("init", cwd=tmp_path)


@pytest.mark.parametrize("command", ["serve", "init"])
def test_settings_of_ones_own_section_that_cannot_be_used(folder: Path, command: str) -> None:
    (folder / "halyard.toml").write_text('actions = ["mine"]\n[sections.mine]\nsize = "big"\n')
    sentence = refusal(command, cwd=folder)

    assert sentence.startswith("The settings of the section mine cannot be used: ")
    assert "size" in sentence


def test_an_action_that_cannot_be_served(folder: Path) -> None:
    text = (folder / "mine.py").read_text()
    (folder / "mine.py").write_text(text.replace("    scope = NO_KEY\n", ""))

    assert refusal("serve", "--actions", "mine", cwd=folder) == (
        "Mine/get_size declares no scope (NO_KEY is one)"
    )

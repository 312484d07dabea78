"""What cannot be used is told in one sentence on stderr, with exit code 2 and no traceback."""

import socket
import sqlite3
from pathlib import Path

import pytest

from tests.gateway.cli.running import KEY, Finished, halyard


def _is_refused(done: Finished, *words: str) -> bool:
    """Whether a command ended as a refusal does, with `words` in its sentence."""
    (sentence,) = done.err.splitlines()
    return done.code == 2 and not done.out and all(word in sentence for word in words)


def test_init_prints_the_key_alone(tmp_path: Path) -> None:
    done = halyard("init", cwd=tmp_path)

    assert done.code == 0
    assert KEY.fullmatch(done.out.strip())
    assert done.err == ""


def test_init_does_not_do_it_twice(tmp_path: Path) -> None:
    halyard("init", "--data", "d", cwd=tmp_path)

    assert _is_refused(halyard("init", "--data", "d", cwd=tmp_path), "set up already")


def test_migrate_changes_nothing_the_second_time(tmp_path: Path) -> None:
    first = halyard("migrate", cwd=tmp_path)
    second = halyard("migrate", cwd=tmp_path)

    assert (first.code, first.out) == (0, "Migrated: gateway, halyard.\n")
    assert (second.code, second.out) == (0, "Nothing to migrate.\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--port", "many"], ["port", "integer"]),
        (["--port", "70000"], ["port"]),
        (["--database", "mysql://x"], ["database", "postgresql://"]),
        (["--log-level", "loud"], ["log_level", "debug"]),
        (["--config", "absent.toml"], ["absent.toml", "cannot be read"]),
        (["--actions", "no_such_module"], ["no_such_module"]),
        (["--data", "a-file/below"], ["a-file/below", "cannot be made"]),
        (["--database", "postgresql://root:hush@127.0.0.1:1/x"], ["cannot be reached"]),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, words: list[str], told: list[str]) -> None:
    (tmp_path / "a-file").write_text("")

    done = halyard("serve", *words, cwd=tmp_path)

    assert _is_refused(done, *told), done
    assert "hush" not in done.err


def test_settings_come_from_the_environment_too(tmp_path: Path) -> None:
    assert _is_refused(halyard("serve", cwd=tmp_path, HALYARD_PORT="x"), "port")


def test_a_file_with_an_unknown_setting_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "halyard.toml").write_text("prot = 8080\n")

    assert _is_refused(halyard("serve", cwd=tmp_path), "prot")


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        assert _is_refused(halyard("serve", "--port", port, cwd=tmp_path), port, "in use")


def test_a_newer_schema_is_told(tmp_path: Path) -> None:
    halyard("init", "--data", "d", cwd=tmp_path)
    with sqlite3.connect(tmp_path / "d" / "halyard.db") as file:
        file.execute("UPDATE halyard_schema SET version_num = '9999'")
    file.close()

    assert _is_refused(halyard("serve", "--data", "d", cwd=tmp_path), "newer schema")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "halyard.db").write_bytes(b"not a database, and long enough" * 50)

    assert _is_refused(halyard("serve", "--data", "d", cwd=tmp_path), "database")

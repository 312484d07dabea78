"""`halyard serve`: an empty folder is set up, the key is shown once, a signal drains."""

import json
import os
import shlex
import signal
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests.gateway.cli.commands import KEY, asked, read_from, serving

OWN = ("--actions", "mine,marks")


def test_an_empty_folder_is_set_up_and_its_key_shown_with_a_line_to_try(tmp_path: Path) -> None:
    with serving(cwd=tmp_path) as gateway:
        first, _, _, key, _, line, end = gateway.said.split("\n")
        command = shlex.split(line)
        header, value = command[command.index("-H") + 1].split(": ")
        answer = asked(command[-1], b"", {header: value})

    assert first == f"Halyard listens on {gateway.url}"
    assert KEY.fullmatch(key.strip())
    assert command[0] == "curl"
    assert value == f"Bearer {key.strip()}"
    assert end == ""
    assert answer["status"] == "success"
    assert answer["data"]["role"] == "owner"
    assert (tmp_path / "halyard-data" / "halyard.db").is_file()


def test_the_second_start_shows_no_key_and_the_first_is_good(tmp_path: Path) -> None:
    with serving("--data", "kept", cwd=tmp_path) as gateway:
        key = gateway.key
        assert gateway.stop() == 0
    with serving("--data", "kept", cwd=tmp_path) as again:
        answer = again.call("system/whoami", key)

    assert again.said == f"Halyard listens on {again.url}\n"
    assert answer["status"] == "success"


def test_sigterm_lets_the_running_call_finish_and_ends_with_0(folder: Path) -> None:
    with ThreadPoolExecutor() as pool, serving(*OWN, cwd=folder) as gateway:
        running = pool.submit(gateway.call, "marks/leave", gateway.key)
        assert read_from(gateway.process.stderr).startswith("leaving")
        code = gateway.stop()
        answer = running.result()
    with closing(sqlite3.connect(folder / "halyard-data" / "halyard.db")) as database:
        marks = database.execute("SELECT count(*) FROM marks").fetchone()

    assert code == 0
    assert answer["data"] == {"size": 1}
    assert marks == (1,)


def test_a_call_is_a_line_of_json_on_stdout_until_sigint_ends_it(tmp_path: Path) -> None:
    with serving(cwd=tmp_path, stdout=subprocess.PIPE) as gateway:
        key = gateway.key
        gateway.call("system/whoami", key)
        gateway.call("system/echo", word="marmalade")
        code = gateway.stop(signal.SIGINT)
        text = gateway.process.communicate()[0].decode()

    assert code == 0
    assert [json.loads(line)["action"] for line in text.splitlines()] == [
        "system/whoami",
        "system/echo",
    ]
    assert key not in text
    assert "marmalade" not in text


def test_calls_are_answered_when_nobody_reads_the_log(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with serving(cwd=tmp_path, stdout=writing) as gateway:
        os.close(writing)
        os.close(reading)
        created = gateway.call("counters/create", gateway.key, name="Steps", type="UpDown")
        listed = gateway.call("counters/list", gateway.key)

    assert created["status"] == "success"
    assert [each["name"] for each in listed["data"]] == ["Steps"]


def test_settings_come_from_file_environment_and_options(tmp_path: Path) -> None:
    (tmp_path / "halyard.toml").write_text(
        'environment = "test"\nmirror_status = true\ndata = "from-file"\n'
    )
    with serving("--data", "from-option", cwd=tmp_path, data="from-environment") as gateway:
        assert gateway.key.startswith("hal_test_")
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["from-option"]

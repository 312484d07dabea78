"""The README is true: its commands run, its code blocks do what they say, its tables are whole."""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from actions.catalogue import SECTIONS
from gateway.access.keys import make_key
from gateway.registry import Registry
from gateway.settings import Settings, told_settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```(?:sh|python) (\S+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE))
KEY = re.compile(r"hal_live_[0-9A-Za-z]{50}")
URL = re.compile(r"http://127\.0\.0\.1:\d+")


@dataclass
class Served:
    """A gateway that a command of the README runs."""

    url: str
    key: str


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is in the repository, and nothing else."""
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@contextmanager
def running(command: str, folder: Path) -> Iterator[Served]:
    """Run a command that serves, on any free port, until the block ends."""
    environ = {**os.environ, "HALYARD_PORT": "0"}
    *before, serve = command.strip().split("&&")
    script = " && ".join([*before, f"exec {serve.strip()}"])
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield _read_welcome(process, folder)
        finally:
            process.terminate()
            assert process.wait(30) == 0


def _read_welcome(process: subprocess.Popen[str], folder: Path) -> Served:
    """What the gateway says when it listens; the key of a first start is kept for later ones."""
    assert process.stderr is not None
    kept = folder / "key.txt"
    said = ""
    for line in process.stderr:
        said += line
        if "curl" in line or (kept.exists() and "listens" in line):
            break
    url = URL.search(said)
    assert url is not None, said
    if not kept.exists():
        kept.write_text(str(KEY.findall(said)[0]))
    return Served(url[0], kept.read_text())


def _run(block: str, served: Served, folder: Path) -> str:
    """What a block of shell commands prints, against the gateway that is served."""
    script = URL.sub(served.url, BLOCKS[block])
    environ = {**os.environ, "KEY": served.key}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=environ, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def test_the_first_command_serves_and_the_first_call_counts(clone: Path) -> None:
    log = clone / "access.log"
    line = '192.0.2.1 - - [21/Nov/2026:10:00:00 +0000] "GET /{} HTTP/1.1" 200 1 "-" "-"\n'
    log.write_text("".join(line.format("often" if n % 3 else "seldom") for n in range(90)))
    with running(BLOCKS["serve"], clone) as served:
        answers = _run("first-call", served, clone)
        demonstration = _run("demonstration", served, clone)
        operated = _run("operator", served, clone)

    decoder = json.JSONDecoder()
    created, end = decoder.raw_decode(answers)
    incremented, _ = decoder.raw_decode(answers[end:].strip())
    assert created["data"]["value"] == 0
    assert incremented["data"]["value"] == 250
    assert re.search(r"\b60\b.*/often", demonstration)
    assert re.search(r"\b30\b.*/seldom", demonstration)

    key, *_, last = operated.splitlines()
    assert KEY.fullmatch(key)
    assert last.endswith("Dashboard")

    shown = json.loads(re.findall(r"^```json\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)[0])
    assert list(shown) == list(incremented)
    assert list(shown["data"]) == list(incremented["data"])


def test_an_action_of_ones_own_is_served_and_its_test_passes(clone: Path) -> None:
    for name in ("greetings.py", "test_greetings.py"):
        (clone / name).write_text(BLOCKS[name])
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "test_greetings.py", "-p", "no:cacheprovider"],
        cwd=clone, env={**os.environ, "PYTEST_ADDOPTS": ""}, check=False, capture_output=True,
        text=True,
    )  # fmt: skip
    assert "1 passed" in tested.stdout, tested.stdout

    with running(BLOCKS["own-action"], clone) as served:
        request = urllib.request.Request(  # noqa: S310 - our own gateway
            f"{served.url}/api/v1/greetings/greet",
            data=b'{"text": "Ada"}',
            headers={
                "Authorization": f"Bearer {served.key}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request) as response:  # noqa: S310
            answer = json.load(response)
    assert answer["data"] == {"text": "Hello, Ada!"}


def test_scanners_know_a_key_by_its_check() -> None:
    found: dict[str, Any] = {}
    exec(BLOCKS["check.py"], found)  # noqa: S102 - what the README tells scanners to run
    key = make_key("live").text
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")

    assert [found["is_key"](text) for text in (key, wrong, key + "0", "")] == [
        *(True, False, False, False),
    ]


@pytest.mark.parametrize("path", [each.path for each in Registry(SECTIONS)])
def test_every_action_has_its_line(path: str) -> None:
    assert re.search(rf"^\| `{path}` \| \S", README, re.MULTILINE)


@pytest.mark.parametrize("name", [*told_settings(), "sections"])
def test_every_setting_has_its_line_with_its_default(name: str) -> None:
    row = re.search(rf"^\| `{name}` \| (.*?) \|", README, re.MULTILINE)
    assert row is not None

    default: object = next(each.default for each in fields(Settings) if each.name == name)
    assert row[1].replace("`", "").removeprefix("./") == _told(default)


def _told(default: object) -> str:
    """A default as the table says it."""
    if default in (None, (), MISSING):
        return "none"
    if default is False:
        return "off"
    if isinstance(default, tuple):
        return ", ".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else str(default)

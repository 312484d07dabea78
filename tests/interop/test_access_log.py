"""Real input: a web server's log, played over HTTP, is counted to the last line."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.faults.process import ROOT, Server, init, options_of, post, serving
from tests.interop.access_log import SHOWN, name_of, read_paths, reference_of
from tests.interop.made_log import Line, make_log

REAL_LOG = ROOT.parent / "shared" / "data" / "access_log"
REAL_LENGTH = 6000
MADE_LENGTH = 800


@pytest.fixture(params=["real", "made"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A log of a real server, or where there is none a made one; and in any case a made one."""
    if request.param == "real" and REAL_LOG.exists():
        return REAL_LOG
    length = REAL_LENGTH if request.param == "real" else MADE_LENGTH
    path = tmp_path / "access_log"
    path.write_bytes(b"".join(b"%b\n" % line.text for line in _made(length)))
    return path


def test_every_line_of_a_log_is_counted_under_its_path(
    log: Path, database: dict[str, Any], tmp_path: Path
) -> None:
    with log.open("rb") as lines:
        paths = list(read_paths(lines))
    counts = Counter(paths)
    options = options_of(database)
    key = init(options)
    with serving(options, tmp_path / "server") as server:
        said = _demonstrate(log, server, key)
        counters = list(_counters(server, key))
        assert not server.faults()

    assert counts.total() == log.read_bytes().count(b"\n")
    assert dict(_sort_and_count(paths)) == counts
    assert {each["external_id"]: each["value"] for each in counters} == {
        reference_of(path): count for path, count in counts.items()
    }
    assert {each["external_id"]: each["name"] for each in counters} == {
        reference_of(path): name_of(path) for path in counts
    }
    shown = [int(line.split()[0]) for line in said[-SHOWN:]]
    assert shown == [count for _, count in counts.most_common(SHOWN)]


def test_every_line_of_a_made_log_gives_the_path_it_was_made_with() -> None:
    lines = _made(MADE_LENGTH)

    assert list(read_paths(line.text for line in lines)) == [line.path for line in lines]


def test_the_demonstration_tells_in_one_sentence_why_it_cannot_go_on(tmp_path: Path) -> None:
    log = tmp_path / "access_log"
    log.write_bytes(_made(1)[0].text)
    with serving(options_of({"data": tmp_path / "data"}), tmp_path / "server") as server:
        done = _run(log, server, "not a key")

    assert done.returncode == 1
    assert done.stderr.decode() == "counters/create: The API key is not valid.\n"


def _made(length: int) -> list[Line]:
    return make_log(length, Random("an access log"))  # noqa: S311 - repeatable


def _demonstrate(log: Path, server: Server, key: str) -> list[str]:
    """What the demonstration prints when a reader runs it."""
    done = _run(log, server, key)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def _run(log: Path, server: Server, key: str) -> subprocess.CompletedProcess[bytes]:
    script = ROOT / "tests" / "interop" / "access_log.py"
    command = [sys.executable, str(script), str(log), "--url", server.url, "--key", key]
    return subprocess.run(command, check=False, capture_output=True)


def _counters(server: Server, key: str) -> Iterator[dict[str, Any]]:
    """Every counter that there is, page by page."""
    page = total = 1
    while page <= total:
        answer = post(server, "counters/list", {"page": page, "per_page": 100}, key)
        total = answer["flags"]["paginated"]["total_pages"]
        page += 1
        yield from answer["data"]


def _sort_and_count(paths: list[bytes]) -> Iterator[tuple[bytes, int]]:
    """What `sort | uniq -c` says."""
    done = subprocess.run(  # noqa: S602 - there is nothing in it but the two
        "sort | uniq -c",
        shell=True,
        input=b"".join(b"%b\n" % path for path in paths),
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    for line in done.stdout.splitlines():
        count, _, path = line.strip().partition(b" ")
        yield path, int(count)

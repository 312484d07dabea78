"""The gateway as a process of its own: set up, started, called, stopped, killed."""

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"

START_LIMIT = 30.0
STOP_LIMIT = 30.0
POLL = 0.01
"""Seconds."""

_WELCOME = re.compile(rf"listens on http://{HOST}:(\d+)\n")
_FAULT = re.compile(r"\.crashed|InternalServerError|Traceback|Exception|Warning")


@dataclass(frozen=True)
class Server:
    """A running `halyard serve`, and the files that its two streams go to."""

    process: subprocess.Popen[bytes]
    port: int
    stdout: Path
    stderr: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def kill(self) -> None:
        """SIGKILL: not a line of its code runs after this."""
        self.process.kill()

    def terminate(self) -> None:
        """SIGTERM: it may finish what it has begun."""
        self.process.terminate()

    def wait(self) -> int:
        """Wait until it has ended; returns its exit code."""
        return self.process.wait(STOP_LIMIT)

    def said(self) -> str:
        """Everything that it logged and printed so far."""
        return self.stdout.read_text() + self.stderr.read_text()

    def faults(self) -> list[str]:
        """The lines in which it tells of faults of its own."""
        return [line for line in self.said().splitlines() if _FAULT.search(line)]


def options_of(database: Mapping[str, Any]) -> list[str]:
    """The options of the command line for a test database's settings."""
    return [part for name, value in database.items() for part in (f"--{name}", str(value))]


def init(options: Sequence[str]) -> str:
    """Set the database up, as an operator does, and return its first key."""
    command = [sys.executable, "-m", "actions", "init", *options]
    done = subprocess.run(command, cwd=ROOT, env=_environment({}), check=True, capture_output=True)
    return done.stdout.decode().strip()


@contextlib.contextmanager
def serving(options: Sequence[str], folder: Path, **settings: str) -> Iterator[Server]:
    """A gateway that serves until the block ends; `settings` reach it by its environment."""
    folder.mkdir(parents=True, exist_ok=True)
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "actions", "serve", "--port", "0", *options],
            cwd=ROOT,
            env=_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
    try:
        yield Server(process, _port(process, err), out, err)
    finally:
        _end(process)


def post(
    server: Server, path: str, params: Mapping[str, Any], key: str | None = None
) -> dict[str, Any]:
    """The envelope of one call."""
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    connection = http.client.HTTPConnection(HOST, server.port, timeout=STOP_LIMIT)
    with contextlib.closing(connection):
        connection.request("POST", f"/api/v1/{path}", json.dumps(params), headers)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    return answer


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Our own, without what would change the gateway's settings, and with `settings`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HALYARD_")}
    return kept | {f"HALYARD_{name.upper()}": value for name, value in settings.items()}


def _port(process: subprocess.Popen[bytes], stderr: Path) -> int:
    """The port that the process says it listens on, once it says so."""
    limit = time.monotonic() + START_LIMIT
    while not (welcome := _WELCOME.search(stderr.read_text())):
        assert process.poll() is None, stderr.read_text()
        assert time.monotonic() < limit, "The gateway does not start."
        time.sleep(POLL)
    return int(welcome[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

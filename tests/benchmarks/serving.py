"""Servers under measurement: each on its own CPU, waited for, watched, called and stopped."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .machine import Usage, processor_seconds

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
"""Where servers find the peers, and the gateway its section for W1."""
SERVER_CPU = "0"
CLIENT_CPU = "1"

START_LIMIT = 30.0
STOP_LIMIT = 30.0
SETTLE_LIMIT = 15.0
POLL = 0.005
SETTLED = 0.1
"""Seconds."""


class BenchmarkError(Exception):
    """Why nothing can be measured, or why what was measured counts for nothing."""


class NotServed(Exception):
    """Why one subject cannot be measured here; the others can."""


@dataclass(frozen=True)
class Reply:
    """One answer, whatever it says."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any
    """The JSON, or the text where it is none."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    output: Path
    """What it writes to stdout."""
    seconds_to_ready: float

    @property
    def complaints(self) -> Path:
        """What it writes to stderr."""
        return self.output.with_name("stderr")

    def post(self, path: str, body: str, key: str | None = None) -> tuple[int, Any]:
        """The status and the JSON of the answer."""
        reply = self.ask(path, body, {} if key is None else {"Authorization": f"Bearer {key}"})
        return reply.status, reply.body

    def ask(self, path: str, body: str, headers: Mapping[str, str]) -> Reply:
        """The answer to a POST of JSON."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=START_LIMIT)
        with contextlib.closing(connection):
            sent = {"Content-Type": "application/json", **headers}
            connection.request("POST", path, body, sent)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, told, _parsed(answer.read()))

    def resident_megabytes(self) -> float:
        """The memory that it holds now."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise BenchmarkError("The system does not tell how much memory a process holds.")

    def usage(self) -> Usage:
        """The processor time used up to now, by it and by others."""
        return Usage.now(self.process.pid)

    def settle(self) -> None:
        """Wait until it rests, so that what one run left over is not the next one's load."""
        limit = time.monotonic() + SETTLE_LIMIT
        before = processor_seconds(self.process.pid)
        while time.monotonic() < limit:
            time.sleep(SETTLED)  # the span in which its processor time is looked at
            now = processor_seconds(self.process.pid)
            if now - before < SETTLED / 5:
                return
            before = now
        raise BenchmarkError(f"The server on port {self.port} works on, though nobody calls it.")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


def environment() -> dict[str, str]:
    """The environment of what is started: its code is this checkout's."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(
    command: Sequence[str],
    *,
    port: int,
    folder: Path,
    ready: str = "/",
    variables: Mapping[str, str] = {},
) -> Iterator[Server]:
    """Run `command` from when it answers GET `ready` with no 5xx until the block ends.

    `variables` are added to its environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    output, complaints = folder / "stdout", folder / "stderr"
    began = time.perf_counter()
    with output.open("ab") as out, complaints.open("ab") as err:
        process = subprocess.Popen(
            ["taskset", "-c", SERVER_CPU, *command],
            cwd=folder,
            env={**environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    try:
        if not _wait_for(process, port, ready):
            raise BenchmarkError(f"{command} does not serve:\n{complaints.read_text()}")
        yield Server(port, process, output, time.perf_counter() - began)
    finally:
        _stop(process)


def _wait_for(process: subprocess.Popen[bytes], port: int, path: str) -> bool:
    limit = time.monotonic() + START_LIMIT
    while process.poll() is None and time.monotonic() < limit:
        if _serves(port, path):
            return True
        time.sleep(POLL)  # another process comes up, and tells nobody when
    return False


def _serves(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    with contextlib.closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

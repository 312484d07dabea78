"""Memory: what the gateway holds for each connection that is open and has made a call."""

import resource
import socket
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.load import run_load
from tests.benchmarks.parts import Held, Part
from tests.benchmarks.scale.rounds import Effort
from tests.benchmarks.serving import HOST, BenchmarkError
from tests.benchmarks.subjects import open_ping
from tests.benchmarks.tables import Target

TITLE = "Memory by open connections"
COUNTS = (0, 500, 1_000, 2_500, 5_000)
ROWS = tuple(f"{count:,}" for count in COUNTS)
TARGET = Target(10, at_least=False)
"""Kilobytes a connection."""

_OTHER_FILES = 100
_CALL = (
    b"POST /api/v1/system/ping HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)
_ANSWERED = b'"data":{"pong":true}}'


def measure_memory(folder: Path, effort: Effort) -> Part:
    """Resident memory as connections are opened, each of which makes one call and stays.

    They are opened faster than the gateway closes those that say nothing.
    """
    _allow_files(max(COUNTS) + _OTHER_FILES)
    runs = [_measure(folder / str(number)) for number in range(effort.rounds)]
    rows = []
    for place, count in enumerate(COUNTS):
        found = sorted(run[place] for run in runs)
        grown = [(run[place] - run[0]) * 1e3 / count for run in runs] if count else []
        rows.append(
            (
                f"{count:,}",
                f"{found[len(found) // 2]:,.1f}",
                f"{min(grown):.2f} to {max(grown):.2f}" if grown else "",
            )
        )
    slopes = [(run[-1] - run[0]) * 1e3 / COUNTS[-1] for run in runs]
    held = [Held(f"memory a connection, of {COUNTS[-1]:,}, kB", slopes, TARGET)]
    raw = {"connections": COUNTS, "megabytes": [[round(each, 2) for each in run] for run in runs]}
    return Part(
        TITLE,
        ("open connections", "memory, MB", "kB a connection"),
        rows,
        raw,
        held,
    )


def _measure(folder: Path) -> list[float]:
    """Megabytes at each of `COUNTS`."""
    with ExitStack() as stack:
        subject = open_ping(stack, folder)
        run_load(subject, 1)  # what is made once, at the first calls, is no connection's
        server, found = subject.server, []
        opened: list[socket.socket] = []
        for count in COUNTS:
            while len(opened) < count:
                opened.append(stack.enter_context(socket.create_connection((HOST, server.port))))
                _call(opened[-1])
            found.append(server.resident_megabytes())
        for connection in opened:  # all of them were open until now
            _call(connection)
        return found


def _call(connection: socket.socket) -> None:
    connection.sendall(_CALL)
    answer = b""
    while not answer.endswith(_ANSWERED):
        got = connection.recv(4096)
        if not got:
            raise BenchmarkError(f"A connection was closed; it had said {answer!r}.")
        answer += got


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise BenchmarkError(f"Needs {wanted} open files; the system allows {hard}.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))

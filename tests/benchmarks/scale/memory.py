"""Memory: what the gateway holds for each connection that is open and has made a call."""

import resource
import socket
from collections.abc import Sequence
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
    allow_files(max(COUNTS) + _OTHER_FILES)
    runs = [megabytes_at(folder / str(number), COUNTS) for number in range(effort.rounds)]
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


def megabytes_at(folder: Path, counts: Sequence[int]) -> list[float]:
    """Resident memory at each of these numbers of connections, which only grow."""
    with ExitStack() as stack:
        subject = open_ping(stack, folder)
        run_load(subject, 1)  # what is made once, at the first calls, is no connection's
        server, found = subject.server, []
        opened: list[socket.socket] = []
        for count in counts:
            while len(opened) < count:
                opened.append(stack.enter_context(socket.create_connection((HOST, server.port))))
                ping_once(opened[-1])
            found.append(server.resident_megabytes())
        for connection in opened:  # all of them were open until now
            ping_once(connection)
        return found


def ping_once(connection: socket.socket) -> None:
    """Make one call and read its answer. Raises BenchmarkError when there is none."""
    connection.sendall(_CALL)
    answer = b""
    while not answer.endswith(_ANSWERED):
        got = connection.recv(4096)
        if not got:
            raise BenchmarkError(f"A connection was closed; it had said {answer!r}.")
        answer += got


def allow_files(wanted: int) -> None:
    """Have this process open so many. Raises BenchmarkError where it must not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise BenchmarkError(f"Needs {wanted} open files; the system allows {hard}.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))

"""A connection: the objects that one holds which is open, made a call and waits for the next."""

import socket
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.expected import DETAILS
from tests.benchmarks.gateways import gateway, post
from tests.benchmarks.parts import Part
from tests.benchmarks.scale.memory import allow_files, megabytes_at, ping_once
from tests.benchmarks.serving import HOST

BEFORE, OPENED = 50, 1_000
SHOWN_FROM = 16
"""Bytes a connection."""
UNTOLD = "what no object tells: uvloop's handles, room that the allocator leaves"
HEAP = "tests.benchmarks.details.heap"

_OTHER_FILES = 100


def measure_connection(folder: Path, rounds: int) -> Part:
    """Objects and bytes by type, a connection; the median of the rounds."""
    allow_files(BEFORE + OPENED + _OTHER_FILES)
    walks = [_grown(folder / f"heap-{number}") for number in range(rounds)]
    resident = []
    for number in range(rounds):
        few, many = megabytes_at(folder / f"resident-{number}", (BEFORE, BEFORE + OPENED))
        resident.append((many - few) * 1e6 / OPENED)
    names = {name for walk in walks for name in walk}
    middles = {
        name: tuple(median(walk.get(name, (0.0, 0.0))[place] for walk in walks) for place in (0, 1))
        for name in names
    }
    told = sum(size for _, size in middles.values())
    rows = [
        (name, f"{count:.1f}", f"{size:,.0f}")
        for name, (count, size) in sorted(middles.items(), key=lambda each: -each[1][1])
        if size >= SHOWN_FROM
    ]
    rows += [
        ("all objects", "", f"{told:,.0f}"),
        (UNTOLD, "", f"{median(resident) - told:,.0f}"),
        ("resident memory", "", f"{median(resident):,.0f}"),
    ]
    raw = {"resident": resident, "walks": walks}
    return Part(
        DETAILS["connection"], ("type", "objects", "bytes"), rows, raw, told=_sentence(rows)
    )


def _sentence(rows: list[tuple[str, str, str]]) -> str:
    most = ", ".join(f"{name} {size}" for name, _, size in rows[:5])
    return f"What one more open connection that has made a call holds, of {OPENED:,}. Most: {most}."


def _grown(folder: Path) -> dict[str, tuple[float, float]]:
    """By type: objects, and bytes, that each of `OPENED` connections added."""
    with ExitStack() as stack:
        server = stack.enter_context(gateway(folder, "--actions", HEAP))

        def open_more(count: int) -> list[socket.socket]:
            address = (HOST, server.port)
            opened = [stack.enter_context(socket.create_connection(address)) for _ in range(count)]
            for connection in opened:
                ping_once(connection)
            return opened

        post(server, "heap/types", {})  # what is made once, at the first call, is no connection's
        open_more(BEFORE)
        before: dict[str, Any] = post(server, "heap/types", {})
        open_more(OPENED)
        after: dict[str, Any] = post(server, "heap/types", {})
    return {
        name: tuple(
            (after[kind][name] - before[kind].get(name, 0)) / OPENED for kind in ("counts", "sizes")
        )
        for name in after["counts"]
    }

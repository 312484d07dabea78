"""Connections: the shortest call and the hot write, from one connection to 512."""

from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.parts import LOAD_HEAD, Part, load_cells, raw_run
from tests.benchmarks.scale.rounds import Effort, Load, run_rounds
from tests.benchmarks.subjects import open_increment, open_ping

TITLE = "Connections: the shortest call and the hot write"
COUNTS = (1, 2, 8, 32, 64, 128, 256, 512)
ROWS = tuple(f"{name}, {count}" for name in ("ping", "increment") for count in COUNTS)


def measure_connections(folder: Path, effort: Effort) -> Part:
    """Rate, processor time and p99 by the number of connections."""
    with ExitStack() as stack:
        subjects = {
            "ping": open_ping(stack, folder / "ping"),
            "increment": open_increment(stack, folder / "increment"),
        }
        loads = {
            f"{name}, {count}": Load(subject, count)
            for name, subject in subjects.items()
            for count in COUNTS
        }
        found = run_rounds(loads, effort)
    rows = [(name, *load_cells(runs)) for name, runs in found.items()]
    raw = {name: [raw_run(run) for run in runs] for name, runs in found.items()}
    return Part(
        TITLE,
        ("action, connections", *LOAD_HEAD),
        rows,
        raw,
    )

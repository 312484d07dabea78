"""Starts: how soon the gateway is ready, and how much memory it holds before there is any load."""

from pathlib import Path
from statistics import median

from tests.benchmarks.parts import Held, Part
from tests.benchmarks.scale.rounds import Effort
from tests.benchmarks.starts import Start, measure_starts
from tests.benchmarks.tables import Target

TITLE = "Starts"
ROWS = ("fresh", "existing")
SECONDS = Target(1.5, at_least=False)
MEGABYTES = Target(90, at_least=False)


def measure_idle(folder: Path, effort: Effort) -> Part:
    """Seconds from the start of the program to `/readyz`, and resident memory then."""
    found = measure_starts(folder, effort.rounds)
    rows = [
        (kind, f"{median(_seconds(some)):.2f}", f"{median(_megabytes(some)):.0f}")
        for kind, some in found.items()
    ]
    held = [
        Held(f"start, {kind} folder, s", _seconds(some), SECONDS) for kind, some in found.items()
    ]
    held += [
        Held(f"idle memory, {kind} folder, MB", _megabytes(some), MEGABYTES)
        for kind, some in found.items()
    ]
    raw = {
        kind: {"seconds": _seconds(some), "megabytes": _megabytes(some)}
        for kind, some in found.items()
    }
    return Part(TITLE, ("data folder", "ready after, s", "idle, MB"), rows, raw, held)


def _seconds(starts: list[Start]) -> list[float]:
    return [round(each.seconds, 3) for each in starts]


def _megabytes(starts: list[Start]) -> list[float]:
    return [round(each.megabytes, 1) for each in starts]

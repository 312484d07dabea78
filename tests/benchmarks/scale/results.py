"""Results: what a part of the scale found, as tables for people and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.load import Run
from tests.benchmarks.rounds import QUIET
from tests.benchmarks.tables import Target, short, table

LOAD_HEAD = ("req/s", "range", "p99 ms", "CPU, µs", "others")


@dataclass(frozen=True)
class Held:
    """A measure that is held against a target; its median decides."""

    measure: str
    values: Sequence[float]
    target: Target
    doubtful: bool = False
    """Whether other work took so much of the machine that the measure proves nothing."""

    @property
    def reached(self) -> bool:
        return self.target.reached_by(median(self.values))

    def row(self) -> tuple[str, ...]:
        spread = f"{short(min(self.values))} to {short(max(self.values))}"
        reached = ("yes" if self.reached else "NO") + "?" * self.doubtful
        return (self.measure, short(median(self.values)), spread, str(self.target), reached)


@dataclass(frozen=True)
class Part:
    """What one part of the scale found."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    raw: Any
    """The same and more, as JSON."""
    held: Sequence[Held] = field(default_factory=tuple)

    def tables(self) -> str:
        """The measures, and those that have a target."""
        held = ("measure", "median", "range", "target", "reached")
        tables = [table(self.head, self.rows)]
        if self.held:
            tables.append(table(held, [each.row() for each in self.held]))
        return "\n\n".join(tables)


def load_cells(runs: Sequence[Run]) -> tuple[str, ...]:
    """The cells under `LOAD_HEAD`: medians of the runs, and the most that other work took."""
    rates = [run.rate for run in runs]
    return (
        f"{median(rates):,.0f}",
        f"{min(rates):,.0f} to {max(rates):,.0f}",
        f"{median(run.p99_ms for run in runs):,.1f}",
        f"{median(run.microseconds for run in runs):,.1f}",
        f"{max(run.disturbance for run in runs):.0%}",
    )


def raw_run(run: Run) -> dict[str, Any]:
    """A run as JSON."""
    return {
        "answered": run.answered,
        "seconds": run.seconds,
        "rate": run.rate,
        "p99_ms": run.p99_ms,
        "cpu_microseconds": run.microseconds,
        "disturbance": run.disturbance,
    }


def disturbed(*of: Sequence[Run]) -> bool:
    """Whether other work took more than it may in any of these runs."""
    return any(run.disturbance > QUIET for runs in of for run in runs)


def write_json(file: Path, parts: Mapping[str, Part]) -> None:
    """Write what was found into `file`, where other parts that are there stay."""
    known = json.loads(file.read_text()) if file.exists() else {}
    for name, part in parts.items():
        held = [
            {
                "measure": each.measure,
                "values": list(each.values),
                "target": str(each.target),
                "reached": each.reached,
                "doubtful": each.doubtful,
            }
            for each in part.held
        ]
        known[name] = {"head": part.head, "rows": part.rows, "held": held, "raw": part.raw}
    file.write_text(json.dumps(known, indent=1) + "\n")

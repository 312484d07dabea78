"""Parts: what was measured beside the levels, each as a table and what is held against a target."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from .load import Run
from .results import FOLDER, Origin
from .rounds import QUIET
from .tables import Target, short, table

FILE = "parts.json"
HELD_HEAD = ("Halyard", "median", "range", "by CPU", "target", "reached")
LOAD_HEAD = ("calls/s", "range", "p99 ms", "CPU, µs", "others")


@dataclass(frozen=True)
class Held:
    """A measure that is held against a target; its median decides."""

    measure: str
    values: Sequence[float]
    """One for each round; nothing where it was not measured."""
    target: Target
    by_cpu: Sequence[float] = ()
    """The same from processor time, which other work on the machine changes less."""
    doubtful: bool = False
    """Whether other work took so much of the machine that the measure proves nothing."""

    @property
    def reached(self) -> bool:
        return bool(self.values) and self.target.reached_by(median(self.values))

    @property
    def verdict(self) -> str:
        """In doubt too where not every round says what the median says."""
        if not self.values:
            return "not measured"
        divided = len({self.target.reached_by(value) for value in self.values}) > 1
        return ("yes" if self.reached else "NO") + "?" * (self.doubtful or divided)

    def row(self) -> tuple[str, ...]:
        """The cells under `HELD_HEAD`."""
        middle = spread = by_cpu = ""
        if self.values:
            middle = short(median(self.values))
            spread = f"{short(min(self.values))} to {short(max(self.values))}"
        if self.by_cpu:
            by_cpu = short(median(self.by_cpu))
        return (self.measure, middle, spread, by_cpu, str(self.target), self.verdict)


@dataclass(frozen=True)
class Part:
    """What one part found."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    raw: Any
    """The same and more, as JSON."""
    held: Sequence[Held] = field(default_factory=tuple)
    told: str = ""
    """What the measures say, in sentences."""

    def tables(self) -> str:
        """What is told, the measures, and those that have a target."""
        tables = [*([self.told] if self.told else []), table(self.head, self.rows)]
        if self.held:
            tables.append(table(HELD_HEAD, [each.row() for each in self.held]))
        return "\n\n".join(tables)


@dataclass(frozen=True)
class KeptPart:
    """A part, and where its figures come from."""

    part: Part
    origin: Origin


def load_parts(folder: Path = FOLDER) -> dict[str, KeptPart]:
    """What is kept in `folder`, by name."""
    file = folder / FILE
    if not file.exists():
        return {}
    return {name: _read(told) for name, told in json.loads(file.read_text()).items()}


def keep_part(name: str, part: Part, origin: Origin, folder: Path = FOLDER) -> None:
    """Keep it in `folder`, in the place of the last one of that name; others stay."""
    folder.mkdir(exist_ok=True)
    kept = {**load_parts(folder), name: KeptPart(part, origin)}
    told = {name: asdict(each) for name, each in kept.items()}
    (folder / FILE).write_text(json.dumps(told, indent=1) + "\n")


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
        "rate": round(run.rate, 1),
        "p99_ms": round(run.p99_ms, 2),
        "microseconds": round(run.microseconds, 2),
        "disturbance": round(run.disturbance, 3),
    }


def disturbed(*of: Sequence[Run]) -> bool:
    """Whether other work took more than it may in any of these runs."""
    return any(run.disturbance > QUIET for runs in of for run in runs)


def _read(told: Mapping[str, Any]) -> KeptPart:
    part = told["part"]
    held = [Held(**{**each, "target": Target(**each["target"])}) for each in part["held"]]
    return KeptPart(Part(**{**part, "held": held}), Origin(**told["origin"]))

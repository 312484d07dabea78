"""Rounds: every subject in turn, again and again, and what must hold of all its calls."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .load import CONNECTIONS, Run, run_load
from .serving import CLIENT_CPU, SERVER_CPU, BenchmarkError
from .subjects import Account, Subject

WARM_UP = 2
"""Seconds."""
QUIET = 0.1
"""The share of a processor that other work may take before a ratio is in doubt."""

CUT_OFF = ("MalformedRequest", "500")
"""How servers call it when a run ends while a call is under way: one a connection and run."""


@dataclass(frozen=True)
class Measured:
    """What became of one subject."""

    rounds: Sequence[Run]
    uncounted: Sequence[Run]
    """The warm-up, and what was tried again for its disturbance."""
    account: Account | None
    """What its server says of all these calls."""


@contextmanager
def benchmark_folder() -> Iterator[Path]:
    """A folder for servers that run as they come. Raises BenchmarkError where none can."""
    missing = [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]
    if missing:
        raise BenchmarkError(f"Not installed: {', '.join(missing)}.")
    if not {int(SERVER_CPU), int(CLIENT_CPU)} <= os.sched_getaffinity(0):
        raise BenchmarkError(f"Needs the CPUs {SERVER_CPU} and {CLIENT_CPU}.")
    os.sched_setaffinity(0, {int(CLIENT_CPU)})  # away from the servers
    # TMPDIR moves the folder; where that is kept in memory, commits cost nothing.
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        _plain_environment(folder)
        yield folder


def measure(
    subjects: Mapping[str, Subject], *, rounds: int, seconds: int, tries: int = 1
) -> dict[str, Measured]:
    """Run every subject, interleaved, so that a machine that slows down slows them all."""
    before = {name: subject.account and subject.account() for name, subject in subjects.items()}
    uncounted = {name: [run_load(subject, WARM_UP)] for name, subject in subjects.items()}
    counted: dict[str, list[Run]] = {name: [] for name in subjects}
    for number in range(1, rounds + 1):
        # Every other round goes backwards, so that nobody always has the same one before it.
        for name in list(subjects)[:: 1 if number % 2 else -1]:
            *disturbed, run = _try(subjects[name], seconds, tries)
            uncounted[name] += disturbed
            counted[name].append(run)
            say(f"round {number}: {name} {run.rate:,.0f}")
    return {
        name: Measured(counted[name], uncounted[name], _account(subject, before[name]))
        for name, subject in subjects.items()
    }


def require_clean(measured: Mapping[str, Measured]) -> None:
    """Raise BenchmarkError unless every answered call was a success, and was really done."""
    faults = [fault for name, found in measured.items() for fault in _faults(name, found)]
    if faults:
        raise BenchmarkError("\n".join(faults))


def most_disturbed(measured: Mapping[str, Measured], *names: str) -> float:
    """The most that other work took of a processor in any round of these subjects."""
    disturbances = [
        run.disturbance for name in names if name in measured for run in measured[name].rounds
    ]
    return max(disturbances, default=0)


def warn_of_others(measured: Mapping[str, Measured]) -> None:
    """Say so when other work was done beside what was measured."""
    most = most_disturbed(measured, *measured)
    if most > QUIET:
        say(f"Other work took up to {most:.0%} of a processor: a ratio with ? proves nothing.", "")


def say(*lines: str) -> None:
    """Print at once."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _plain_environment(folder: Path) -> None:
    """Let every server run as it comes: no settings, and modules compiled once, as installed."""
    for name in list(os.environ):
        if name.startswith(("HALYARD_", "PYTHON")):
            del os.environ[name]
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")


def _try(subject: Subject, seconds: int, tries: int) -> list[Run]:
    """Run until undisturbed, or until the tries are used up; the least disturbed run is last."""
    runs: list[Run] = []
    while len(runs) < tries:
        runs.append(run_load(subject, seconds))
        if runs[-1].disturbance <= QUIET:
            break
    return sorted(runs, key=lambda run: run.disturbance, reverse=True)


def _account(subject: Subject, before: Account | None) -> Account | None:
    if subject.account is None or before is None:
        return None
    return subject.account().since(before)


def _faults(name: str, found: Measured) -> Iterator[str]:
    runs = (*found.uncounted, *found.rounds)
    if any(run.not_2xx or run.socket_errors for run in runs):
        yield f"{name}: calls were lost, or not answered with 2xx."
    if found.account is None:
        return
    answered, done = sum(run.answered for run in runs), found.account.done
    say(f"{name}: {answered:,} calls answered, {done:,} done by the server's own account")
    cut_off = sum(found.account.refused[code] for code in CUT_OFF)
    if found.account.refused.total() > cut_off or cut_off > CONNECTIONS * len(runs):
        yield f"{name}: calls were refused: {dict(found.account.refused)}."
    if done < answered:
        yield f"{name}: calls were answered that were not done."

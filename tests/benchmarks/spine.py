"""The spine's benchmark: `python -m tests.benchmarks.spine` measures the gateway and its peers."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

if not __package__:  # run as a file, which has no siblings to import from
    sys.path.insert(0, str(Path(__file__).parents[2]))
    __package__ = "tests.benchmarks"

from .load import CONNECTIONS, Run, run_load
from .report import QUIET, Measured, most_disturbed, rates_table, targets_table
from .serving import CLIENT_CPU, SERVER_CPU, BenchmarkError, NotServed
from .starts import measure_starts
from .subjects import OPENERS, Subject, require_success

WARM_UP = 2
"""Seconds."""
STARTS = 5


def main() -> None:
    """Measure, and print what came of it. Exits with 1 when an answer was wrong."""
    options = _options()
    try:
        _require_tools()
        os.sched_setaffinity(0, {int(CLIENT_CPU)})  # away from the servers
        # TMPDIR moves the folder; where that is kept in memory, commits cost nothing.
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            _plain_environment(Path(folder))
            _measure(Path(folder), options)
    except BenchmarkError as fault:
        sys.exit(str(fault))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="spine", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="*", choices=list(OPENERS), help="subjects to run (all)")
    parser.add_argument("--rounds", type=int, default=3, help="times that every subject is run (3)")
    parser.add_argument("--seconds", type=int, default=5, help="length of a run (5)")
    parser.add_argument("--tries", type=int, default=1, help="for a run that is disturbed (1)")
    options = parser.parse_args()
    if min(options.rounds, options.seconds, options.tries) < 1:
        parser.error("rounds, seconds and tries are at least 1")
    return options


def _require_tools() -> None:
    missing = [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]
    if missing:
        raise BenchmarkError(f"Not installed: {', '.join(missing)}.")
    if not {int(SERVER_CPU), int(CLIENT_CPU)} <= os.sched_getaffinity(0):
        raise BenchmarkError(f"Needs the CPUs {SERVER_CPU} and {CLIENT_CPU}.")


def _plain_environment(folder: Path) -> None:
    """Let every server run as it comes: no settings, and modules compiled once, as installed."""
    for name in list(os.environ):
        if name.startswith(("HALYARD_", "PYTHON")):
            del os.environ[name]
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")


def _measure(folder: Path, options: argparse.Namespace) -> None:
    _say(
        f"{options.rounds} rounds of {options.seconds} s after {WARM_UP} s each,"
        f" {CONNECTIONS} connections; load of the machine before: {os.getloadavg()[0]:.2f}"
    )
    starts = measure_starts(folder / "starts", STARTS)
    with ExitStack() as stack:
        subjects = _open_subjects(stack, folder, options.only or list(OPENERS))
        uncounted = {name: [run_load(subject, WARM_UP)] for name, subject in subjects.items()}
        rounds = _run_rounds(subjects, uncounted, options)
        measured = {
            name: Measured(rounds[name], uncounted[name], subject.account and subject.account())
            for name, subject in subjects.items()
        }
    _say("", rates_table(measured), "", targets_table(measured, starts), "")
    _warn_of_others(measured)
    _require_clean(measured)


def _open_subjects(stack: ExitStack, folder: Path, names: Sequence[str]) -> dict[str, Subject]:
    subjects = {}
    for name in names:
        open_subject = OPENERS[name]
        try:
            subject = open_subject(stack, folder / name)
        except NotServed as reason:
            _say(f"{name}: not served, {reason}")
            continue
        answer = subject.server.post(subject.path, subject.bodies[0], subject.key)
        require_success(name, *answer)
        subjects[name] = subject
    return subjects


def _run_rounds(
    subjects: dict[str, Subject], uncounted: dict[str, list[Run]], options: argparse.Namespace
) -> dict[str, list[Run]]:
    """Interleaved, so that a machine that slows down slows all subjects."""
    rounds: dict[str, list[Run]] = {name: [] for name in subjects}
    for number in range(1, options.rounds + 1):
        for name, subject in subjects.items():
            *disturbed, run = _try(subject, options)
            uncounted[name] += disturbed
            rounds[name].append(run)
            _say(f"round {number}: {name} {run.rate:,.0f}")
    return rounds


def _try(subject: Subject, options: argparse.Namespace) -> list[Run]:
    """Run until undisturbed, or until the tries are used up; the least disturbed run is last."""
    runs: list[Run] = []
    while len(runs) < options.tries:
        runs.append(run_load(subject, options.seconds))
        if runs[-1].disturbance <= QUIET:
            break
    return sorted(runs, key=lambda run: run.disturbance, reverse=True)


def _warn_of_others(measured: dict[str, Measured]) -> None:
    most = most_disturbed(measured, *measured)
    if most > QUIET:
        _say(f"Other work took up to {most:.0%} of a processor: a ratio with ? proves nothing.", "")


def _require_clean(measured: dict[str, Measured]) -> None:
    """Raise BenchmarkError unless every answered call was a success, and was really done."""
    faults = [fault for name, found in measured.items() for fault in _faults(name, found)]
    if faults:
        raise BenchmarkError("\n".join(faults))


def _faults(name: str, found: Measured) -> Iterator[str]:
    runs = (*found.uncounted, *found.rounds)
    if any(run.not_2xx or run.socket_errors for run in runs):
        yield f"{name}: calls were lost, or not answered with 2xx."
    if found.account is None:
        return
    answered, done = sum(run.answered for run in runs), found.account.done
    _say(f"{name}: {answered:,} calls answered, {done:,} done by the server's own account")
    if found.account.refused:
        yield f"{name}: calls were refused: {dict(found.account.refused)}."
    if done < answered:
        yield f"{name}: calls were answered that were not done."


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()

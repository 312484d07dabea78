"""The spine's benchmark: `python -m tests.benchmarks.spine` measures the gateway's own actions."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

if not __package__:  # run as a file, which has no siblings to import from
    sys.path.insert(0, str(Path(__file__).parents[2]))
    __package__ = "tests.benchmarks"

from .gateways import require_success
from .load import CONNECTIONS
from .report import rates_table, targets_table
from .rounds import WARM_UP, benchmark_folder, measure, require_clean, say, warn_of_others
from .serving import BenchmarkError, NotServed
from .starts import measure_starts
from .subjects import OPENERS, Subject

STARTS = 5


def main() -> None:
    """Measure, and print what came of it. Exits with 1 when an answer was wrong."""
    options = _options()
    try:
        with benchmark_folder() as folder:
            _measure(folder, options)
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


def _measure(folder: Path, options: argparse.Namespace) -> None:
    say(
        f"{options.rounds} rounds of {options.seconds} s after {WARM_UP} s each,"
        f" {CONNECTIONS} connections; load of the machine before: {os.getloadavg()[0]:.2f}"
    )
    starts = measure_starts(folder / "starts", STARTS)
    with ExitStack() as stack:
        subjects = _open_subjects(stack, folder, options.only or list(OPENERS))
        measured = measure(
            subjects, rounds=options.rounds, seconds=options.seconds, tries=options.tries
        )
    say("", rates_table(measured), "", targets_table(measured, starts), "")
    warn_of_others(measured)
    require_clean(measured)


def _open_subjects(stack: ExitStack, folder: Path, names: Sequence[str]) -> dict[str, Subject]:
    subjects = {}
    for name in names:
        open_subject = OPENERS[name]
        try:
            subject = open_subject(stack, folder / name)
        except NotServed as reason:
            say(f"{name}: not served, {reason}")
            continue
        require_success(name, *subject.server.post(subject.path, subject.bodies[0], subject.key))
        subjects[name] = subject
    return subjects


if __name__ == "__main__":
    main()

"""The benchmark suite, the gateway beside its peers: `python -m tests.benchmarks`."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from .contest import CONSTANT, SERVERS, open_subject
from .equality import require_equal
from .levels import LEVELS
from .pages import report, write_pages
from .results import FOLDER, installed_versions, keep_results, level_result, load_results
from .rounds import benchmark_folder, measure, require_clean, say, warn_of_others
from .serving import BenchmarkError, NotServed
from .subjects import Subject

CHART = "chart.png"


def main() -> None:
    """Measure and write the pages. Exits with 1 when an answer was not as it must be."""
    options = _options()
    try:
        if not options.pages:
            with benchmark_folder() as folder:
                for level in options.levels:
                    _contest(folder / level, level, options)
        if not options.check:
            _write()
    except BenchmarkError as fault:
        sys.exit(str(fault))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--levels", nargs="+", choices=list(LEVELS), default=list(LEVELS), help="which (all)"
    )
    parser.add_argument(
        "--servers",
        nargs="+",
        choices=list(SERVERS),
        default=list(SERVERS),
        help="which (all); with fewer than all, nothing is kept",
    )
    parser.add_argument("--rounds", type=int, default=3, help="times that each is run (3)")
    parser.add_argument("--seconds", type=int, default=4, help="length of a run (4)")
    parser.add_argument("--check", action="store_true", help="only check that answers are equal")
    parser.add_argument("--pages", action="store_true", help="only write the pages once more")
    options = parser.parse_args()
    if min(options.rounds, options.seconds) < 1:
        parser.error("rounds and seconds are at least 1")
    return options


def _contest(folder: Path, level: str, options: argparse.Namespace) -> None:
    """One level on every server; a level that was measured replaces what was kept of it."""
    say(f"{level}: {LEVELS[level].title}")
    with ExitStack() as stack:
        subjects = _open_subjects(stack, folder, level, options.servers)
        if options.check:
            return
        measured = measure(subjects, rounds=options.rounds, seconds=options.seconds)
    warn_of_others(measured)
    require_clean(measured)
    result = level_result(
        measured,
        at=datetime.now(UTC).date().isoformat(),
        seconds=options.seconds,
        versions=installed_versions(),
    )
    say("", report({level: result}), "")
    if set(measured) == set(SERVERS):
        keep_results({**load_results(), level: result})


def _open_subjects(
    stack: ExitStack, folder: Path, level: str, servers: Sequence[str]
) -> dict[str, Subject]:
    subjects = {}
    for name in servers:
        try:
            subject = open_subject(stack, folder / name, name, level)
        except NotServed as reason:
            say(f"{name}: not served, {reason}")
            continue
        if name != CONSTANT:
            require_equal(name, subject, LEVELS[level])
            say(f"{name}: answers as all must")
        subjects[name] = subject
    return subjects


def _write() -> None:
    results = load_results()
    if not results:
        return
    write_pages(results)
    if find_spec("matplotlib") is not None:
        from .chart import write_chart  # an extra has what it needs

        write_chart(results, FOLDER / CHART)


if __name__ == "__main__":
    main()

"""The benchmark suite, the gateway beside its peers: `python -m tests.benchmarks`."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from .contest import CONSTANT, SERVERS, openers
from .equality import require_equal
from .gateways import require_success
from .levels import LEVELS, OWN, TITLES
from .pages import write_pages
from .parts import HELD_HEAD
from .report import level_report, level_targets
from .results import (
    DISTRIBUTIONS,
    FOLDER,
    keep_results,
    level_result,
    load_results,
    origin_now,
)
from .rounds import benchmark_folder, measure, require_clean, say, warn_of_others
from .serving import BenchmarkError, NotServed
from .subjects import OWN_SUBJECTS, Subject
from .tables import table

CHART = "chart.png"


def main() -> None:
    """Measure and write the pages. Exits with 1 when an answer was not as it must be."""
    options = _options()
    try:
        if not options.pages:
            with benchmark_folder() as folder:
                for level in options.levels:
                    _contest(folder / level, level, options)
        if not (options.check or options.print):
            _write()
    except BenchmarkError as fault:
        sys.exit(str(fault))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--levels", nargs="+", choices=list(TITLES), default=list(TITLES), help="which (all)"
    )
    parser.add_argument(
        "--servers",
        nargs="+",
        choices=list(dict.fromkeys((*SERVERS, *OWN_SUBJECTS))),
        help="which (all); with fewer than all of a level, nothing is kept of it",
    )
    parser.add_argument("--rounds", type=int, default=5, help="times that each is run (5)")
    parser.add_argument("--seconds", type=int, default=2, help="length of a run (2)")
    parser.add_argument("--tries", type=int, default=2, help="for a run that is disturbed (2)")
    parser.add_argument("--check", action="store_true", help="only check that answers are equal")
    parser.add_argument("--print", action="store_true", help="keep nothing, leave the pages")
    parser.add_argument("--pages", action="store_true", help="only write the pages once more")
    options = parser.parse_args()
    if min(options.rounds, options.seconds, options.tries) < 1:
        parser.error("rounds, seconds and tries are at least 1")
    return options


def _contest(folder: Path, level: str, options: argparse.Namespace) -> None:
    """One level on every server; a level that was measured replaces what was kept of it."""
    say(f"{level}: {TITLES[level]}")
    with ExitStack() as stack:
        subjects = _open_subjects(stack, folder, level, options.servers)
        if options.check:
            return
        measured = measure(
            subjects, rounds=options.rounds, seconds=options.seconds, tries=options.tries
        )
    warn_of_others(measured)
    require_clean(measured)
    result = level_result(measured, origin_now(options.rounds, options.seconds, DISTRIBUTIONS))
    held = [each.row() for each in level_targets({level: result}, [level])]
    say("", *level_report(level, result), "", table(HELD_HEAD, held), "")
    if set(measured) == set(openers(level)) and not options.print:
        keep_results({**load_results(), level: result})


def _open_subjects(
    stack: ExitStack, folder: Path, level: str, servers: Sequence[str] | None
) -> dict[str, Subject]:
    subjects = {}
    for name, open_subject in openers(level).items():
        if servers is not None and name not in servers:
            continue
        try:
            subject = open_subject(stack, folder / name)
        except NotServed as reason:
            say(f"{name}: not served, {reason}")
            continue
        if level == OWN:
            require_success(
                name, *subject.server.post(subject.path, subject.bodies[0], subject.key)
            )
        elif name != CONSTANT:
            require_equal(name, subject, LEVELS[level])
            say(f"{name}: answers as all must")
        subjects[name] = subject
    return subjects


def _write() -> None:
    results = load_results()
    write_pages()
    if results and find_spec("matplotlib") is not None:
        from .chart import write_chart  # an extra has what it needs

        write_chart(results, FOLDER / CHART)


if __name__ == "__main__":
    main()

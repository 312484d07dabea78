"""The scale's benchmark: `python -m tests.benchmarks.scale` measures the gateway as it grows."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.pages import write_pages
from tests.benchmarks.parts import Part, keep_part
from tests.benchmarks.results import origin_now
from tests.benchmarks.rounds import benchmark_folder, say
from tests.benchmarks.scale.actions import measure_actions
from tests.benchmarks.scale.bodies import measure_bodies
from tests.benchmarks.scale.connections import measure_connections
from tests.benchmarks.scale.counters import COUNTS, measure_counters
from tests.benchmarks.scale.databases import KEPT_FROM, Place, drop
from tests.benchmarks.scale.memory import measure_memory
from tests.benchmarks.scale.rounds import Effort
from tests.benchmarks.scale.starts import measure_idle
from tests.benchmarks.serving import BenchmarkError

PARTS = ("connections", "actions", "counters", "bodies", "memory", "starts")


def main() -> None:
    """Measure, print, keep and write the page. Exits with 1 when an answer was wrong."""
    options = _options()
    try:
        with benchmark_folder() as folder:
            _measure(folder, options)
    except BenchmarkError as fault:
        sys.exit(str(fault))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scale", description=str(__doc__).partition("\n")[0])
    add = parser.add_argument
    add("--only", nargs="*", choices=PARTS, default=PARTS, help="parts to measure (all)")
    add("--print", action="store_true", help="keep nothing and leave the page as it is")
    add("--rounds", type=int, default=3, help="times that every load is run (3)")
    add("--seconds", type=int, default=2, help="length of a run (2)")
    add("--counts", nargs="*", type=int, default=COUNTS, help="numbers of counters")
    add("--data", type=Path, help=f"folder that keeps databases of {KEPT_FROM:,} and more")
    add("--database", help="postgresql://…/…: counters are kept in databases beside this one")
    add("--fill-seconds", type=float, help="stop filling then; the next run with --data goes on")
    options = parser.parse_args()
    if min(options.rounds, options.seconds, *options.counts) < 1:
        parser.error("rounds, seconds and counts are at least 1")
    return options


def _measure(folder: Path, options: argparse.Namespace) -> None:
    effort = Effort(options.rounds, options.seconds)
    measures: dict[str, Callable[[Path], Part]] = {
        "connections": lambda place: measure_connections(place, effort),
        "actions": lambda place: measure_actions(place, effort),
        "counters": lambda place: _measure_counters(place, effort, options),
        "bodies": lambda place: measure_bodies(place, effort),
        "memory": lambda place: measure_memory(place, effort),
        "starts": lambda place: measure_idle(place, effort),
    }
    for name in options.only:
        say(f"{name}: {effort.rounds} rounds of {effort.seconds} s")
        part = measures[name](folder / name)
        say("", part.tables(), "")
        if not options.print:
            on_postgres = name == "counters" and options.database is not None
            kept = f"{name} on PostgreSQL" if on_postgres else name
            keep_part(kept, part, origin_now(effort.rounds, effort.seconds))
            write_pages()


def _measure_counters(folder: Path, effort: Effort, options: argparse.Namespace) -> Part:
    until = float("inf")
    if options.fill_seconds is not None:
        until = time.monotonic() + options.fill_seconds
    kept = options.data.resolve() if options.data is not None else folder / "kept"
    place = Place(kept, options.database, until)
    try:
        return measure_counters(folder, effort, place, options.counts)
    finally:
        drop(place, [each for each in options.counts if options.data is None or each < KEPT_FROM])


if __name__ == "__main__":
    main()

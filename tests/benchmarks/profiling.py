"""Where the gateway's time goes, told on its page: `python -m tests.benchmarks.profiling`.

Needs py-spy, which comes with the extra `benchmark`.
"""

import argparse
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

from .contest import GATEWAY, open_subject
from .load import Run, run_load
from .machine import ThreadTimes
from .pages import write_pages
from .profiles import ACTIONS, COUNTERS, PROFILED, Profile, keep_profile
from .results import origin_now
from .rounds import benchmark_folder, say
from .sampling import sampling
from .scale.actions import open_actions
from .scale.counters import open_increments
from .scale.databases import Place
from .scale.rounds import Load
from .serving import BenchmarkError
from .shares import middle_shares, shares
from .subjects import OWN_SUBJECTS

WARM_UP = 6
"""Seconds: the use of keys is written after five, for which statements are compiled once."""


def main() -> None:
    """Profile the gateway and write the page. Exits with 1 where that cannot be done."""
    parser = argparse.ArgumentParser(prog="profiling", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=PROFILED, default=PROFILED, help="which calls (all)"
    )
    parser.add_argument("--print", action="store_true", help="keep nothing, leave the page")
    parser.add_argument("--rounds", type=int, default=3, help="profiles of each (3)")
    parser.add_argument(
        "--data", type=Path, help="folder of the large databases that the scale's benchmark keeps"
    )
    parser.add_argument("--seconds", type=int, default=6, help="length of a profile (6)")
    options = parser.parse_args()
    try:
        with benchmark_folder() as folder:
            for name in options.only:
                if name in COUNTERS and options.data is None:
                    say(f"{name}: left out, since there is no --data")
                    continue
                profile = _profile(folder / name, name, options)
                if not options.print:
                    keep_profile(name, profile)
                    write_pages()
    except BenchmarkError as fault:
        sys.exit(str(fault))


def _profile(folder: Path, name: str, options: argparse.Namespace) -> Profile:
    """The median of several rounds, of which one may have more of the collector than others."""
    rounds, microseconds = [], []
    with ExitStack() as stack:
        load = _open(stack, folder, name, options)
        _run(load, WARM_UP)
        pid = load.subject.server.process.pid
        for _ in range(options.rounds):
            before = ThreadTimes.now(pid)
            microseconds.append(_run(load, options.seconds).microseconds)
            times = ThreadTimes.now(pid).since(before)
            with sampling(pid, folder / "stacks", options.seconds) as stacks:
                _run(load, options.seconds)
            rounds.append(shares(stacks, times))
    found, taken = middle_shares(rounds), median(microseconds)
    say(f"{name}: {taken:.1f} µs a call", *_told(found))
    kept = {part: round(share, 4) for part, share in found.items() if share}
    return Profile(round(taken, 1), kept, origin_now(options.rounds, options.seconds))


def _open(stack: ExitStack, folder: Path, name: str, options: argparse.Namespace) -> Load:
    if name in COUNTERS:
        place = Place(options.data.resolve(), None)
        return open_increments(stack, folder, place, COUNTERS[name], options.seconds)
    if name in ACTIONS:
        return Load(open_actions(stack, folder, ACTIONS[name]))
    if name in OWN_SUBJECTS:
        return Load(OWN_SUBJECTS[name](stack, folder))
    return Load(open_subject(stack, folder, GATEWAY, name))


def _run(load: Load, seconds: int) -> Run:
    subject = load.subject if load.draw is None else replace(load.subject, bodies=load.draw())
    load.before()
    return run_load(subject, seconds)


def _told(found: Mapping[str, float]) -> list[str]:
    return [f"  {share:5.1%} {name}" for name, share in found.items()]


if __name__ == "__main__":
    main()

"""Where a start, memory, the p99, limits and keys go: `python -m tests.benchmarks.details`.

What was found is kept, and written into the benchmark's page.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.details.connection import measure_connection
from tests.benchmarks.details.keys import measure_keys
from tests.benchmarks.details.limited import measure_limited
from tests.benchmarks.details.starting import measure_start
from tests.benchmarks.details.tail import measure_tail
from tests.benchmarks.expected import DETAILS
from tests.benchmarks.limits import REDIS
from tests.benchmarks.pages import write_pages
from tests.benchmarks.parts import Part, keep_part
from tests.benchmarks.results import origin_now
from tests.benchmarks.rounds import benchmark_folder, say
from tests.benchmarks.serving import BenchmarkError


def main() -> None:
    """Measure, print, keep and write the page. Exits with 1 when an answer was wrong."""
    parser = argparse.ArgumentParser(prog="details", description=str(__doc__).partition("\n")[0])
    add = parser.add_argument
    add("--only", nargs="*", choices=DETAILS, default=DETAILS, help="what to measure (all)")
    add("--print", action="store_true", help="keep nothing and leave the page as it is")
    add("--rounds", type=int, default=3, help="times that each is measured (3)")
    add("--seconds", type=int, default=4, help="length of a round under load (4)")
    add("--redis", default=REDIS, help=f"address of a Redis ({REDIS})")
    options = parser.parse_args()
    rounds, seconds = options.rounds, options.seconds
    measures: dict[str, Callable[[Path], tuple[Part, int]]] = {
        "keys": lambda place: (measure_keys(place, rounds, seconds), seconds),
        "tail": lambda place: (measure_tail(place, rounds, seconds), seconds),
        "limited": lambda place: (measure_limited(place, rounds, seconds, options.redis), seconds),
        "connection": lambda place: (measure_connection(place, rounds), 0),
        "start": lambda place: (measure_start(place, rounds), 0),
    }
    try:
        with benchmark_folder() as folder:
            for name in options.only:
                part, length = measures[name](folder / name)
                say(part.title, "", part.tables(), "")
                if not options.print:
                    keep_part(name, part, origin_now(rounds, length))
                    write_pages()
    except BenchmarkError as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main()

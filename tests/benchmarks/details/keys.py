"""An idempotency key at W3: what one costs in the order of its time, and what one in no order."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

from tests.benchmarks.contest import GATEWAY, open_subject
from tests.benchmarks.expected import DETAILS
from tests.benchmarks.load import Run
from tests.benchmarks.parts import LOAD_HEAD, Held, Part, disturbed, load_cells, raw_run
from tests.benchmarks.scale.rounds import Effort, Load, run_rounds
from tests.benchmarks.tables import Target, short

NONE, ORDERED, SCATTERED = "none", "in the order of their time", "in no order"
_TARGET = Target(0.85, at_least=True)


def measure_keys(folder: Path, rounds: int, seconds: int) -> Part:
    """Increments with keys that sort by time, and with such as are all chance, beside none.

    Each kind has a gateway of its own, which is sent calls without keys as well: two gateways that
    do not differ may differ by more than a key costs.
    """
    loads: dict[str, Load] = {}
    with ExitStack() as stack:
        for kind in (ORDERED, SCATTERED):
            keyed = open_subject(stack, folder / kind.replace(" ", "-"), GATEWAY, "W3-keyed")
            loads[_none(kind)] = Load(replace(keyed, keyed=False))
            loads[kind] = Load(replace(keyed, scattered=kind == SCATTERED))
        found = run_rounds(loads, Effort(rounds, seconds))
    rows = [(name, *load_cells(runs)) for name, runs in found.items()]
    raw = {name: [raw_run(run) for run in runs] for name, runs in found.items()}
    held = [_held(found, kind) for kind in (ORDERED, SCATTERED)]
    head = ("keys", *LOAD_HEAD)
    return Part(DETAILS["keys"], head, rows, raw, held, told=_sentence(*held))


def _none(kind: str) -> str:
    return f"{NONE}, where others are {kind}"


def _held(found: dict[str, list[Run]], kind: str) -> Held:
    """The rate with keys of the kind, as a share of that without."""
    pairs = list(zip(found[kind], found[_none(kind)], strict=True))
    return Held(
        f"increments with keys {kind} / without",
        [run.rate / base.rate for run, base in pairs],
        _TARGET,
        by_cpu=[base.microseconds / run.microseconds for run, base in pairs],
        doubtful=disturbed(found[kind], found[_none(kind)]),
    )


def _sentence(ordered: Held, scattered: Held) -> str:
    return (
        "Keys that sort by the time of their making (UUIDv7, ULID, a counter) lie side by side in"
        f" the index of keys: with them the rate is {short(median(ordered.values))} of that"
        " without. Keys that are all chance (UUIDv4) write a page of the index each:"
        f" {short(median(scattered.values))}."
    )

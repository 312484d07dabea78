"""An idempotency key at W3: what one costs in the order of its time, and what one in no order."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

from tests.benchmarks.contest import GATEWAY, open_subject
from tests.benchmarks.expected import DETAILS
from tests.benchmarks.load import Run
from tests.benchmarks.parts import LOAD_HEAD, Part, load_cells, raw_run
from tests.benchmarks.scale.rounds import Effort, Load, run_rounds
from tests.benchmarks.tables import short

NONE, ORDERED, SCATTERED = "none", "in the order of their time", "in no order"


def measure_keys(folder: Path, rounds: int, seconds: int) -> Part:
    """Increments without keys, with keys that sort by time, and with keys that are all chance."""
    with ExitStack() as stack:
        plain = open_subject(stack, folder / "plain", GATEWAY, "W3")
        ordered = open_subject(stack, folder / "ordered", GATEWAY, "W3-keyed")
        other = open_subject(stack, folder / "scattered", GATEWAY, "W3-keyed")
        scattered = replace(other, scattered=True)
        subjects = {NONE: plain, ORDERED: ordered, SCATTERED: scattered}
        loads = {name: Load(subject) for name, subject in subjects.items()}
        found = run_rounds(loads, Effort(rounds, seconds))
    rows = [(name, *load_cells(runs)) for name, runs in found.items()]
    raw = {name: [raw_run(run) for run in runs] for name, runs in found.items()}
    return Part(DETAILS["keys"], ("keys", *LOAD_HEAD), rows, raw, told=_sentence(found))


def _sentence(found: dict[str, list[Run]]) -> str:
    def share(name: str) -> str:
        return short(
            median(run.rate / base.rate for run, base in zip(found[name], found[NONE], strict=True))
        )

    return (
        "Keys that sort by the time of their making (UUIDv7, ULID, a counter) lie side by side in"
        f" the index of keys: with them the rate is {share(ORDERED)} of that without. Keys that are"
        f" all chance (UUIDv4) write a page of the index each: {share(SCATTERED)}."
    )

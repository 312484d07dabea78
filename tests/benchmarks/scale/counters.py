"""Counters: get, increment and the first page where there are a thousand, and ten million."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

from tests.benchmarks.gateways import gateway
from tests.benchmarks.load import Run
from tests.benchmarks.parts import (
    LOAD_HEAD,
    Held,
    Part,
    disturbed,
    load_cells,
    raw_run,
)
from tests.benchmarks.scale.databases import Filled, Place, filled
from tests.benchmarks.scale.filling import counter_id
from tests.benchmarks.scale.rounds import Effort, Load, run_rounds
from tests.benchmarks.serving import BenchmarkError, Server
from tests.benchmarks.subjects import Subject
from tests.benchmarks.tables import Target

TITLE = "Counters on SQLite"
COUNTS = (1_000, 100_000, 1_000_000, 10_000_000)
ACTIONS = ("get", "increment", "list")
ROWS = tuple(f"{action}, {count:,}" for action in ACTIONS for count in COUNTS)
PER_PAGE = 50
TARGET = Target(1.5, at_least=False)

_DRAWN_A_SECOND = 20_000
"""More than are called."""
_CHECKED = 20


def measure_counters(
    folder: Path, effort: Effort, place: Place, counts: Sequence[int] = COUNTS
) -> Part:
    """What a call costs by the number of counters, held against the smallest of `counts`."""
    shelves = [filled(place, count) for count in counts]
    with ExitStack() as stack:
        loads: dict[str, Load] = {}
        for shelf in shelves:
            server = stack.enter_context(gateway(folder / str(shelf.count), *shelf.options))
            _require_sound(server, shelf)
            for action in ACTIONS:
                loads[_name(action, shelf.count)] = _load(server, shelf, action, effort.seconds)
        found = run_rounds(dict(sorted(loads.items(), key=_by_action)), effort)
    few = min(counts)
    held = [
        _held(found, action, count, few) for action in ACTIONS for count in counts if count != few
    ]
    rows = [(name, *load_cells(runs)) for name, runs in found.items()]
    raw = {name: [raw_run(run) for run in runs] for name, runs in found.items()}
    title = TITLE if place.server is None else "Counters on PostgreSQL"
    return Part(title, ("action, counters", *LOAD_HEAD), rows, raw, held)


def open_increments(stack: ExitStack, folder: Path, place: Place, count: int, seconds: int) -> Load:
    """Increments among so many counters, in runs of so many seconds."""
    shelf = filled(place, count)
    server = stack.enter_context(gateway(folder, *shelf.options))
    _require_sound(server, shelf)
    return _load(server, shelf, "increment", seconds)


def _name(action: str, count: int) -> str:
    return f"{action}, {count:,}"


def _by_action(named: tuple[str, Load]) -> int:
    """All that are compared with each other come after one another."""
    return ACTIONS.index(named[0].partition(",")[0])


def _load(server: Server, shelf: Filled, action: str, seconds: int) -> Load:
    path = f"/api/v1/counters/{action}"
    if action == "list":
        subject = Subject(server, path, [json.dumps({"per_page": PER_PAGE})], shelf.key)
        return Load(subject, before=shelf.warm)
    chance, most = Random(f"{action} {shelf.count}"), _DRAWN_A_SECOND * seconds  # noqa: S311

    def draw() -> list[str]:
        return [f'{{"id":"{counter_id(chance.randrange(shelf.count))}"}}' for _ in range(most)]

    return Load(Subject(server, path, draw(), shelf.key), draw=draw, before=shelf.warm)


def _require_sound(server: Server, shelf: Filled) -> None:
    """Raise BenchmarkError unless the gateway takes the database for one of its own making."""

    def call(action: str, params: dict[str, Any]) -> Any:
        path = f"/api/v1/counters/{action}"
        status, envelope = server.post(path, json.dumps(params), shelf.key)
        if (status, envelope["status"]) != (200, "success"):
            raise BenchmarkError(f"{action} of {params} is answered {envelope}")
        return envelope

    page = call("list", {"per_page": PER_PAGE})
    total = page["flags"]["paginated"]["total_records"]
    shown = [each["id"] for each in page["data"]]
    if total != shelf.count or shown != [counter_id(number) for number in range(PER_PAGE)]:
        raise BenchmarkError(f"The first page of {shelf.count:,} counters is {page}.")
    chance = Random(shelf.count)  # noqa: S311 - nothing secret
    for number in (chance.randrange(shelf.count) for _ in range(_CHECKED)):
        named = {"external_id": f"benchmark-{number}"}
        counter, history = call("get", named)["data"], call("history", named)["data"]
        if counter["id"] != counter_id(number) or len(history) != counter["version"]:
            raise BenchmarkError(f"The counter {number} is {counter} with {history}.")


def _held(found: dict[str, list[Run]], action: str, count: int, few: int) -> Held:
    """Time a call as a multiple of what it is with the fewest counters, and processor time."""
    many, base = found[_name(action, count)], found[_name(action, few)]
    pairs = list(zip(many, base, strict=True))
    return Held(
        f"time of {action}, {count:,} / {few:,}",
        [b.rate / a.rate for a, b in pairs],
        TARGET,
        by_cpu=[a.microseconds / b.microseconds for a, b in pairs],
        doubtful=disturbed(many, base),
    )

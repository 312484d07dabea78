"""Actions: what a gateway costs that has one action of its own, or a thousand."""

from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median

from tests.benchmarks.gateways import gateway, post
from tests.benchmarks.load import Run
from tests.benchmarks.parts import (
    LOAD_HEAD,
    Held,
    Part,
    disturbed,
    load_cells,
    raw_run,
)
from tests.benchmarks.scale.own_actions import write_actions
from tests.benchmarks.scale.rounds import Effort, Load, run_rounds
from tests.benchmarks.serving import Server
from tests.benchmarks.starts import Start
from tests.benchmarks.subjects import Subject
from tests.benchmarks.tables import Target

TITLE = "Actions: registered ones, of which one is called or all"
GATEWAYS = {"1": 1, "10": 10, "10 again": 10, "100": 100, "1,000": 1_000}
"""The same number twice: how far two gateways differ that do not."""
ROWS = tuple(f"{name}, {kind}" for name in GATEWAYS for kind in ("one", "all"))
FEW, AGAIN, MANY = "10", "10 again", "1,000"
TARGET = Target(1.05, at_least=False)
"""A gap below 5 % is none that this machine can show."""

STARTS = 3
_MODULE = "own"


def measure_actions(folder: Path, effort: Effort) -> Part:
    """Rate and processor time of calls to one action and to all, start time and memory."""
    with ExitStack() as stack:
        loads: dict[str, Load] = {}
        starts: dict[str, list[Start]] = {}
        for name, count in GATEWAYS.items():
            server, paths, starts[name] = _start(stack, folder / name, count)
            turns = list(paths)
            Random(count).shuffle(turns)  # noqa: S311 - nothing secret
            for kind, called in (("one", turns[:1]), ("all", turns)):
                path, bodies = called[0], [f"{each} {{}}" for each in called]
                loads[f"{name}, {kind}"] = Load(Subject(server, path, bodies))
        found = run_rounds(loads, effort)
    rows = [
        (name, *load_cells(runs), *_start_cells(starts[name.rpartition(", ")[0]]))
        for name, runs in found.items()
    ]
    raw = {
        "loads": {name: [raw_run(run) for run in runs] for name, runs in found.items()},
        "starts": {
            name: [{"seconds": each.seconds, "megabytes": each.megabytes} for each in some]
            for name, some in starts.items()
        },
    }
    held = [_held(found, kind, than) for kind in ("one", "all") for than in (AGAIN, MANY)]
    return Part(
        TITLE,
        ("own actions, called", *LOAD_HEAD, "start, s", "idle, MB"),
        rows,
        raw,
        held,
    )


def open_actions(stack: ExitStack, folder: Path, count: int) -> Subject:
    """Calls to all of so many actions, in no order."""
    folder.mkdir(parents=True)
    turns = write_actions(folder / f"{_MODULE}.py", count)
    Random(count).shuffle(turns)  # noqa: S311 - nothing secret
    server = stack.enter_context(gateway(folder, "--actions", _MODULE))
    return Subject(server, turns[0], [f"{each} {{}}" for each in turns])


def _start(stack: ExitStack, folder: Path, count: int) -> tuple[Server, list[str], list[Start]]:
    """A gateway with `count` actions of its own, the paths of those, and what its starts took."""
    folder.mkdir(parents=True)
    paths = write_actions(folder / f"{_MODULE}.py", count)
    with gateway(folder, "--actions", _MODULE):
        pass  # it makes the database and compiles the module
    starts = []
    for _ in range(STARTS - 1):
        with gateway(folder, "--actions", _MODULE) as server:
            starts.append(_look(server))
    server = stack.enter_context(gateway(folder, "--actions", _MODULE))
    starts.append(_look(server))
    return server, paths, starts


def _look(server: Server) -> Start:
    post(server, "system/ping", {})
    return Start(server.seconds_to_ready, server.resident_megabytes())


def _start_cells(starts: list[Start]) -> tuple[str, str]:
    seconds = median(each.seconds for each in starts)
    return f"{seconds:.2f}", f"{median(each.megabytes for each in starts):.0f}"


def _held(found: dict[str, list[Run]], kind: str, than: str) -> Held:
    few, many = found[f"{FEW}, {kind}"], found[f"{than}, {kind}"]
    ratios = [run.microseconds / base.microseconds for run, base in zip(many, few, strict=True)]
    return Held(
        f"CPU a call to {kind}, {than} / {FEW}", ratios, TARGET, doubtful=disturbed(few, many)
    )

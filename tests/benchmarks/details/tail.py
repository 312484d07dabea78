"""The p99 at W3: how long a call waits for the group before its own, for its own, and the disk."""

import os
import re
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

from tests.benchmarks.contest import GATEWAY, open_subject
from tests.benchmarks.expected import DETAILS
from tests.benchmarks.load import CONNECTIONS, Run, run_load
from tests.benchmarks.parts import Part
from tests.benchmarks.scale.rounds import metrics
from tests.benchmarks.serving import Server
from tests.benchmarks.tables import short

SYNCS = 300
_PAGE = 4096
_PAGES = 4
"""Of the log, that a group writes at the least."""
_GROUPS = re.compile(r'halyard_group_writes_(?:bucket\{le="([^"]+)"\}|(count|sum)) ([0-9.e+]+)')


def measure_tail(folder: Path, rounds: int, seconds: int) -> Part:
    """Groups and what they take beside the p99, in the same rounds; milliseconds."""
    found: dict[str, list[float]] = {}
    with ExitStack() as stack:
        subject = open_subject(stack, folder, GATEWAY, "W3")
        run_load(subject, seconds)
        for _ in range(rounds):
            before = groups(metrics(subject.server))
            run = run_load(subject, seconds)
            for name, value in _round(run, _grown(subject.server, before)).items():
                found.setdefault(name, []).append(value)
    syncs = [sync_milliseconds(folder / "synced") for _ in range(SYNCS)]
    found["to sync, ms, the median"] = [median(syncs)]
    found["to sync, ms, p99"] = [quantiles(syncs, n=100)[-1]]
    rows = [
        (name, short(median(values)), f"{short(min(values))} to {short(max(values))}")
        for name, values in found.items()
    ]
    middles = {name: median(values) for name, values in found.items()}
    return Part(DETAILS["tail"], ("", "median", "range"), rows, found, told=_sentence(middles))


def groups(text: str) -> dict[str, float]:
    """The histogram of groups in `/metrics`: calls up to each size, `count` and `sum`."""
    return {bound or name: float(value) for bound, name, value in _GROUPS.findall(text)}


def sync_milliseconds(file: Path) -> float:
    """How long it takes to have a few more pages of a file on the disk."""
    with file.open("ab", buffering=0) as log:
        log.write(bytes(_PAGE * _PAGES))
        began = time.perf_counter()
        os.fdatasync(log.fileno())
        return (time.perf_counter() - began) * 1e3


def _grown(server: Server, before: dict[str, float]) -> dict[str, float]:
    now = groups(metrics(server))
    return {name: value - before.get(name, 0) for name, value in now.items()}


def _round(run: Run, grown: dict[str, float]) -> dict[str, float]:
    count, writes = grown["count"], grown["sum"]
    bounds = sorted((name for name in grown if name not in ("count", "sum", "+Inf")), key=float)
    p99 = next(bound for bound in (*bounds, "+Inf") if grown[bound] >= count * 0.99)
    return {
        "p50, ms": run.p50_ms,
        "p99, ms": run.p99_ms,
        "calls that share a commit, the mean": writes / count,
        "99 of 100 groups have at most": float(p99),
        "from group to group, ms": run.seconds * 1e3 / count,
        "a group's processor time, ms": run.usage.server * 1e3 / count,
    }


def _sentence(middles: dict[str, float]) -> str:
    group, p99 = middles["from group to group, ms"], middles["p99, ms"]
    return (
        f"A call waits for the group that is being written, and then for its own: with"
        f" {CONNECTIONS} connections two groups of {short(group)} ms, {short(2 * group)} ms, of"
        f" which the disk has {short(2 * middles['to sync, ms, the median'])}; the p99 is"
        f" {short(p99)}, as long as {short(p99 / group)} groups. Where the disk's own p99 is far"
        f" from its median, so is the gateway's."
    )

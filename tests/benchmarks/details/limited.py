"""A limited call, in one process: the functions that its processor time goes to."""

import os
import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import uvloop

from tests.benchmarks.expected import DETAILS
from tests.benchmarks.limits import Step, open_steps
from tests.benchmarks.machine import ThreadTimes
from tests.benchmarks.parts import Part
from tests.benchmarks.sampling import sampling
from tests.benchmarks.serving import CLIENT_CPU, SERVER_CPU
from tests.benchmarks.shares import middle_shares, of_first_thread, shares

STEPS = {
    "in memory": "authentication and one window in memory",
    "in Redis": "authentication and one window in Redis",
}
SHOWN = 15
LOOP = "uvloop: what is ready, what is sent and received"
_RUNNER = "asyncio/runners.py"
"""Whose one call the loop is."""
_FUNCTION = re.compile(r"(.+) \((.+\.py)(?::\d+)?\)")
_MORE = 2
"""Seconds that the profiler needs before it begins, in which there is something to see too."""


class Seen:
    """What the rounds of one step showed."""

    def __init__(self) -> None:
        self.elapsed: list[float] = []
        """Microseconds a call."""
        self.processor: list[float] = []
        self.parts: list[dict[str, float]] = []
        self.functions: Counter[str] = Counter()
        """Samples."""


def measure_limited(folder: Path, rounds: int, seconds: int, redis: str) -> Part:
    """Microseconds a call by the innermost function of our own or of a library's."""
    folder.mkdir(parents=True, exist_ok=True)
    os.sched_setaffinity(0, {int(SERVER_CPU)})  # this process is what is measured
    try:
        seen = uvloop.run(_measure(folder / "stacks", rounds, seconds, redis))
    finally:
        os.sched_setaffinity(0, {int(CLIENT_CPU)})
    most = sorted(seen["in Redis"].functions, key=lambda name: -seen["in Redis"].functions[name])
    rows = [(name, *(f"{_of(each, name):.1f}" for each in seen.values())) for name in most[:SHOWN]]
    whole = [median(each.processor) for each in seen.values()]
    shown = [sum(_of(each, name) for name in most[:SHOWN]) for each in seen.values()]
    rows += [
        ("all others", *(f"{all_ - some:.1f}" for all_, some in zip(whole, shown, strict=True))),
        ("processor time of a call", *(f"{taken:.1f}" for taken in whole)),
        ("a call", *(f"{median(each.elapsed):.1f}" for each in seen.values())),
    ]
    raw = {
        name: {"elapsed": each.elapsed, "processor": each.processor, "parts": each.parts}
        for name, each in seen.items()
    }
    head = ("function", *(f"{name}, µs" for name in seen))
    return Part(DETAILS["limited"], head, rows, raw, told=_sentence(seen["in Redis"]))


def innermost(stacks: Iterable[str]) -> Counter[str]:
    """Samples of the first thread by the innermost function of Python's, as `name (file)`."""
    functions: Counter[str] = Counter()
    for frames, count in of_first_thread(stacks):
        said = next(filter(None, map(_FUNCTION.fullmatch, reversed(frames))), None)
        if said is not None:
            name = LOOP if said[2] == _RUNNER else f"`{said[1]}` ({said[2]})"
            functions[name] += count
    return functions


async def _measure(file: Path, rounds: int, seconds: int, redis: str) -> dict[str, Seen]:
    seen = {name: Seen() for name in STEPS}
    pid = os.getpid()
    async with open_steps(redis) as steps:
        for name, found in seen.items():
            step = steps[STEPS[name]]
            await _run(step, 1)
            for _ in range(rounds):
                before = ThreadTimes.now(pid)
                calls, elapsed = await _run(step, seconds)
                times = ThreadTimes.now(pid).since(before)
                found.elapsed.append(elapsed / calls * 1e6)
                found.processor.append((times.user + times.kernel) / calls * 1e6)
                with sampling(pid, file, seconds) as stacks:
                    await _run(step, seconds + _MORE)
                found.parts.append(shares(stacks, times))
                found.functions += innermost(stacks)
    return seen


async def _run(step: Step, seconds: float) -> tuple[int, float]:
    """So many calls, one after the other, in so many seconds."""
    began, calls = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        await step(calls)
        calls += 1
    return calls, elapsed


def _of(seen: Seen, function: str) -> float:
    """Microseconds of a function, a call."""
    return seen.functions[function] / seen.functions.total() * median(seen.processor)


def _sentence(seen: Seen) -> str:
    taken, elapsed = median(seen.processor), median(seen.elapsed)
    found = middle_shares(seen.parts)
    most = sorted(found, key=lambda part: -found[part])[:5]
    told = ", ".join(f"{part} {found[part] * taken:.0f}" for part in most)
    return (
        f"One call after the other, with one window. In Redis {elapsed - taken:.0f} of"
        f" {elapsed:.0f} µs are waiting for its answer. By part, of the processor time: {told}."
    )

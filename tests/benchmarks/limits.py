"""What authentication and the limit cost a call: `python -m tests.benchmarks.limits`.

In one process, one call after the other, over 1,000 accounts; a Redis is expected on this machine.
Where the `limits` library is installed, its moving window is measured beside ours.
What was found is kept, and written into the benchmark's page.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

import uvloop

from actions.bootstrap import Gateway
from gateway.access.authenticator import Authenticator
from gateway.access.identity import Identity
from gateway.access.roles import Role
from gateway.call import Call, JsonBody
from gateway.limits.limiter import Limiter, Rule
from gateway.limits.policy import parse_limit
from gateway.limits.shared import SharedWindows
from gateway.limits.windows import Windows
from gateway.logs import make_log
from gateway.settings import Settings
from gateway.stages.authenticate import authenticate
from gateway.stages.limit import Told, limit
from tests.benchmarks.expected import LIMITS
from tests.benchmarks.pages import write_pages
from tests.benchmarks.parts import Held, Part, keep_part
from tests.benchmarks.results import origin_now
from tests.benchmarks.rounds import say
from tests.benchmarks.tables import Target, short

REDIS = "redis://127.0.0.1:6379/9"
ACCOUNTS = 1_000
ROUNDS = 7
AT_ONCE = 32
PATH = "system/whoami"
WINDOWS = ("one window", "two windows")
TARGETS = {
    f"authentication and {windows} in {where}": Target(most, at_least=False)
    for where, most in (("memory", 15), ("Redis", 250))
    for windows in WINDOWS
}
"""Microseconds a call. An action with a limit of its own has two windows."""

Step = Callable[[int], Awaitable[None]]


class Times(NamedTuple):
    """Microseconds a call in each round."""

    elapsed: list[float]
    processor: list[float]


Found = dict[str, Times]


def main() -> None:
    """Measure, print, keep and write microseconds a call: the median of the rounds."""
    parser = argparse.ArgumentParser(prog="limits", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--calls", type=int, default=20_000, help="calls of a round (20000)")
    parser.add_argument("--redis", default=REDIS, help=f"address of a Redis ({REDIS})")
    parser.add_argument("--print", action="store_true", help="keep nothing, leave the page")
    options = parser.parse_args()
    found: Found = {}
    uvloop.run(_measure(found, options.calls, options.redis))
    part = _part(found)
    say("", part.tables())
    if not options.print:
        keep_part("limits", part, origin_now(ROUNDS, 0))
        write_pages()


def _part(found: Found) -> Part:
    rows = [
        (
            name,
            short(median(times.elapsed)),
            f"{short(min(times.elapsed))} to {short(max(times.elapsed))}",
            short(median(times.processor)),
        )
        for name, times in found.items()
    ]
    held = [
        Held(f"{name}, µs", times.elapsed, TARGETS[name], by_cpu=times.processor)
        for name, times in found.items()
        if name in TARGETS
    ]
    raw = {name: times._asdict() for name, times in found.items()}
    return Part(LIMITS, ("", "µs a call", "range", "CPU, µs"), rows, raw, held)


@asynccontextmanager
async def open_steps(redis: str) -> AsyncIterator[dict[str, Step]]:
    """Authentication alone, and with each kind of limit, of a gateway in this process."""
    log = make_log(Settings(log_level="warning"), sys.stderr)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        gateway = Gateway(Settings(data=Path(folder)), log)
        shared = SharedWindows(redis, log)
        await gateway.migrate()
        await gateway.open()
        try:
            await shared.open()
            yield await _steps(gateway, shared)
        finally:
            await shared.close()
            await gateway.close()


async def _steps(gateway: Gateway, shared: SharedWindows) -> dict[str, Step]:
    key = await gateway.found()
    assert key is not None
    registered = gateway.registry.find(*PATH.split("/"))
    assert registered is not None
    pipeline = gateway.pipeline
    call = Call("system", "whoami", JsonBody(b""), "benchmark", started=0.0, key=key.text)
    by = Authenticator(gateway.database.reader, now=gateway.now, clock=time.monotonic)
    callers = [_caller(number) for number in range(ACCOUNTS)]

    async def known(_: int) -> None:
        await authenticate(call, by=by, failures=pipeline.failures)

    def limiting(limiter: Limiter) -> Step:
        async def counted(number: int) -> None:
            await authenticate(call, by=by, failures=pipeline.failures)
            headers: Told = []
            pending = limit(callers[number % ACCOUNTS], registered, headers, by=limiter)
            if pending is not None:
                await pending

        return counted

    clock = asyncio.get_running_loop().time
    steps: dict[str, Step] = {"authentication": known}
    for where, windows_of_all in (("memory", None), ("Redis", shared)):
        for name, own in zip(WINDOWS, (None, parse_limit("100000/60")), strict=True):
            limiter = Limiter(
                {PATH: Rule(1, own)},
                default=parse_limit("100000/60"),
                windows=Windows(clock),
                shared=windows_of_all,
            )
            steps[f"authentication and {name} in {where}"] = limiting(limiter)
    return steps


async def _measure(found: Found, calls: int, redis: str) -> None:
    async with open_steps(redis) as steps:
        for name, step in steps.items():
            if name.endswith("in Redis"):
                await _measure_step(found, name, step, calls // 10)
                windows = name.removeprefix("authentication and ").removesuffix(" in Redis")
                at_once = f"the same, {windows}, {AT_ONCE} at once"
                await _measure_step(found, at_once, step, calls // 4, at_once=AT_ONCE)
            else:
                await _measure_step(found, name, step, calls)
    if find_spec("limits") is not None:
        await _measure_library(found, calls, redis)


async def _measure_library(found: Found, calls: int, redis: str) -> None:
    measure = partial(_measure_step, found)
    from limits import parse
    from limits.aio.storage import MemoryStorage, RedisStorage
    from limits.aio.strategies import MovingWindowRateLimiter

    item = parse("100000 per 60 second")
    stores = {
        "memory": MemoryStorage(),
        "Redis": RedisStorage(f"async+{redis}", implementation="redispy"),
    }
    for where, storage in stores.items():
        strategy = MovingWindowRateLimiter(storage)

        def hitting(strategy: MovingWindowRateLimiter, names: tuple[str, ...]) -> Step:
            async def hit(number: int) -> None:
                for name in names:
                    await strategy.hit(item, f"{number % ACCOUNTS}{name}")
                    await strategy.get_window_stats(item, f"{number % ACCOUNTS}{name}")

            return hit

        few = calls // 10
        await measure(f"the library's window in {where}", hitting(strategy, ("",)), few)
        await measure(f"two of them in {where}", hitting(strategy, ("", "/a")), few)


async def _measure_step(
    found: Found, name: str, step: Step, calls: int, *, at_once: int = 1
) -> None:
    rounds = [await _round(step, calls, at_once) for _ in range(ROUNDS)]
    times = [
        [round(seconds / calls * 1e6, 3) for seconds in each] for each in zip(*rounds, strict=True)
    ]
    found[name] = Times(*times)
    say(f"{name}: {median(found[name].elapsed):.2f} µs a call")


async def _round(step: Step, calls: int, at_once: int) -> tuple[float, float]:
    """Seconds that went by, and seconds of processor time."""
    begun, used = time.perf_counter(), time.process_time()
    for first in range(0, calls, at_once):
        if at_once == 1:
            await step(first)
        else:
            await asyncio.gather(*(step(first + each) for each in range(at_once)))
        if first % 32 == 0:
            await asyncio.sleep(0)  # whatever runs beside the calls runs in a server too
    return time.perf_counter() - begun, time.process_time() - used


def _caller(number: int) -> Identity:
    return Identity("w", "Workspace", "UTC", f"account-{number}", "A", Role.OWNER, None, "key")


if __name__ == "__main__":
    main()

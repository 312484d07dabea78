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
from collections.abc import Awaitable, Callable
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
from gateway.logs import Log, make_log
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
    options = parser.parse_args()
    found: Found = {}
    uvloop.run(_measure(found, options.calls, options.redis))
    part = _part(found)
    say("", part.tables())
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


async def _measure(found: Found, calls: int, redis: str) -> None:
    log = make_log(Settings(log_level="warning"), sys.stderr)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        gateway = Gateway(Settings(data=Path(folder)), log)
        await gateway.migrate()
        await gateway.open()
        try:
            await _measure_ours(found, gateway, calls, redis, log)
        finally:
            await gateway.close()
    if find_spec("limits") is not None:
        await _measure_library(found, calls, redis)


async def _measure_ours(found: Found, gateway: Gateway, calls: int, redis: str, log: Log) -> None:
    measure = partial(_measure_step, found)
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
    none, own = Rule(1, None), Rule(1, parse_limit("100000/60"))
    default = parse_limit("100000/60")
    await measure("authentication", known, calls)
    for name, rule in zip(WINDOWS, (none, own), strict=True):
        limiter = Limiter({PATH: rule}, default=default, windows=Windows(clock))
        await measure(f"authentication and {name} in memory", limiting(limiter), calls)
    shared = SharedWindows(redis, log)
    await shared.open()
    for name, rule in zip(WINDOWS, (none, own), strict=True):
        windows = Windows(clock)
        limiter = Limiter({PATH: rule}, default=default, windows=windows, shared=shared)
        await measure(f"authentication and {name} in Redis", limiting(limiter), calls // 10)
        step = limiting(limiter)
        await measure(f"the same, {name}, {AT_ONCE} at once", step, calls // 4, at_once=AT_ONCE)
    await shared.close()


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

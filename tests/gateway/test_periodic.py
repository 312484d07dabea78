"""Periodic work goes on whatever happens to it, and is never cut short."""

import asyncio
from collections.abc import Callable

from gateway.logs import make_log
from gateway.periodic import Periodic
from gateway.settings import Settings
from tests.support.house import Log

NEVER = 3600
MORE = "more"


class Work:
    """Counts how often it is done; `plan` says how it goes each time."""

    def __init__(self, *plan: object) -> None:
        self.plan = list(plan)
        self.begun = self.done = 0
        self.log = Log()
        self._moved = asyncio.Event()

    async def __call__(self) -> bool:
        self.begun += 1
        self._moved.set()
        step = self.plan.pop(0) if self.plan else None
        if isinstance(step, asyncio.Event):
            await step.wait()
        if isinstance(step, Exception):
            raise step
        self.done += 1
        self._moved.set()
        return step == MORE

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self._moved.clear()
                await self._moved.wait()

    def every(self, seconds: float, **when: bool) -> Periodic:
        log = make_log(Settings(log_format="json"), self.log)
        return Periodic("work", self, seconds=seconds, log=log, **when)


async def test_it_is_done_again_and_again() -> None:
    work = Work()
    periodic = work.every(0.001)
    periodic.start()
    await work.until(lambda: work.done >= 3)
    await periodic.stop()


async def test_it_waits_before_the_first_time_and_is_done_at_the_end() -> None:
    work = Work()
    periodic = work.every(NEVER)
    periodic.start()
    await asyncio.sleep(0.01)
    before = work.done
    await periodic.stop()

    assert (before, work.done) == (0, 1)


async def test_at_the_end_all_that_is_left_is_done() -> None:
    work = Work(MORE, MORE)
    periodic = work.every(NEVER)
    periodic.start()
    await periodic.stop()

    assert work.done == 3


async def test_where_it_is_asked_for_it_is_done_at_the_start_and_not_at_the_end() -> None:
    work = Work()
    periodic = work.every(NEVER, at_start=True, at_stop=False)
    periodic.start()
    await work.until(lambda: work.done == 1)
    await periodic.stop()

    assert work.done == 1


async def test_work_that_has_more_to_do_is_done_again_at_once() -> None:
    work = Work(MORE, MORE)
    periodic = work.every(NEVER, at_start=True, at_stop=False)
    periodic.start()
    await work.until(lambda: work.done == 3)
    await periodic.stop()


async def test_stopping_waits_for_what_runs_and_for_no_more() -> None:
    go_on = asyncio.Event()
    work = Work(go_on, MORE, MORE)
    periodic = work.every(NEVER, at_start=True, at_stop=False)
    periodic.start()
    await work.until(lambda: work.begun == 1)
    stopping = asyncio.create_task(periodic.stop())
    await asyncio.sleep(0.01)
    waited = not stopping.done()
    go_on.set()
    await stopping

    assert waited
    assert work.begun == work.done == 1


async def test_failures_are_told_once_until_it_goes_well_again() -> None:
    work = Work(OSError(), OSError(), None, OSError())
    periodic = work.every(0.001)
    periodic.start()
    await work.until(lambda: work.begun >= 5)
    await periodic.stop()

    told = [(line["event"], line["work"]) for line in work.log.lines]
    assert told == [("periodic.failed", "work"), ("periodic.recovered", "work")] * 2


async def test_a_failure_at_the_end_is_told_and_ends_nothing() -> None:
    work = Work(OSError("the disk is full"))
    periodic = work.every(NEVER)
    periodic.start()
    await periodic.stop()

    (line,) = work.log.lines
    assert "the disk is full" in line["exception"]

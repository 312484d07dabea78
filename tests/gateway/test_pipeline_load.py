"""Load is shed before it costs memory: what is too much is refused at once, and harms nobody."""

import asyncio
from collections import Counter

from actions.bootstrap import DATABASE_FILE
from gateway.access.authenticator import Authenticator
from gateway.access.keys import make_key
from gateway.pipeline import Pipeline
from gateway.store.sqlite import SqliteDatabase
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.calls import begin, call_of, envelope_of, totals_kept
from tests.gateway.kinds import ON_SQLITE
from tests.gateway.toys import SLOW, Bench
from tests.support.house import House


def bench_of(house: House) -> Bench:
    found: Bench = house.gateway.pipeline.shared.sections["toys"]
    return found


@ON_SQLITE
async def test_calls_beyond_those_that_may_run_are_refused(open_house: OpenHouse) -> None:
    house = await open_house(sections=(toys.section,), max_running=3)
    bench = bench_of(house)
    tasks = [begin(house, "toys/wait") for _ in range(8)]
    await bench.reached()
    # Even what needs no key and no action is refused before anything is done for it.
    other = await envelope_of(house, "toys/nothing")
    bench.go_on.set()
    answers = [await task for task in tasks]

    assert Counter(each.code for each in answers) == {None: 3, "Overloaded": 5}
    assert other.code == "Overloaded"
    assert (await envelope_of(house, "toys/greet")).status == "success"


async def test_unknown_keys_beyond_the_calls_that_may_run_are_not_looked_up(
    open_house: OpenHouse,
) -> None:
    house = await open_house(sections=(toys.section,), max_running=3)
    keys = [make_key("live").text for _ in range(8)]
    answers = await asyncio.gather(*(envelope_of(house, "toys/keep", key=key) for key in keys))

    assert Counter(each.code for each in answers) == {"InvalidAPIKey": 3, "Overloaded": 5}
    assert (await envelope_of(house, "toys/keep", name="pear")).status == "success"


@ON_SQLITE
async def test_crashes_and_refusals_leave_no_one_running(open_house: OpenHouse) -> None:
    house = await open_house(sections=(toys.section,), max_running=1)
    for path in ("toys/keep_and_crash", "toys/keep_and_refuse", "toys/keep_and_cancel") * 2:
        assert (await envelope_of(house, path, name="pear")).code != "Overloaded"
    await envelope_of(house, "toys/greet", text=b"{")
    await envelope_of(house, "toys/keep", key=make_key("live").text)
    given_up = begin(house, "toys/wait")
    await bench_of(house).reached()
    given_up.cancel()
    await asyncio.wait([given_up])

    assert (await envelope_of(house, "toys/greet")).status == "success"


@ON_SQLITE
async def test_writes_beyond_those_that_may_wait_are_refused_and_the_rest_is_kept(
    toybox: House,
) -> None:
    gateway, bench = toybox.gateway, bench_of(toybox)
    narrow = await SqliteDatabase(gateway.settings.data / DATABASE_FILE, waiting_max=3).open()
    pipeline = Pipeline(
        registry=gateway.registry,
        database=narrow,
        authenticator=Authenticator(narrow.reader, now=toybox.clock, clock=lambda: 0.0),
        limiter=gateway.pipeline.limiter,
        failures=gateway.pipeline.failures,
        shared=gateway.pipeline.shared,
    )
    names = [SLOW, *["apples"] * 8]
    first, *others = [call_of(toybox, "toys/tally", name=name) for name in names]
    begun = asyncio.create_task(pipeline.answer(first))
    await bench.reached()
    tasks = [asyncio.create_task(pipeline.answer(call)) for call in others]
    refused, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    bench.go_on.set()
    answers = await asyncio.gather(begun, *tasks)
    await narrow.close()

    assert {dict((await each).headers)["Retry-After"] for each in refused} == {"1"}
    assert Counter(each.code for each in answers) == {None: 4, "Overloaded": 5}
    assert await totals_kept(toybox) == {SLOW: 1, "apples": 3}

"""Load is shed before it costs memory: what is too much is refused at once, and harms nobody."""

import asyncio
from collections import Counter

import pytest

from actions.bootstrap import DATABASE_FILE
from gateway.access.authenticator import Authenticator
from gateway.access.keys import make_key
from gateway.pipeline import Pipeline
from gateway.store.database import Database
from gateway.store.postgres import PostgresDatabase
from gateway.store.sqlite import SqliteDatabase
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.calls import begin, call_of, envelope_of, names_kept, totals_kept
from tests.gateway.kinds import ON_POSTGRES, ON_SQLITE
from tests.gateway.store.shelf import every_connection_held
from tests.gateway.toys import SLOW, Bench
from tests.support.house import House


def bench_of(house: House) -> Bench:
    found: Bench = house.gateway.pipeline.shared.sections["toys"]
    return found


def pipeline_over(database: Database, house: House) -> Pipeline:
    """A pipeline of the house's over another database, which remembers keys for good."""
    gateway = house.gateway
    return Pipeline(
        registry=gateway.registry,
        database=database,
        authenticator=Authenticator(database.reader, now=house.clock, clock=lambda: 0.0),
        limiter=gateway.pipeline.limiter,
        failures=gateway.pipeline.failures,
        shared=gateway.pipeline.shared,
    )


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
    shed = [line["action"] for line in house.log.lines if line["code"] == "Overloaded"]
    assert Counter(shed) == {"toys/wait": 5, None: 1}
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
    pipeline = pipeline_over(narrow, toybox)
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


@ON_POSTGRES
@pytest.mark.parametrize("path", ["toys/keep", "toys/tally"])
async def test_writes_beyond_those_that_may_wait_for_a_connection_are_refused(
    toybox: House, path: str
) -> None:
    address = toybox.gateway.settings.database
    assert address is not None
    narrow = await PostgresDatabase(address, waiting_max=3).open()
    pipeline = pipeline_over(narrow, toybox)
    await pipeline.answer(call_of(toybox, "toys/things"))  # from now on, the key is remembered
    async with every_connection_held(narrow):
        calls = [call_of(toybox, path, name=f"{n}") for n in range(8)]
        answering = [asyncio.create_task(pipeline.answer(call)) for call in calls]
        refused, _ = await asyncio.wait(answering, return_when=asyncio.FIRST_COMPLETED)
    answers = await asyncio.gather(*answering)
    await narrow.close()

    assert {dict((await each).headers)["Retry-After"] for each in refused} == {"1"}
    assert Counter(each.code for each in answers) == {None: 3, "Overloaded": 5}
    assert {*await names_kept(toybox), *await totals_kept(toybox)} == {"0", "1", "2"}

"""Load is shed before it costs memory: what is too much is refused at once, and harms nobody."""

import asyncio
from collections import Counter

from gateway.store.groups import QUEUE_MAX
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.calls import begin, envelope_of
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


@ON_SQLITE
async def test_crashes_and_refusals_leave_no_one_running(open_house: OpenHouse) -> None:
    house = await open_house(sections=(toys.section,), max_running=1)
    for path in ("toys/keep_and_crash", "toys/keep_and_refuse", "toys/keep_and_cancel") * 2:
        assert (await envelope_of(house, path, name="pear")).code != "Overloaded"
    await envelope_of(house, "toys/greet", text=b"{")
    given_up = begin(house, "toys/wait")
    await bench_of(house).reached()
    given_up.cancel()
    await asyncio.wait([given_up])

    assert (await envelope_of(house, "toys/greet")).status == "success"


@ON_SQLITE
async def test_writes_beyond_those_that_may_wait_are_refused_and_the_rest_is_kept(
    open_house: OpenHouse,
) -> None:
    house = await open_house(sections=(toys.section,), max_running=10 * QUEUE_MAX)
    bench = bench_of(house)
    first = begin(house, "toys/tally", name=SLOW)
    await bench.reached()
    tasks = [begin(house, "toys/tally", name="apples") for _ in range(QUEUE_MAX + 7)]
    refused = await envelope_of(house, "toys/tally", name="apples")
    bench.go_on.set()
    answers = [await task for task in (first, *tasks)]

    assert refused.code == "Overloaded"
    assert dict(refused.headers)["Retry-After"] == "1"
    assert Counter(each.code for each in answers) == {None: QUEUE_MAX + 1, "Overloaded": 7}

"""A Redis that is stopped, emptied and started again: no account has its limit a second time."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial

import pytest
from redis.asyncio import Redis

from gateway.errors import RateLimited
from gateway.limits.both import take_in_both
from gateway.limits.policy import Bucket, Ruling
from gateway.limits.shared import SharedWindows
from gateway.limits.windows import Windows
from gateway.logs import make_log
from gateway.settings import Settings
from tests.conftest import OpenHouse
from tests.faults.windows import Passed, most_in_a_window
from tests.gateway.calls import envelope_of
from tests.gateway.limits import shop
from tests.gateway.limits.conftest import OpenWindows
from tests.gateway.limits.gate import Gate
from tests.gateway.limits.test_accounts import code, codes, told
from tests.gateway.limits.test_shared import fresh, until
from tests.support.house import House, Log
from tests.support.people import key_of
from tests.support.redis import OwnRedis


@pytest.fixture
async def market(open_house: OpenHouse, mortal: OwnRedis) -> House:
    """A gateway with a Redis that may be killed, where an account has five calls in a minute."""
    return await open_house(sections=(shop.section,), rate_limit="5/60", redis=mortal.address)


async def flush(server: OwnRedis) -> None:
    async with Redis.from_url(server.address) as client:
        await client.flushall()


async def is_back(house: House) -> None:
    await until(lambda: not house.gateway.pipeline.limiter.is_alone)


def events(log: Log) -> list[str]:
    return [line["event"] for line in log.lines if line["event"] != "call"]


async def test_a_redis_that_was_emptied_gives_nobody_the_limit_again(
    market: House, mortal: OwnRedis
) -> None:
    key = await key_of(market)
    await codes(market, "shop/look", key, 3)
    await flush(mortal)

    assert await codes(market, "shop/look", key, 4) == ["success"] * 2 + ["RateLimited"] * 2


async def test_calls_on_their_way_while_it_is_emptied_are_no_exception(
    market: House, mortal: OwnRedis
) -> None:
    key = await key_of(market)
    await codes(market, "shop/look", key, 3)
    await flush(mortal)
    at_once = await asyncio.gather(*(codes(market, "shop/look", key, 1) for _ in range(9)))

    assert sorted(each for (each,) in at_once) == ["RateLimited"] * 7 + ["success"] * 2


async def test_a_restart_that_nobody_notices_gives_nobody_the_limit_again(
    market: House, mortal: OwnRedis
) -> None:
    key = await key_of(market)
    before = await codes(market, "shop/look", key, 3)
    mortal.kill()
    mortal.start()
    after = await codes(market, "shop/look", key, 4)

    assert before + after == ["success"] * 5 + ["RateLimited"] * 2
    assert events(market.log) == []


async def test_what_was_counted_alone_counts_when_it_is_back(
    market: House, mortal: OwnRedis
) -> None:
    key = await key_of(market)
    before = await codes(market, "shop/look", key, 1)
    mortal.kill()
    without = await codes(market, "shop/look", key, 2)
    mortal.start()
    await is_back(market)
    after = await codes(market, "shop/look", key, 4)

    assert before + without + after == ["success"] * 5 + ["RateLimited"] * 2
    assert events(market.log) == ["redis.lost", "redis.back"]


async def test_an_actions_own_window_is_not_had_again_either(
    market: House, mortal: OwnRedis
) -> None:
    key = await key_of(market)
    await codes(market, "shop/reserve", key, 1)
    await flush(mortal)

    assert await codes(market, "shop/reserve", key, 2) == ["success", "RateLimited"]
    assert await codes(market, "shop/look", key, 4) == ["success"] * 3 + ["RateLimited"]


async def test_the_headers_tell_of_the_tighter_of_the_two(market: House, mortal: OwnRedis) -> None:
    key = await key_of(market)
    await codes(market, "shop/look", key, 3)
    await flush(mortal)
    answers = [await envelope_of(market, "shop/look", key=key) for _ in range(3)]
    denied = await envelope_of(market, "shop/order", key=await key_of(market, role="viewer"))

    assert [told(each)["Remaining"] for each in answers] == ["1", "0", "0"]
    assert told(answers[2]).keys() == {"Limit", "Remaining", "Reset", "Policy", "Retry-After"}
    assert told(denied)["Remaining"] == "5"


async def test_other_processes_calls_are_told_of_too(open_house: OpenHouse, redis: str) -> None:
    opened = partial(open_house, sections=(shop.section,), rate_limit="5/60", redis=redis)
    one, other = await opened(), await opened()
    key = await key_of(one)
    await codes(one, "shop/look", key, 3)
    answers = [await envelope_of(other, "shop/look", key=key) for _ in range(3)]

    assert [told(each)["Remaining"] for each in answers] == ["1", "0", "0"]
    assert [code(each) for each in answers] == ["success", "success", "RateLimited"]


async def test_bad_keys_are_not_forgotten_either(market: House, mortal: OwnRedis) -> None:
    failures = market.gateway.pipeline.failures
    for _ in range(15):
        await failures.note("192.0.2.1")
    await flush(mortal)
    for _ in range(5):
        await failures.note("192.0.2.1")

    with pytest.raises(RateLimited):
        await failures.note("192.0.2.1")


async def test_who_is_known_to_be_refused_costs_no_question(
    gate: Gate, open_windows: OpenWindows
) -> None:
    windows, shared, one = Windows(time.monotonic), await open_windows(gate.address), [fresh(3, 60)]
    for _ in range(3):
        await take_in_both(windows, shared, one, 1)
    gate.is_silent = True
    refused = await take_in_both(windows, shared, one, 1)

    assert refused.wait > 59
    assert not shared.is_away


class CountedWindows(SharedWindows):
    """Windows in a server, which know how many calls had room there."""

    passed = 0

    async def take(self, buckets: Sequence[Bucket], cost: int) -> Ruling | None:
        ruling = await super().take(buckets, cost)
        self.passed += ruling is not None and not ruling.wait
        return ruling


async def test_all_that_had_room_in_the_server_is_let_through(redis: str, log: Log) -> None:
    windows, shared = Windows(time.monotonic), CountedWindows(redis, make_log(Settings(), log))
    one, passed = [fresh(5, 1)], list[Passed]()

    async def client() -> None:
        while len(passed) < 20:
            sent = time.monotonic()
            ruling = await take_in_both(windows, shared, one, 1)
            if not ruling.wait:
                passed.append(Passed(sent, time.monotonic()))
            await asyncio.sleep(0)

    await asyncio.gather(*(client() for _ in range(16)))

    await shared.close()
    assert len(passed) == shared.passed
    assert most_in_a_window(passed, 1) == 5


async def test_who_waits_as_long_as_told_finds_room(redis: str, open_windows: OpenWindows) -> None:
    windows, shared, one = Windows(time.monotonic), await open_windows(redis), [fresh(2, 1)]
    for _ in range(3):
        rulings = await asyncio.gather(*(take_in_both(windows, shared, one, 1) for _ in range(3)))
        later = await take_in_both(windows, shared, one, 1)
        waits = [each.wait for each in (*rulings, later)]
        await asyncio.sleep(max(waits))

        assert [bool(wait) for wait in waits] == [False, False, True, True]

"""Windows in Redis: exact across all who count there, and done without while it is away."""

import asyncio
import io
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable

import pytest

from gateway.errors import RateLimited
from gateway.limits.policy import Bucket
from gateway.limits.shared import SharedWindows, client_url
from gateway.logs import make_log
from gateway.settings import Settings, SettingsError
from tests.conftest import OpenHouse
from tests.gateway.calls import envelope_of
from tests.gateway.limits import shop
from tests.gateway.limits.conftest import OpenWindows
from tests.gateway.limits.gate import Gate
from tests.gateway.limits.naive import bucket
from tests.gateway.limits.test_accounts import code, told
from tests.gateway.web.wire import request, wired
from tests.support.house import House, Log
from tests.support.people import add_account, add_workspace, key_of


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)


def fresh(calls: int, seconds: int) -> Bucket:
    return bucket(uuid.uuid4().hex, calls, seconds)


async def waits(windows: SharedWindows, buckets: list[Bucket], cost: int = 1) -> float:
    ruling = await windows.take(buckets, cost)
    assert ruling is not None
    return ruling.wait


@pytest.mark.parametrize(
    ("address", "read_as"),
    [
        ("valkey://valkey:1", "redis://valkey:1"),
        ("valkeys://:secret@h/2", "rediss://:secret@h/2"),
        ("redis://valkey:1", "redis://valkey:1"),
    ],
)
def test_a_valkey_is_a_redis_whatever_its_host_is_called(address: str, read_as: str) -> None:
    assert client_url(address) == read_as


async def test_all_who_count_there_have_one_window(redis: str, open_windows: OpenWindows) -> None:
    everybody = [await open_windows(redis) for _ in range(3)]
    one = [fresh(50, 60)]
    outcomes = await asyncio.gather(*(waits(each, one) for each in everybody for _ in range(40)))

    assert [bool(wait) for wait in outcomes].count(False) == 50


async def test_a_window_moves(redis: str, open_windows: OpenWindows) -> None:
    windows = await open_windows(redis)
    one = [fresh(10, 1)]
    let_through: list[tuple[float, float]] = []
    begun = time.monotonic()
    while time.monotonic() < begun + 2.5:
        sent = time.monotonic()
        if not await waits(windows, one):
            let_through.append((sent, time.monotonic()))
        await asyncio.sleep(0.005)

    assert len(let_through) >= 25
    for first, _ in let_through:
        assert sum(first <= sent and told <= first + 1 for sent, told in let_through) <= 10


async def test_who_waits_as_long_as_told_finds_room(redis: str, open_windows: OpenWindows) -> None:
    windows = await open_windows(redis)
    one = [fresh(3, 1)]
    assert await waits(windows, one, 3) == 0.0
    wait = await waits(windows, one, 2)
    await asyncio.sleep(wait)

    assert 0.9 < wait <= 1.001
    assert await waits(windows, one, 3) == 0.0


async def test_the_widest_window_is_told_to_the_millisecond(
    redis: str, open_windows: OpenWindows
) -> None:
    windows = await open_windows(redis)
    one = [fresh(1, 99_999)]
    await waits(windows, one)
    refused = await windows.take(one, 1)

    assert refused is not None
    assert 99_990 < refused.wait <= 99_999.001
    assert refused.wait == round(refused.wait, 3)


async def test_what_one_window_refuses_is_not_counted_in_the_other(
    redis: str, open_windows: OpenWindows
) -> None:
    windows = await open_windows(redis)
    account, action = fresh(4, 60), fresh(1, 60)
    both = [bool(await waits(windows, [account, action])) for _ in range(4)]
    alone = [bool(await waits(windows, [account])) for _ in range(4)]

    assert both == [False, True, True, True]
    assert alone == [False, False, False, True]


async def test_costs_are_counted_and_nothing_costs_nothing(
    redis: str, open_windows: OpenWindows
) -> None:
    windows = await open_windows(redis)
    one = [fresh(5, 60)]
    costs = [(3, True), (3, False), (2, True), (0, True), (1, False)]

    for cost, is_let_through in costs:
        assert (await waits(windows, one, cost) == 0.0) is is_let_through
    assert await waits(windows, [fresh(2, 60)], 7) == 0.0


async def test_who_gives_up_while_asking_keeps_nobody_from_an_answer(
    redis: str, open_windows: OpenWindows
) -> None:
    windows = await open_windows(redis)
    one = [fresh(10, 60)]
    leaver, *others = [asyncio.ensure_future(waits(windows, one)) for _ in range(4)]
    await asyncio.sleep(0)  # the first one's question is out, the others wait for the next
    leaver.cancel()
    outcomes = await asyncio.wait_for(asyncio.gather(*others), 10)
    later = await waits(windows, one)

    assert (outcomes, later) == ([0.0] * 3, 0.0)
    assert leaver.cancelled()


async def test_the_headers_are_those_of_memory(redis: str, open_house: OpenHouse) -> None:
    houses = [
        await open_house(sections=(shop.section,), rate_limit="5/60", redis=address)
        for address in (None, redis)
    ]
    answers: list[list[dict[str, str]]] = []
    for house in houses:
        key = await key_of(house)
        paths = ["shop/look", "shop/reserve", "shop/order"]
        answers.append([told(await envelope_of(house, path, key=key)) for path in paths])

    in_memory, in_redis = answers
    assert in_redis[:2] == in_memory[:2]
    assert in_redis[2].keys() == in_memory[2].keys()


async def test_bad_keys_are_counted_together_too(redis: str, open_house: OpenHouse) -> None:
    houses = [
        await open_house(door="http", sections=(shop.section,), redis=redis) for _ in range(2)
    ]
    address = f"2001:db8:{uuid.uuid4().hex[:4]}::1"
    failures = [house.gateway.pipeline.failures for house in houses]
    refused = 0
    for number in range(30):
        try:
            await failures[number % 2].note(address)
        except RateLimited:
            refused += 1

    assert refused == 10


async def test_calls_that_wait_for_redis_are_among_those_that_run(
    redis: str, open_house: OpenHouse
) -> None:
    house = await open_house(sections=(shop.section,), redis=redis, max_running=3)
    key = await key_of(house)
    first = await envelope_of(house, "shop/look", key=key)  # from now on, the key is remembered
    answers = await asyncio.gather(*(envelope_of(house, "shop/look", key=key) for _ in range(8)))

    assert first.status == "success"
    assert Counter(each.code for each in answers) == {None: 3, "Overloaded": 5}


async def ready(house: House) -> bytes:
    async with wired(house) as wire:
        return (await wire.call(request("/readyz", method="GET"))).body


READY, ALONE = (
    b'{"ready":true}',
    b'{"ready":true,"redis":"away: this process counts its rate limits alone"}',
)


async def test_without_redis_calls_go_on_alone_and_it_comes_back_by_itself(
    gate: Gate, open_house: OpenHouse
) -> None:
    house = await open_house(
        door="http", sections=(shop.section,), rate_limit="5/60", redis=gate.address
    )
    workspace = await add_workspace(house)
    key, other = [(await add_account(house, workspace)).text for _ in range(2)]
    before = [code(await envelope_of(house, "shop/look", key=key)) for _ in range(3)]
    was_ready = await ready(house)
    await gate.shut()
    without = [code(await envelope_of(house, "shop/look", key=key)) for _ in range(4)]
    is_alone = await ready(house)
    await gate.open()
    await until(lambda: not house.gateway.pipeline.limiter.is_alone)
    after = [code(await envelope_of(house, "shop/look", key=each)) for each in (key, *[other] * 6)]

    assert before == ["success"] * 3
    assert without == ["success", "success", "RateLimited", "RateLimited"]
    assert after == ["RateLimited"] + ["success"] * 5 + ["RateLimited"]
    assert (was_ready, is_alone, await ready(house)) == (READY, ALONE, READY)
    events = [line["event"] for line in house.log.lines if line["event"] != "call"]
    assert events == ["redis.lost", "redis.back"]


async def test_a_redis_that_says_nothing_holds_no_call_up(
    gate: Gate, open_windows: OpenWindows
) -> None:
    windows = await open_windows(gate.address)
    one = [fresh(5, 60)]
    await waits(windows, one)
    gate.is_silent = True
    begun = time.monotonic()
    rulings = await asyncio.gather(*(windows.take(one, 1) for _ in range(300)))
    took = time.monotonic() - begun
    gate.is_silent = False
    await until(lambda: not windows.is_away)

    assert set(rulings) == {None}
    assert took < 1
    assert await waits(windows, one) == 0.0


async def test_a_gateway_starts_without_its_redis(gate: Gate, open_windows: OpenWindows) -> None:
    await gate.shut()
    windows = await open_windows(gate.address)
    lost = windows.is_away
    await gate.open()
    await until(lambda: not windows.is_away)

    assert lost


async def test_one_warning_is_logged_and_never_the_address(
    gate: Gate, open_windows: OpenWindows, log: Log
) -> None:
    windows = await open_windows(gate.address.replace("//", "//user:secret@"))
    await asyncio.gather(*(windows.take([fresh(5, 60)], 1) for _ in range(9)))

    (line,) = log.lines
    assert (line["event"], line["level"]) == ("redis.lost", "warning")
    assert "secret" not in log.text


@pytest.mark.parametrize(
    "address",
    [
        "redis://:secret@host:port/x",
        "redis://:secret@host:1/0?protocol=4",
        "rediss://:secret@host:1/0?ssl_cert_reqs=maybe",
        "redis://:secret@host:1/0?credential_provider=x",
        "redis://:secret@host:1/0?colour=red",
    ],
)
def test_an_address_that_is_none_is_told_without_its_words(address: str) -> None:
    with pytest.raises(SettingsError) as refused:
        SharedWindows(address, make_log(Settings(), io.TextIOWrapper(io.BytesIO())))

    assert (
        str(refused.value) == "The setting redis cannot be used: no connection can be made from it."
    )


async def test_who_closes_while_a_question_is_out_leaves_no_connection(
    gate: Gate, open_windows: OpenWindows
) -> None:
    windows = await open_windows(gate.address)
    gate.is_silent = True
    question = asyncio.create_task(windows.take([fresh(5, 60)], 1))
    await asyncio.sleep(0.01)  # the question is out
    gate.is_silent = False  # whoever asked once more would be answered
    await windows.close()

    assert await question is None
    await until(lambda: not gate.connections)


def test_who_needs_no_redis_does_not_pay_for_its_client() -> None:
    program = "import actions.bootstrap, sys; sys.exit('redis' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

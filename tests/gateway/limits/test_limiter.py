"""An account's own limits, by action too; and callers who wait."""

import asyncio
import time
from collections.abc import Awaitable, Mapping

import pytest

from gateway.access.identity import Identity
from gateway.access.roles import Role
from gateway.limits.limiter import Limiter, Rule
from gateway.limits.policy import Ruling
from gateway.limits.windows import Windows
from tests.gateway.limits.conftest import OpenWindows
from tests.gateway.limits.naive import policy_of
from tests.gateway.limits.test_shared import fresh

PLAIN, OWN = "shop/look", "shop/reserve"


def caller(
    limit: str | None = None, limits: Mapping[str, str] | None = None, *, account: str = "account"
) -> Identity:
    return Identity(
        "w", "Workspace", "UTC", account, "Account", Role.OWNER, None, "key",
        rate_limit=limit, rate_limits=limits,
    )  # fmt: skip


def limiter(calls: int, seconds: int, *, waits: bool = False) -> Limiter:
    rules = {PLAIN: Rule(1, None), OWN: Rule(1, policy_of(2, 60))}
    clock = time.monotonic
    default = policy_of(calls, seconds)
    return Limiter(rules, default=default, windows=Windows(clock), waits=waits)


async def charged(limits: Limiter, who: Identity, path: str = PLAIN) -> Ruling | None:
    ruling = limits.charge(who, path)
    return await ruling if isinstance(ruling, Awaitable) else ruling


async def waits_of(limits: Limiter, who: Identity, path: str, times: int) -> list[bool]:
    rulings = [await charged(limits, who, path) for _ in range(times)]
    return [bool(ruling and ruling.wait) for ruling in rulings]


@pytest.mark.parametrize(
    ("limit", "limits", "path", "let_through"),
    [
        (None, None, PLAIN, 4),
        (None, None, OWN, 2),
        (None, {}, OWN, 2),
        (None, {OWN: "3/60"}, OWN, 3),
        (None, {OWN: "off"}, OWN, 4),
        (None, {PLAIN: "1/60"}, PLAIN, 1),
        ("off", None, OWN, 6),
        ("off", {PLAIN: "1/60"}, OWN, 6),
        ("off", {PLAIN: "1/60"}, PLAIN, 1),
        ("1/60", {OWN: "3/60"}, OWN, 1),
    ],
)
async def test_an_accounts_own_limits_come_first(
    limit: str | None, limits: Mapping[str, str] | None, path: str, let_through: int
) -> None:
    waits = await waits_of(limiter(4, 60), caller(limit, limits), path, 6)

    assert waits == [number >= let_through for number in range(6)]


def test_in_memory_the_ruling_is_there_at_once() -> None:
    assert isinstance(limiter(4, 60).charge(caller(), PLAIN), Ruling)


async def test_two_callers_wait_in_their_order_and_a_third_is_refused() -> None:
    limits, who = limiter(2, 1, waits=True), caller()
    begun = time.monotonic()
    await charged(limits, who)
    await asyncio.sleep(0.3)
    await charged(limits, who)
    done: list[tuple[int, float, float]] = []

    async def one(number: int) -> None:
        ruling = await charged(limits, who)
        assert ruling is not None
        done.append((number, ruling.wait, time.monotonic() - begun))

    await asyncio.gather(*(one(number) for number in range(3)))

    assert [(number, bool(wait)) for number, wait, _ in done] == [(2, True), (0, False), (1, False)]
    assert [when for *_, when in done] == pytest.approx([0.3, 1.0, 1.3], abs=0.15)


async def test_nobody_who_comes_later_goes_first() -> None:
    limits, who = limiter(1, 1, waits=True), caller()
    await charged(limits, who)
    await asyncio.sleep(0.5)
    waiting = asyncio.create_task(charged(limits, who))
    await asyncio.sleep(0.45)
    late = await charged(limits, who)
    first = await waiting

    assert first is not None
    assert first.wait == 0.0
    assert late is not None
    assert late.wait > 0


async def test_whose_room_opens_later_does_not_wait() -> None:
    limits, who = limiter(1, 2, waits=True), caller()
    await charged(limits, who)
    begun = time.monotonic()
    refused = await charged(limits, who)

    assert refused is not None
    assert refused.wait > 1
    assert time.monotonic() - begun < 0.1


async def test_whoever_gives_up_waiting_takes_no_room() -> None:
    limits, who = limiter(1, 1, waits=True), caller()
    await charged(limits, who)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.ensure_future(charged(limits, who)), 0.05)
    last = await charged(limits, who)

    assert last is not None
    assert last.wait == 0.0


async def test_nobody_waits_for_a_bucket_that_is_not_theirs() -> None:
    rules = {PLAIN: Rule(1, None), OWN: Rule(1, policy_of(1, 1)), "shop/order": Rule(1, None)}
    windows = Windows(time.monotonic)
    limits, who = Limiter(rules, default=policy_of(100, 60), windows=windows, waits=True), caller()
    await charged(limits, who, OWN)
    waiting = asyncio.create_task(charged(limits, who, OWN))
    await asyncio.sleep(0)  # it waits by the next turn
    begun = time.monotonic()
    others = [await charged(limits, who, path) for path in (PLAIN, "shop/order", PLAIN)]
    took = time.monotonic() - begun
    waited = await waiting

    assert [each and each.wait for each in (*others, waited)] == [0.0] * 4
    assert took < 0.5  # a wait would take a second


async def test_who_waits_for_its_action_keeps_nobody_from_the_account() -> None:
    rules = {PLAIN: Rule(1, None), OWN: Rule(1, policy_of(1, 1))}
    windows = Windows(time.monotonic)
    limits, who = Limiter(rules, default=policy_of(2, 60), windows=windows, waits=True), caller()
    await charged(limits, who, OWN)
    waiting = asyncio.create_task(charged(limits, who, OWN))
    await asyncio.sleep(0)  # it waits by the next turn
    other = await charged(limits, who)
    waited = await waiting

    assert other is not None
    assert waited is not None
    assert (other.wait, waited.wait > 1) == (0.0, True)


async def test_who_would_come_after_those_that_fill_the_window_again_is_refused_at_once() -> None:
    limits, who = limiter(1, 1, waits=True), caller()
    await charged(limits, who)
    waiting = asyncio.create_task(charged(limits, who))
    await asyncio.sleep(0)  # it waits by the next turn
    begun = time.monotonic()
    refused = await charged(limits, who)
    took = time.monotonic() - begun
    waited = await waiting

    assert refused is not None
    assert refused.wait == pytest.approx(2.0, abs=0.1)
    assert took < 0.5  # a wait would take a second
    assert waited is not None
    assert waited.wait == 0.0


async def test_nobody_goes_first_where_another_process_took_the_room(
    redis: str, open_windows: OpenWindows
) -> None:
    name, policy = fresh(4, 1)
    other, shared = await open_windows(redis), await open_windows(redis)
    limits = Limiter(
        {PLAIN: Rule(1, None)},
        default=policy,
        windows=Windows(time.monotonic),
        shared=shared,
        waits=True,
    )
    await other.take([(name, policy)], 4)

    async def wait() -> float:
        ruling = await charged(limits, caller(account=name))
        assert ruling is not None
        return ruling.wait

    three = [asyncio.create_task(wait()) for _ in range(3)]
    (refused,), waiting = await asyncio.wait(three, return_when=asyncio.FIRST_COMPLETED)
    late = await wait()

    assert min(refused.result(), late) > 0.5
    assert [await each for each in waiting] == [0.0, 0.0]

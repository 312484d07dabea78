"""A key's use is told by day and action, whoever counted it, and outlives the process."""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, select

from gateway.access.keys import Key
from gateway.access.tables import accounts, keys
from gateway.access.usage import rows
from gateway.access.usage.rows import LastUse, Usage
from gateway.access.usage.watch import UsageWatch
from gateway.store.database import Transaction
from gateway.store.statements import Statement
from tests.actions.given import Admit
from tests.conftest import OpenHouse
from tests.support.asleep import Asleep
from tests.support.house import NOON, Clock, House, observers_told
from tests.support.people import add_account
from tests.support.watching import watched

TODAY = "2026-11-21"

_DELETE = Statement(delete(keys).where(keys.c.id == bindparam("key_id")))
_LAST_USES = Statement(
    select(keys.c.id, keys.c.last_used_at, accounts.c.last_used_at).join(
        accounts, accounts.c.id == keys.c.account_id
    )
)


def key_id(text: str) -> str:
    return text[9:21]


async def told(house: House, key: str, **params: Any) -> list[tuple[Any, ...]]:
    """Day, action, calls, errors and refusals, what was just counted included."""
    await house.gateway.usage.flush()
    data = await house.data("keys/usage", id=key_id(key), **params)
    return [tuple(each.values()) for each in data["usage"]]


@pytest.fixture
async def worked(house: House, admit: Admit) -> str:
    """A viewer's key that was used now and then."""
    key = await admit(role="viewer")
    for _ in range(3):
        await house.send("counters/list", key=key)
    await house.send("counters/get", key=key, external_id="nothing")
    await house.send("counters/get", key=key, external_id=7)
    for _ in range(2):
        await house.send("counters/delete", key=key, external_id="nothing")
    return key


async def test_use_is_told_by_action(house: House, worked: str) -> None:
    assert await told(house, worked) == [
        (TODAY, "counters/delete", 2, 0, 2),
        (TODAY, "counters/get", 2, 2, 0),
        (TODAY, "counters/list", 3, 0, 0),
    ]


async def test_later_use_is_added_to_what_is_there(house: House, worked: str) -> None:
    before = await told(house, worked)
    await house.send("counters/list", key=worked)

    assert len(before) == 3
    assert (TODAY, "counters/list", 4, 0, 0) in await told(house, worked)


async def test_each_day_has_its_own_numbers(house: House, worked: str) -> None:
    await house.gateway.usage.flush()
    house.clock.now += timedelta(days=1)
    await house.send("counters/list", key=worked)

    assert (await told(house, worked))[-2:] == [
        (TODAY, "counters/list", 3, 0, 0),
        ("2026-11-22", "counters/list", 1, 0, 0),
    ]


async def test_a_day_ends_at_midnight_in_utc(open_house: OpenHouse) -> None:
    clock = Clock(NOON.replace(hour=23, minute=59, second=59, microsecond=800_000))
    house = await open_house(clock=clock)
    await house.send("counters/list")
    await asyncio.sleep(0.3)
    clock.now += timedelta(seconds=0.3)
    await house.send("counters/list")

    assert [each[:3] for each in await told(house, house.key)] == [
        (TODAY, "counters/list", 1),
        ("2026-11-22", "counters/list", 1),
    ]


async def test_the_span_can_be_chosen_and_is_30_days_by_default(house: House) -> None:
    days = ["2026-10-22", "2026-10-23", "2026-11-20", TODAY]

    async def add(db: Transaction) -> None:
        used = [Usage(key_id(house.key), day, "counters/get", 5, 2, 1) for day in days]
        await rows.add(db, used, [])

    await house.gateway.database.write(add)
    every = {"id": key_id(house.key)}
    default = await house.data("keys/usage", **every)
    chosen = await house.data("keys/usage", **every, **{"from": days[0], "to": days[2]})

    assert (default["from"], default["to"]) == (days[1], TODAY)
    assert [each["day"] for each in default["usage"]] == days[1:]
    assert [each["day"] for each in chosen["usage"]] == days[:3]
    assert default["usage"][0] == {
        "day": days[1], "action": "counters/get", "calls": 5, "errors": 2, "refusals": 1
    }  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-11-22", None), ("2026-11-02", "2026-11-01"), ("2025-11-19", "2026-11-20")],
)
async def test_a_span_that_is_none_or_too_long_is_refused(
    house: House, first: str, last: str | None
) -> None:
    span = {"from": first} if last is None else {"from": first, "to": last}
    answer = await house.send("keys/usage", id=key_id(house.key), **span)

    assert answer["status"] == "parameter-error"
    assert list(answer["data"]["errors"]) == ["to"]


async def test_a_key_of_another_workspace_is_as_one_that_is_not_there(
    house: House, neighbour: str
) -> None:
    await house.send("counters/list", key=neighbour)
    await house.gateway.usage.flush()
    foreign = await house.send("keys/usage", id=key_id(neighbour))
    missing = await house.send("keys/usage", id="0123456789AB")

    assert foreign["data"] == missing["data"]
    assert foreign["data"]["code"] == "NotFound"
    assert len(await _usage_by(house, neighbour)) == 1


async def _usage_by(house: House, key: str) -> list[Any]:
    answer = await house.send("keys/usage", key=key, id=key_id(key))
    found: list[Any] = answer["data"]["usage"]
    return found


async def last_uses(house: House) -> dict[str, tuple[datetime | None, datetime | None]]:
    """By key, when it and its account were last used."""
    found = await house.gateway.database.reader.all(_LAST_USES)
    return {id: (of_key, of_account) for id, of_key, of_account in found}


async def test_a_key_and_its_account_tell_when_they_were_last_used(
    house: House, worked: str, admit: Admit
) -> None:
    unused = await admit()
    house.clock.now += timedelta(minutes=5)
    await house.gateway.usage.flush()
    found = await last_uses(house)

    assert found[key_id(unused)] == (None, None)
    of_key, of_account = found[key_id(worked)]
    assert of_key == of_account
    assert of_key is not None
    assert abs(of_key - house.clock.now) < timedelta(minutes=1)


async def test_a_last_use_never_goes_back(house: House) -> None:
    caller = await house.data("system/whoami")
    house.clock.now += timedelta(hours=1)
    await house.gateway.usage.flush()
    before = await last_uses(house)

    async def add(db: Transaction) -> None:
        await rows.add(db, [], [LastUse(key_id(house.key), caller["account_id"], NOON)])

    await house.gateway.database.write(add)

    assert await last_uses(house) == before
    assert before[key_id(house.key)][0] > NOON + timedelta(minutes=30)  # type: ignore[operator]


async def test_a_key_that_was_deleted_meanwhile_disturbs_nothing(house: House, worked: str) -> None:
    async def remove(db: Transaction) -> None:
        await db.run(_DELETE, key_id=key_id(worked))

    await house.gateway.usage.flush()
    await house.send("counters/list", key=worked)
    await house.send("counters/list")
    await house.gateway.database.write(remove)

    found = await told(house, house.key)
    assert (TODAY, "counters/list", 1, 0, 0) in found
    answer = await house.send("keys/usage", id=key_id(worked))
    assert answer["data"]["code"] == "NotFound"


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_key_that_is_being_deleted_is_waited_for(house: House, worked: str) -> None:
    written, commit = asyncio.Event(), asyncio.Event()

    async def remove(db: Transaction) -> None:
        await db.run(_DELETE, key_id=key_id(worked))
        written.set()
        await commit.wait()

    removing = asyncio.create_task(house.gateway.database.write(remove))
    await written.wait()
    await house.send("counters/list")
    flushing = asyncio.create_task(house.gateway.usage.flush())
    await asyncio.sleep(0.2)
    waited = not flushing.done()
    commit.set()
    await asyncio.gather(removing, flushing)

    assert waited
    assert (TODAY, "counters/list", 1, 0, 0) in await told(house, house.key)


async def test_use_is_written_when_the_gateway_closes(open_house: OpenHouse) -> None:
    house = await open_house()
    await house.gateway.pipeline.call("counters/list", house.key)
    await house.gateway.close()
    again = await open_house()
    again.key = house.key

    assert await told(again, again.key) == [(TODAY, "counters/list", 1, 0, 0)]
    assert [line["action"] for line in house.log.lines] == ["counters/list"]


async def test_several_gateways_add_up(open_house: OpenHouse) -> None:
    houses = [await open_house() for _ in range(3)]
    workspace_id = (await houses[0].data("system/whoami"))["workspace_id"]
    more: list[Key] = [await add_account(houses[0], workspace_id) for _ in range(6)]

    async def work(house: House, order: int) -> None:
        for _ in range(10):
            for each in more[::order]:
                await house.send("counters/list", key=each.text)
            await house.gateway.usage.flush()

    await asyncio.gather(*(work(house, 1 - 2 * (n % 2)) for n, house in enumerate(houses)))

    assert [await told(houses[0], each.text) for each in more] == [
        [(TODAY, "counters/list", 30, 0, 0)]
    ] * 6


async def test_what_could_not_be_written_is_counted_on(house: House) -> None:
    gateway = house.gateway
    asleep: Any = Asleep(gateway.database)
    watch = UsageWatch(asleep, now=house.clock, stopwatch=time.perf_counter)
    pipeline = watched(house, watch)
    for _ in range(2):
        await pipeline.call("counters/list", house.key)
        await observers_told()
        with pytest.raises(OSError, match="disk"):
            await watch.flush()
    await pipeline.call("counters/list", house.key)
    await observers_told()
    asleep.woken = True
    await watch.flush()

    assert await told(house, house.key) == [(TODAY, "counters/list", 3, 0, 0)]


async def test_callers_of_what_is_no_action_are_not_counted(house: House) -> None:
    await house.send("counters/lst")
    await house.send("counters/list", key=None)
    await house.send("system/ping")

    assert await told(house, house.key) == []

"""Refusals leave a row each, failed authentications are counted up; no call waits for either."""

import asyncio
from typing import Any

import pytest

from gateway.access.audit.watch import (
    ADDRESSES_MAX,
    ALONE_MAX,
    KINDS_MAX,
    WAITING_MAX,
    WRITTEN_AT_ONCE,
    AuditWatch,
)
from gateway.access.keys import Key, make_key
from tests.actions.given import no_rows
from tests.conftest import OpenHouse
from tests.gateway.calls import call_of
from tests.support.asleep import Asleep
from tests.support.audited import told, trail
from tests.support.house import House, observers_told
from tests.support.people import add_account, admit, revoke, suspend
from tests.support.watching import watched


async def own_account(house: House, **wanted: Any) -> Key:
    """The key of one more account of the first workspace."""
    caller = await house.data("system/whoami")
    return await add_account(house, caller["workspace_id"], **wanted)


async def test_a_refusal_for_want_of_permission_is_a_row(house: House, door: str) -> None:
    key = await own_account(house, role="viewer")
    answer = await house.send("counters/create", key=key.text, name="Daily steps", type="UpDown")
    (record,) = await trail(house)

    assert answer["data"]["code"] == record["outcome"] == "PermissionDenied"
    assert record["action"] == "counters/create"
    assert record["key_id"] == key.id
    assert record["request_id"] == answer["flags"]["request_id"]
    assert record["address"] == ("127.0.0.1" if door == "http" else None)


async def test_each_refusal_is_a_row_of_its_own(house: House) -> None:
    key = await own_account(house, role="viewer")
    for _ in range(3):
        await house.send("counters/delete", key=key.text, external_id="steps")

    assert await told(house) == [("counters/delete", "PermissionDenied", 1)] * 3


async def test_an_accounts_refusals_beyond_the_first_are_counted_up(
    house: House, door: str
) -> None:
    key, other = await own_account(house, role="viewer"), await own_account(house, role="viewer")
    for _ in range(ALONE_MAX + 3):
        await house.send("counters/delete", key=key.text, external_id="steps")
    for _ in range(2):
        await house.send("counters/set", key=key.text, external_id="steps", value=1)
    await house.send("counters/delete", key=other.text, external_id="steps")

    found = await trail(house, per_page=100)
    of_first = [each for each in found if each["key_id"] == key.id]
    assert sorted((each["action"], each["count"]) for each in of_first) == [
        *[("counters/delete", 1)] * ALONE_MAX,
        ("counters/delete", 3),
        ("counters/set", 2),
    ]
    assert {each["outcome"] for each in found} == {"PermissionDenied"}
    assert {each["address"] for each in found} == {"127.0.0.1" if door == "http" else None}
    assert [each["count"] for each in found if each["key_id"] == other.id] == [1]


@no_rows
async def test_the_next_minute_has_refusals_that_stand_alone_again(house: House) -> None:
    key = await own_account(house, role="viewer")
    for number in (ALONE_MAX + 1, 1):
        for _ in range(number):
            await house.send("counters/delete", key=key.text, external_id="steps")
        await house.gateway.audit.write_failures()
    found = await told(house, per_page=100)

    assert [count for _, _, count in found] == [1] * (ALONE_MAX + 2)


async def test_failed_authentications_are_counted_up_by_their_reason(house: House) -> None:
    for _ in range(3):
        await house.send("counters/get", key=make_key("live").text, external_id="steps")
        await house.send("counters/list", key="no key at all")
    await house.send("counters/list", key=None)

    assert sorted(await told(house)) == [
        ("counters/get", "InvalidAPIKey", 6),
        ("counters/list", "AccessDenied", 1),
    ]


async def test_the_next_interval_has_rows_of_its_own(house: House) -> None:
    for _ in range(2):
        await house.send("counters/list", key=None)
        await house.gateway.audit.write_failures()

    assert await told(house) == [("counters/list", "AccessDenied", 1)] * 2


async def test_a_failure_of_a_known_key_is_for_the_keys_own_workspace(house: House) -> None:
    key, workspace_id = await admit(house)
    revoked = await add_account(house, workspace_id)
    await revoke(house, revoked.id)
    guessed = Key("live", key.id, make_key("live").secret)
    for each in (revoked, revoked, guessed):
        answer = await house.send("counters/list", key=each.text)
        assert answer["data"]["code"] == "InvalidAPIKey"
    found = await trail(house, key=key.text)

    assert {(each["key_id"], each["count"]) for each in found} == {(revoked.id, 2), (key.id, 1)}
    assert all(each["account_id"] is not None for each in found)
    assert await trail(house) == []


@no_rows
async def test_failures_beyond_the_limit_are_still_for_the_keys_own_workspace(
    open_house: OpenHouse,
) -> None:
    house = await open_house(door="http")
    key, workspace_id = await admit(house)
    revoked = await add_account(house, workspace_id)
    await revoke(house, revoked.id)
    answers = [await house.send("counters/list", key=revoked.text) for _ in range(23)]
    await house.send("counters/list", key="no key at all")
    found = await trail(house, key=key.text)

    assert list(answers[-1]["data"]) == ["code", "message", "retryable", "retry_after"]
    assert {(each["outcome"], each["count"], each["key_id"]) for each in found} == {
        ("InvalidAPIKey", 20, revoked.id),
        ("RateLimited", 3, revoked.id),
    }
    assert [(each["outcome"], each["key_id"]) for each in await trail(house)] == [
        ("RateLimited", None)
    ]


async def test_a_suspended_workspaces_failures_wait_in_its_own_trail(house: House) -> None:
    key, workspace_id = await admit(house)
    await suspend(house, workspace_id)
    await house.send("counters/list", key=key.text)

    assert await trail(house) == []


async def test_an_action_without_a_key_fails_no_authentication(open_house: OpenHouse) -> None:
    house = await open_house(echo_rehearsal=True)
    for code in ("InvalidAPIKey", "AccessDenied", "PermissionDenied", "WorkspaceSuspended"):
        answer = await house.send("system/echo", key=None, _rehearse={"error": code})
        assert answer["data"]["code"] == code

    assert await trail(house) == []


async def test_what_waits_is_written_when_the_gateway_closes(open_house: OpenHouse) -> None:
    house = await open_house()
    key = await own_account(house, role="viewer")
    await house.send("counters/delete", key=key.text, external_id="steps")
    await house.send("counters/list", key=None)
    await house.gateway.close()
    again = await open_house()
    again.key = house.key

    assert sorted(await told(again)) == [
        ("counters/delete", "PermissionDenied", 1),
        ("counters/list", "AccessDenied", 1),
    ]


async def test_refusals_are_written_by_themselves_within_seconds(open_house: OpenHouse) -> None:
    house = await open_house()
    key = await own_account(house, role="viewer")
    await house.send("counters/delete", key=key.text, external_id="steps")

    await asyncio.sleep(1.5)

    assert len(await house.data("audit/list", filters={"outcome": "PermissionDenied"})) == 1


@no_rows
class TestAtTheBounds:
    """A watch without a gateway around it, over the house API's database."""

    @pytest.fixture
    async def house(self, open_house: OpenHouse) -> House:
        return await open_house()

    def watch(self, house: House, database: Any = None) -> AuditWatch:
        shared = house.gateway.pipeline.shared
        return AuditWatch(
            database or house.gateway.database,
            now=house.clock,
            new_id=shared.new_id,
            days=400,
            log=shared.log,
        )

    async def call(self, house: House, watch: AuditWatch, key: str | None, address: str) -> None:
        """A call that this watch alone sees."""
        pipeline = watched(house, watch)
        call = call_of(house, "counters/delete", key=key, external_id="steps")
        call.address = address
        await pipeline.answer(call)
        await observers_told()

    async def test_addresses_beyond_the_bound_share_a_row(self, house: House) -> None:
        watch = self.watch(house)
        for number in range(ADDRESSES_MAX + 20):
            await self.call(house, watch, None, f"192.0.2.{number}")
        await watch.write_failures()
        found = await trail(house, per_page=100)

        assert {each["address"]: each["count"] for each in found[:1]} == {None: 20}
        assert watch.dropped == 0

    async def test_kinds_of_refusals_beyond_the_bound_share_a_row(self, house: House) -> None:
        key = await own_account(house, role="viewer")
        watch = self.watch(house)
        for number in range(ALONE_MAX + KINDS_MAX + 5):
            await self.call(house, watch, key.text, f"192.0.2.{number}")
        await watch.write_failures()
        found = await trail(house, per_page=100)

        assert len(found) == ALONE_MAX + KINDS_MAX + 1
        assert [each["count"] for each in found if each["address"] is None] == [5]

    async def test_one_account_cannot_push_out_what_others_were_refused(self, house: House) -> None:
        key, other = [await own_account(house, role="viewer") for _ in range(2)]
        watch = self.watch(house)
        for _ in range(WAITING_MAX + 3):
            await self.call(house, watch, key.text, "192.0.2.1")
        await self.call(house, watch, other.text, "192.0.2.1")
        await watch.write_failures()

        assert watch.dropped == 0
        assert [
            (each["key_id"], each["count"])
            for each in await trail(house, per_page=100)
            if each["key_id"] == other.id or each["count"] > 1
        ] == [(other.id, 1), (key.id, WAITING_MAX + 3 - ALONE_MAX)]

    async def test_rows_beyond_the_bound_are_dropped_and_counted(self, house: House) -> None:
        watch = self.watch(house)
        for _ in range(WAITING_MAX // ALONE_MAX):
            key = await own_account(house, role="viewer")
            for _ in range(ALONE_MAX):
                await self.call(house, watch, key.text, "192.0.2.1")
        last = await own_account(house, role="viewer")
        for _ in range(3):
            await self.call(house, watch, last.text, "192.0.2.1")
        turns = 1
        while await watch.write():
            turns += 1

        assert turns == WAITING_MAX // WRITTEN_AT_ONCE
        (line,) = [each for each in house.log.lines if each["event"] == "audit.dropped"]
        assert (line["rows"], watch.dropped) == (3, 3)

    async def test_what_could_not_be_written_is_written_once_later(self, house: House) -> None:
        key = await own_account(house, role="viewer")
        asleep = Asleep(house.gateway.database)
        watch = self.watch(house, asleep)
        await self.call(house, watch, key.text, "192.0.2.1")
        with pytest.raises(OSError, match="disk"):
            await watch.write()
        await self.call(house, watch, key.text, "192.0.2.2")
        asleep.woken = True
        await watch.write()
        await watch.write()

        assert [each["address"] for each in await trail(house)] == ["192.0.2.2", "192.0.2.1"]

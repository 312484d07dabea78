"""From a key to an identity: remembered for half a second, shared while it is looked up."""

import asyncio
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from gateway.access.authenticator import Authenticator
from gateway.access.keys import Key, make_key
from gateway.access.roles import Role
from gateway.errors import ActionError, InvalidAPIKey, Overloaded, WorkspaceSuspended
from gateway.store.database import Queries
from gateway.store.statements import Row, Statement
from tests.support.house import NOON, House
from tests.support.people import add_account, admit, key_of, revoke, suspend


class Counted(Queries):
    """The reader of a house, which counts the questions that it is asked."""

    def __init__(self, house: House) -> None:
        self._reader = house.gateway.database.reader
        self.asked = 0

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        self.asked += 1
        return await self._reader.all(statement, **values)


class Door:
    """An authenticator over a house, with a stopwatch that the test moves."""

    def __init__(self, house: House) -> None:
        self.db = Counted(house)
        self.seconds = 100.0
        self.authenticator = Authenticator(self.db, now=house.clock, clock=lambda: self.seconds)
        self.identify = self.authenticator.identify

    async def refusal(self, key: str) -> type[ActionError]:
        with pytest.raises(ActionError) as refused:
            await self.identify(key)
        return refused.type


@pytest.fixture
async def door(toybox: House) -> Door:
    return Door(toybox)


async def test_a_key_speaks_for_its_account_and_workspace(toybox: House, door: Door) -> None:
    key, workspace_id = await admit(toybox, role="editor")
    identity = await door.identify(key.text)

    assert identity.workspace_id == workspace_id
    assert (identity.workspace_name, identity.timezone) == ("Next door", "Asia/Tokyo")
    assert (identity.account_name, identity.role) == ("Newcomer", Role.EDITOR)
    assert (identity.scopes, identity.key_id) == (None, key.id)


@pytest.mark.parametrize(
    ("of_account", "of_key", "scopes"),
    [
        (None, None, None),
        (["toys:read", "toys:write"], None, {"toys:read", "toys:write"}),
        (None, ["toys:read"], {"toys:read"}),
        (["toys:read", "toys:write"], ["toys:write", "games:read"], {"toys:write"}),
        (["toys:read"], ["games:read"], set()),
        ([], None, set()),
    ],
)
async def test_both_lists_of_scopes_narrow(
    toybox: House,
    door: Door,
    of_account: list[str] | None,
    of_key: list[str] | None,
    scopes: set[str] | None,
) -> None:
    key = await key_of(toybox, scopes=of_account, key_scopes=of_key)
    identity = await door.identify(key)

    assert identity.scopes == scopes


async def test_a_key_with_a_wrong_check_is_refused_without_a_look_up(
    toybox: House, door: Door
) -> None:
    wrong = toybox.key[:-1] + ("0" if toybox.key[-1] != "0" else "1")

    assert await door.refusal(wrong) is InvalidAPIKey
    assert door.db.asked == 0


async def test_a_key_that_nobody_has_is_refused(door: Door) -> None:
    assert await door.refusal(make_key("live").text) is InvalidAPIKey
    assert door.db.asked > 0


async def test_a_key_with_another_secret_is_refused(toybox: House, door: Door) -> None:
    key, _ = await admit(toybox)
    other = Key(key.environment, key.id, make_key("live").secret)

    assert await door.refusal(other.text) is InvalidAPIKey


@pytest.mark.parametrize("text", ["", " ", "x", "hal_live_", "\udcff", "é" * 100, "\0"])
async def test_what_is_no_key_at_all_is_refused_too(door: Door, text: str) -> None:
    assert await door.refusal(text) is InvalidAPIKey


async def test_a_revoked_key_is_refused(toybox: House, door: Door) -> None:
    key, _ = await admit(toybox)
    await revoke(toybox, key.id)

    assert await door.refusal(key.text) is InvalidAPIKey


async def test_a_key_is_good_until_it_expires(toybox: House, door: Door) -> None:
    key = await key_of(toybox, expires_at=NOON + timedelta(hours=1))
    good = await door.identify(key)
    toybox.clock.now = NOON + timedelta(hours=1)
    door.seconds += 0.5

    assert good.account_name == "Newcomer"
    assert await door.refusal(key) is InvalidAPIKey


async def test_a_suspended_workspace_is_told_so(toybox: House, door: Door) -> None:
    key, workspace_id = await admit(toybox)
    await suspend(toybox, workspace_id)

    assert await door.refusal(key.text) is WorkspaceSuspended


async def test_a_revoked_key_of_a_suspended_workspace_is_just_invalid(
    toybox: House, door: Door
) -> None:
    key, workspace_id = await admit(toybox)
    await suspend(toybox, workspace_id)
    await revoke(toybox, key.id)

    assert await door.refusal(key.text) is InvalidAPIKey


async def test_a_good_key_is_remembered_for_less_than_half_a_second(
    toybox: House, door: Door
) -> None:
    key, _ = await admit(toybox)
    first = await door.identify(key.text)
    asked = door.db.asked
    await revoke(toybox, key.id)
    door.seconds += 0.499
    remembered = await door.identify(key.text)

    assert (remembered, door.db.asked) == (first, asked)

    door.seconds += 0.001

    assert await door.refusal(key.text) is InvalidAPIKey


async def test_a_suspension_is_noticed_after_half_a_second(toybox: House, door: Door) -> None:
    key, workspace_id = await admit(toybox)
    await door.identify(key.text)
    await suspend(toybox, workspace_id)
    door.seconds += 0.5

    assert await door.refusal(key.text) is WorkspaceSuspended


async def test_being_used_does_not_keep_a_key_remembered(toybox: House, door: Door) -> None:
    key, _ = await admit(toybox)
    await door.identify(key.text)
    await revoke(toybox, key.id)
    door.seconds += 0.3
    await door.identify(key.text)
    door.seconds += 0.3

    assert await door.refusal(key.text) is InvalidAPIKey


async def test_a_bad_key_is_looked_up_each_time(toybox: House, door: Door) -> None:
    key, _ = await admit(toybox)
    await revoke(toybox, key.id)
    await door.refusal(key.text)
    asked = door.db.asked
    await door.refusal(key.text)

    assert door.db.asked == 2 * asked


async def _work(door: Door, key: Key) -> tuple[int, Counter[str]]:
    """The questions, and the hashes and comparisons, that it takes to refuse the key."""
    work, asked = Counter[str](), door.db.asked

    def note(_: object, event: str, called: object) -> None:
        name = getattr(called, "__name__", "")
        if event == "c_call" and ("sha256" in name or name == "compare_digest"):
            work[name] += 1

    sys.setprofile(note)
    try:
        assert await door.refusal(key.text) is InvalidAPIKey
    finally:
        sys.setprofile(None)
    return door.db.asked - asked, work


async def test_a_key_that_nobody_has_takes_the_same_work_as_one_that_is_no_good(
    toybox: House, door: Door
) -> None:
    revoked, workspace_id = await admit(toybox)
    await revoke(toybox, revoked.id)
    expired = await add_account(toybox, workspace_id, expires_at=NOON)
    wrong = Key("live", toybox.key[9:21], make_key("live").secret)

    asked, work = await _work(door, make_key("live"))

    assert asked == work["compare_digest"] == 1
    assert sum(work.values()) == 3  # the key is hashed to be remembered, its secret to be compared
    for each in (revoked, expired, wrong):
        assert await _work(door, each) == (asked, work)


async def test_callers_who_come_at_once_share_one_look_up(toybox: House, door: Door) -> None:
    identities = await asyncio.gather(*(door.identify(toybox.key) for _ in range(20)))

    assert len(set(identities)) == 1
    assert door.db.asked == 1


async def test_a_caller_who_leaves_does_not_end_the_look_up_of_the_others(
    toybox: House, door: Door
) -> None:
    leaver = asyncio.create_task(door.identify(toybox.key))
    other = asyncio.create_task(door.identify(toybox.key))
    await asyncio.sleep(0)
    leaver.cancel()

    assert (await other).account_name == "Owner"
    assert leaver.cancelled()


async def test_look_ups_are_bounded_whether_their_callers_wait_or_left(toybox: House) -> None:
    db = toybox.gateway.database.reader
    authenticator = Authenticator(db, now=toybox.clock, clock=lambda: 100.0, asking_max=2)
    unknown = [make_key("live").text for _ in range(2)]
    leavers = [asyncio.create_task(authenticator.identify(key)) for key in unknown]
    await asyncio.sleep(0)
    for leaver in leavers:
        leaver.cancel()
    with pytest.raises(Overloaded):
        await authenticator.identify(toybox.key)
    for key in unknown:  # to share a look-up that runs is no other one
        with pytest.raises(InvalidAPIKey):
            await authenticator.identify(key)

    assert (await authenticator.identify(toybox.key)).account_name == "Owner"


HERE, ELSEWHERE = "192.0.2.7", "198.51.100.1"


@pytest.mark.parametrize(
    ("of_account", "of_key", "good"),
    [
        (None, None, True),
        (["192.0.2.0/24"], None, True),
        (None, ["192.0.2.7"], True),
        (["192.0.2.0/24"], ["192.0.0.0/16"], True),
        (["10.0.0.0/8"], None, False),
        (None, ["10.0.0.0/8", "2001:db8::/32"], False),
        (["192.0.2.0/24"], ["10.0.0.0/8"], False),
        (["10.0.0.0/8"], ["192.0.2.0/24"], False),
    ],
)
async def test_a_key_is_good_from_the_addresses_of_both_lists(
    toybox: House,
    door: Door,
    of_account: list[str] | None,
    of_key: list[str] | None,
    *,
    good: bool,
) -> None:
    key = await key_of(toybox, allowed_ips=of_account, key_ips=of_key)

    for _ in range(2):  # looked up, and remembered
        if good:
            assert (await door.identify(key, HERE)).account_name == "Newcomer"
        else:
            with pytest.raises(InvalidAPIKey):
                await door.identify(key, HERE)


async def test_a_remembered_key_is_held_to_its_addresses(toybox: House, door: Door) -> None:
    key = await key_of(toybox, key_ips=["192.0.2.0/24"])
    await door.identify(key, HERE)

    for address in (ELSEWHERE, "", "unix:"):
        with pytest.raises(InvalidAPIKey):
            await door.identify(key, address)
    asked = door.db.asked
    assert (await door.identify(key, f"::ffff:{HERE}")).account_name == "Newcomer"
    assert door.db.asked == asked


async def test_from_elsewhere_a_good_key_takes_as_long_as_a_bad_one(
    toybox: House, door: Door
) -> None:
    key, _ = await admit(toybox, allowed_ips=[HERE])
    for _ in range(3):
        with pytest.raises(InvalidAPIKey):
            await door.identify(key.text, ELSEWHERE)

    assert door.db.asked == 3


async def test_a_call_from_within_comes_from_anywhere(toybox: House, door: Door) -> None:
    key = await key_of(toybox, allowed_ips=["10.0.0.0/8"])

    assert (await door.identify(key, None)).account_name == "Newcomer"


async def test_from_elsewhere_not_even_a_suspension_is_told(toybox: House, door: Door) -> None:
    key, workspace_id = await admit(toybox, key_ips=["10.0.0.0/8"])
    await suspend(toybox, workspace_id)

    with pytest.raises(InvalidAPIKey):
        await door.identify(key.text, HERE)
    with pytest.raises(WorkspaceSuspended):
        await door.identify(key.text, "10.1.2.3")


@pytest.mark.parametrize("of", ["key_id", "account_id", "workspace_id"])
async def test_what_is_forgotten_is_looked_up_anew(toybox: House, door: Door, of: str) -> None:
    key, _ = await admit(toybox)
    identity = await door.identify(key.text)
    await door.identify(toybox.key)
    await revoke(toybox, key.id)
    asked = door.db.asked

    door.authenticator.forget(getattr(identity, of))

    assert await door.refusal(key.text) is InvalidAPIKey
    assert (await door.identify(toybox.key)).account_name == "Owner"
    assert door.db.asked == asked + 1


class Held(Queries):
    """The reader of a house, which answers when the test says so."""

    def __init__(self, house: House) -> None:
        self._reader = house.gateway.database.reader
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        found = await self._reader.all(statement, **values)
        self.asked.set()
        await self.go_on.wait()
        return found


async def test_what_was_read_before_a_revocation_is_not_remembered_after_it(
    toybox: House,
) -> None:
    db = Held(toybox)
    authenticator = Authenticator(db, now=toybox.clock, clock=lambda: 100.0)
    key, _ = await admit(toybox)
    early = asyncio.create_task(authenticator.identify(key.text))
    await db.asked.wait()
    await revoke(toybox, key.id)
    authenticator.forget(key.id)

    late = asyncio.create_task(authenticator.identify(key.text))
    await asyncio.sleep(0)
    db.go_on.set()

    assert (await early).account_name == "Newcomer"
    with pytest.raises(InvalidAPIKey):
        await late
    with pytest.raises(InvalidAPIKey):
        await authenticator.identify(key.text)


async def test_a_key_is_not_remembered_beyond_its_end(toybox: House, door: Door) -> None:
    key = await key_of(toybox, expires_at=NOON + timedelta(seconds=0.2))
    await door.identify(key)
    toybox.clock.now = NOON + timedelta(seconds=0.3)
    door.seconds += 0.2

    assert await door.refusal(key) is InvalidAPIKey

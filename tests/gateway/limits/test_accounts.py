"""What an account may call: its own window and the action's, both or neither."""

import asyncio
import time

import pytest

from gateway.envelope import Envelope
from gateway.registry import RegistrationError, Registry, Section
from gateway.settings import SettingsError
from tests.conftest import OpenHouse
from tests.gateway.calls import envelope_of
from tests.gateway.limits import shop
from tests.support.house import House
from tests.support.people import add_account, add_workspace, key_of


def told(envelope: Envelope) -> dict[str, str]:
    """The headers that tell of a limit, by the end of their names."""
    names = ("RateLimit-", "Retry-After")
    return {
        name.removeprefix("RateLimit-"): value
        for name, value in envelope.headers
        if name.startswith(names)
    }


def code(envelope: Envelope) -> str:
    return envelope.code or envelope.status


async def codes(house: House, path: str, key: str, times: int) -> list[str]:
    return [code(await envelope_of(house, path, key=key)) for _ in range(times)]


async def test_an_account_may_call_as_often_as_its_window_holds(market: House) -> None:
    key = await key_of(market)

    assert await codes(market, "shop/look", key, 7) == ["success"] * 5 + ["RateLimited"] * 2


async def test_an_account_has_one_window_whatever_its_keys_and_others_have_their_own(
    market: House,
) -> None:
    workspace = await add_workspace(market)
    one, other = [(await add_account(market, workspace)).text for _ in range(2)]
    await codes(market, "shop/look", one, 5)

    assert await codes(market, "shop/look", one, 1) == ["RateLimited"]
    assert await codes(market, "shop/look", other, 1) == ["success"]


async def test_who_is_refused_is_told_when_there_is_room_again(market: House) -> None:
    key = await key_of(market)
    await codes(market, "shop/look", key, 5)
    envelope = await envelope_of(market, "shop/look", key=key)

    data = envelope.parsed()["data"]
    retry_after = data.pop("retry_after")
    assert data == {
        "code": "RateLimited",
        "message": f"Too many calls; there is room again in {retry_after} seconds.",
        "retryable": True,
    }
    assert 55 < retry_after <= 60.001
    assert told(envelope) == {
        "Limit": "5",
        "Remaining": "0",
        "Reset": told(envelope)["Reset"],
        "Policy": "5;w=60",
        "Retry-After": str(-int(-retry_after // 1)),
    }
    assert (envelope.http_status, envelope.mirrored) == (200, 429)


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        ({"name": "Ada"}, "success"),
        ({"name": "none"}, "SoldOut"),
        ({"name": "fire"}, "InternalServerError"),
        ({"name": ""}, "parameter-error"),
        ({"text": b"{"}, "MalformedRequest"),
    ],
)
async def test_every_answer_to_a_limited_account_tells_of_its_limit(
    market: House, sent: dict[str, str], outcome: str
) -> None:
    key = await key_of(market)
    await envelope_of(market, "shop/look", key=key)
    envelope = await envelope_of(market, "shop/look", key=key, **sent)

    assert code(envelope) == outcome
    assert told(envelope) == {
        "Limit": "5", "Remaining": "3", "Reset": "60", "Policy": "5;w=60"
    }  # fmt: skip


async def test_who_lacks_permission_is_told_of_the_limit_and_not_counted(market: House) -> None:
    key = await key_of(market, role="viewer")
    denied = [await envelope_of(market, "shop/order", key=key) for _ in range(6)]

    assert {code(each) for each in denied} == {"PermissionDenied"}
    assert told(denied[5]) == {"Limit": "5", "Remaining": "5", "Reset": "0", "Policy": "5;w=60"}


async def test_without_a_key_nothing_is_counted_and_nothing_told(market: House) -> None:
    key = await key_of(market)
    rung = [await envelope_of(market, "shop/ring", key=key) for _ in range(7)]

    assert {(code(each), *told(each)) for each in rung} == {("success",)}


async def test_the_first_account_has_no_limit_and_is_told_of_none(market: House) -> None:
    envelopes = [await envelope_of(market, path) for path in ("shop/look", "shop/reserve") * 5]

    assert {(code(each), *told(each)) for each in envelopes} == {("success",)}


@pytest.mark.parametrize(
    ("own", "outcomes"),
    [("2/60", ["success"] * 2 + ["RateLimited"] * 5), ("off", ["success"] * 7)],
)
async def test_an_account_can_have_its_own_limit_or_none(
    market: House, own: str, outcomes: list[str]
) -> None:
    assert await codes(market, "shop/look", await key_of(market, rate_limit=own), 7) == outcomes


async def test_with_the_limit_off_only_actions_have_theirs(open_house: OpenHouse) -> None:
    house = await open_house(sections=(shop.section,), rate_limit="off")
    key = await key_of(house)
    looked = await envelope_of(house, "shop/look", key=key)
    reserved = await envelope_of(house, "shop/reserve", key=key)

    assert told(looked) == {}
    assert told(reserved) == {"Limit": "2", "Remaining": "1", "Reset": "60", "Policy": "2;w=60"}


async def test_a_dear_action_counts_for_more(market: House) -> None:
    key = await key_of(market)
    first = await envelope_of(market, "shop/order", key=key)

    assert told(first)["Remaining"] == "2"
    assert await codes(market, "shop/order", key, 1) == ["RateLimited"]
    assert await codes(market, "shop/look", key, 3) == ["success", "success", "RateLimited"]


async def test_what_costs_nothing_is_never_refused(market: House) -> None:
    key = await key_of(market)
    await codes(market, "shop/look", key, 6)

    assert await codes(market, "shop/browse", key, 9) == ["success"] * 9


async def test_an_actions_own_window_does_not_eat_into_the_accounts(market: House) -> None:
    key = await key_of(market)
    reserved = await codes(market, "shop/reserve", key, 9)

    assert reserved == ["success"] * 2 + ["RateLimited"] * 7
    assert await codes(market, "shop/look", key, 4) == ["success"] * 3 + ["RateLimited"]


async def test_a_call_that_the_account_may_not_make_leaves_the_actions_window_alone(
    open_house: OpenHouse,
) -> None:
    house = await open_house(sections=(shop.section,), rate_limit="1/1")
    key = await key_of(house)
    first = await codes(house, "shop/reserve", key, 5)
    await asyncio.sleep(1.1)
    later = await codes(house, "shop/reserve", key, 1)

    assert first == ["success"] + ["RateLimited"] * 4
    assert later == ["success"]


async def test_settings_limit_actions_beside_or_instead_of_what_they_declare(
    open_house: OpenHouse,
) -> None:
    limits = {"shop/look": "1/60", "shop/reserve": "off"}
    house = await open_house(sections=(shop.section,), rate_limit="5/60", rate_limits=limits)
    key = await key_of(house)

    assert await codes(house, "shop/look", key, 2) == ["success", "RateLimited"]
    assert await codes(house, "shop/reserve", key, 5) == ["success"] * 4 + ["RateLimited"]


@pytest.mark.parametrize("path", ["shop/loook", "shop/ring", "nothing/here"])
async def test_a_limit_for_what_cannot_have_one_is_refused_at_the_start(
    open_house: OpenHouse, path: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        await open_house(sections=(shop.section,), rate_limits={path: "1/60"})

    assert str(refused.value) == (
        f"The setting rate_limits cannot be used: {path} is no action that needs a key."
    )


class Endless(shop.Look):
    """Has a limit that is none."""

    limit = "many"


class Cheaper(shop.Look):
    """Costs less than nothing."""

    cost = -1


class Impossible(shop.Look):
    """Costs more than its limit allows."""

    cost, limit = 3, "2/60"


class Nobodys(shop.Ring):
    """Limits nobody."""

    limit = "2/60"


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        (Endless, "shop/endless: A limit is calls/seconds, such as 100/60, or off."),
        (Cheaper, "shop/cheaper: a call cannot cost less than nothing"),
        (Impossible, "shop/impossible: its limit allows no call"),
        (Nobodys, "shop/nobodys: who needs no key has no rate limit"),
    ],
)
def test_an_action_declares_a_limit_that_can_be_kept(action: type[shop.Look], problem: str) -> None:
    with pytest.raises(RegistrationError) as refused:
        Registry((Section("shop", "A shop", actions=(action,)),))

    assert str(refused.value) == problem


async def test_with_limit_wait_a_caller_waits_and_nobody_waits_for_what_is_not_theirs(
    open_house: OpenHouse,
) -> None:
    house = await open_house(
        door="http",
        sections=(shop.section,),
        rate_limit="100/60",
        rate_limits={"shop/reserve": "1/1"},
        limit_wait=True,
    )
    key = await key_of(house)

    async def timed(path: str) -> tuple[str, float]:
        begun = time.monotonic()
        answer = await house.send(path, key=key, name="Ada")
        return answer["data"].get("code", "success"), time.monotonic() - begun

    first, _ = await timed("shop/reserve")
    two = [asyncio.create_task(timed("shop/reserve")) for _ in range(2)]
    (refused,), (waiting,) = await asyncio.wait(two, return_when=asyncio.FIRST_COMPLETED)
    others = [await timed("shop/look") for _ in range(3)]
    last, seconds = await waiting

    assert (first, refused.result()[0], last) == ("success", "RateLimited", "success")
    assert {outcome for outcome, _ in others} == {"success"}
    assert seconds > 0.9
    assert max(each for _, each in others) < 0.5

"""Failed authentications: an address may show so many bad keys; a good key always passes."""

import pytest

from gateway.access.keys import make_key
from gateway.envelope import Envelope
from tests.gateway.calls import call_of
from tests.gateway.limits.test_accounts import code, told
from tests.support.house import House
from tests.support.people import admit, revoke

HERE, THERE = "192.0.2.1", "192.0.2.2"


async def tried(house: House, key: str | None, address: str | None = HERE) -> Envelope:
    call = call_of(house, "shop/look", key=key)
    call.address = address
    return await house.gateway.pipeline.answer(call)


async def codes(house: House, key: str | None, times: int, address: str | None = HERE) -> list[str]:
    return [code(await tried(house, key, address)) for _ in range(times)]


async def test_after_twenty_bad_keys_in_a_minute_an_address_is_refused(market: House) -> None:
    assert await codes(market, "bad", 22) == ["InvalidAPIKey"] * 20 + ["RateLimited"] * 2
    assert await codes(market, "bad", 1, THERE) == ["InvalidAPIKey"]


async def test_whoever_is_refused_is_told_for_how_long_and_nothing_else(market: House) -> None:
    await codes(market, "bad", 20)
    envelope = await tried(market, "bad")

    assert list(envelope.parsed()["data"]) == ["code", "message", "retryable", "retry_after"]
    assert 55 < envelope.parsed()["data"]["retry_after"] <= 60.001
    assert list(told(envelope)) == ["Retry-After"]


async def test_a_good_key_always_passes(market: House) -> None:
    await codes(market, "bad", 25)

    assert await codes(market, market.key, 3) == ["success"] * 3
    assert await codes(market, "bad", 1) == ["RateLimited"]


async def test_a_call_without_a_key_is_no_failure(market: House) -> None:
    assert await codes(market, None, 25) == ["AccessDenied"] * 25


async def test_all_kinds_of_bad_keys_count_and_look_the_same(market: House) -> None:
    revoked, _ = await admit(market)
    await revoke(market, revoked.id)
    kinds = ["nonsense", make_key("live").text, revoked.text, revoked.text[:-1] + "!"]
    first = [await tried(market, kinds[number % 4]) for number in range(20)]
    later = [await tried(market, kind) for kind in kinds]

    assert {code(each) for each in first} == {"InvalidAPIKey"}
    assert {code(each) for each in later} == {"RateLimited"}


@pytest.mark.parametrize(
    ("addresses", "outcome"),
    [
        (("2001:db8::1", "2001:db8::ffff:1"), "RateLimited"),
        (("2001:db8::1", "2001:0db8:0:0:1::"), "RateLimited"),
        (("2001:db8::1", "2001:db8:0:1::1"), "InvalidAPIKey"),
        (("192.0.2.1", "::ffff:192.0.2.1"), "RateLimited"),
        (("fe80::1%eth0", "fe80::2%eth0"), "RateLimited"),
        (("somewhere", "somewhere"), "RateLimited"),
    ],
)
async def test_whoever_has_an_address_has_its_network(
    market: House, addresses: tuple[str, str], outcome: str
) -> None:
    one, other = addresses
    await codes(market, "bad", 20, one)

    assert await codes(market, "bad", 1, other) == [outcome]


async def test_calls_from_within_have_no_address_and_no_limit(market: House) -> None:
    assert await codes(market, "bad", 25, None) == ["InvalidAPIKey"] * 25

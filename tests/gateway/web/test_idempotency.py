"""The Idempotency-Key header of an HTTP request."""

from tests.gateway.web.wire import Wire, json_request
from tests.support.house import House

KEEP = "/api/v1/toys/keep"


async def test_the_header_makes_a_write_run_once(house: House, wire: Wire) -> None:
    sent = json_request(
        KEEP, sent={"name": "pear"}, Authorization=f"Bearer {house.key}", Idempotency_Key="a~!"
    )
    first, second = await wire.call(sent), await wire.call(sent)

    assert second.envelope["data"] == first.envelope["data"]
    assert "idempotent_replay" not in first.envelope["flags"]
    assert second.envelope["flags"]["idempotent_replay"] is True


async def test_a_header_that_is_no_key_is_malformed(house: House, wire: Wire) -> None:
    sent = json_request(KEEP, Authorization=f"Bearer {house.key}", Idempotency_Key="a b")

    assert (await wire.call(sent)).code == "MalformedRequest"

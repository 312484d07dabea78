"""Where a call comes from is where its connection comes from."""

import pytest

from tests.gateway.web.wire import Wire, json_request
from tests.support.house import House
from tests.support.people import key_of

THINGS = "/api/v1/toys/things"


@pytest.mark.parametrize(
    ("ranges", "code"),
    [
        (["127.0.0.0/8"], "success"),
        (["127.0.0.1"], "success"),
        (["10.0.0.0/8", "::/0"], "InvalidAPIKey"),
    ],
)
async def test_a_key_is_held_to_the_addresses_of_its_callers(
    house: House, wire: Wire, ranges: list[str], code: str
) -> None:
    key = await key_of(house, allowed_ips=ranges)
    request = json_request(THINGS, Authorization=f"Bearer {key}", **{"X-Forwarded-For": "10.0.0.1"})

    answers = [await wire.call(request) for _ in range(2)]

    assert {answer.code for answer in answers} == {code}

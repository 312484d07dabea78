"""The order of checks: of all that is wrong with a call, the first of them answers."""

import pytest

from tests.gateway.web.wire import Wire, request
from tests.support.house import House
from tests.support.people import key_of

HUGE = "99999999"
TEXT = {"Content_Type": "text/plain", "Content_Length": HUGE}
LONG = {"Content_Type": "application/json", "Content_Length": HUGE}
NOBODY, KEEP = "/api/v1/toys/nothing", "/api/v1/toys/keep_and_refuse"
BROKEN = b"{"


def call(path: str, body: bytes, authorization: str = "none") -> bytes:
    return request(path, body, Content_Type="application/json", Authorization=authorization)


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        (request("/nowhere", method="GET", **TEXT), "UnknownPath"),
        (request(NOBODY, method="GET", **TEXT), "MethodNotAllowed"),
        (request(NOBODY, **TEXT), "UnsupportedMediaType"),
        (request(NOBODY, Content_Encoding="gzip", **LONG), "UnsupportedMediaType"),
        (request(NOBODY, **LONG), "PayloadTooLarge"),
        (call(NOBODY, BROKEN), "UnknownAction"),
        (call(KEEP, BROKEN), "AccessDenied"),
        (call(KEEP, BROKEN, "Bearer nonsense"), "InvalidAPIKey"),
    ],
)
async def test_the_first_check_that_fails_answers(wire: Wire, sent: bytes, outcome: str) -> None:
    assert (await wire.call(sent)).code == outcome


@pytest.mark.parametrize(
    ("role", "body", "outcome"),
    [
        ("viewer", BROKEN, "PermissionDenied"),
        ("editor", BROKEN, "MalformedRequest"),
        ("editor", b'{"name":""}', "parameter-error"),
        ("editor", b'{"name":"pear"}', "TooSour"),
    ],
)
async def test_the_checks_after_the_key_follow_in_order(
    house: House, wire: Wire, role: str, body: bytes, outcome: str
) -> None:
    key = await key_of(house, role=role)

    assert (await wire.call(call(KEEP, body, f"Bearer {key}"))).code == outcome


@pytest.mark.parametrize("wanted", ["0", "-1", "60001", "1.5", "", "abc", "1e3", "٣", "+5", " "])
async def test_a_timeout_is_a_whole_number_of_milliseconds(house: House, wanted: str) -> None:
    assert house.session is not None
    url, headers = f"{house.url}/api/v1/toys/greet", {"X-Timeout-Ms": wanted}
    async with house.session.post(url, headers=headers) as response:
        envelope = await response.json()

    assert envelope["data"]["code"] == "MalformedRequest"
    assert envelope["data"]["message"] == "X-Timeout-Ms is a whole number from 1 to 60000."


async def test_a_timeout_that_is_not_reached_is_not_noticed(wire: Wire) -> None:
    answer = await wire.call(request(X_Timeout_Ms="60000"))

    assert answer.code == "success"


async def test_a_timeout_that_is_reached_ends_the_call(wire: Wire) -> None:
    answer = await wire.call(request("/api/v1/toys/wait", X_Timeout_Ms="1"))

    assert answer.status == 200
    assert answer.code == "DeadlineExceeded"

"""Pages of other origins may call when the operator allows them, and not otherwise."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.web.wire import HttpAnswer, Wire, json_request, request, wired

OURS, THEIRS = "https://app.example", "https://evil.example"
ASKED = {
    "Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id", "X-Timeout-Ms", "Prefer",
    "traceparent",
}  # fmt: skip


@pytest.fixture
async def allowing(open_house: OpenHouse) -> AsyncIterator[Wire]:
    """A connection to a gateway that two origins may call."""
    origins = (OURS, "https://other.example")
    house = await open_house(door="http", sections=(toys.section,), cors_origins=origins)
    async with wired(house) as connected:
        yield connected


@pytest.fixture
async def open_to_all(open_house: OpenHouse) -> AsyncIterator[Wire]:
    """A connection to a gateway that every origin may call."""
    house = await open_house(door="http", sections=(toys.section,), cors_origins=("*",))
    async with wired(house) as connected:
        yield connected


def cors(answer: HttpAnswer) -> dict[str, str]:
    """The headers by which browsers decide."""
    return {
        name: value
        for name, value in answer.headers.items()
        if name.startswith("Access-Control") or name in ("Vary", "Allow")
    }


def preflight(origin: str | None) -> bytes:
    headers = {} if origin is None else {"Origin": origin}
    return request(method="OPTIONS", Access_Control_Request_Method="POST", **headers)


async def test_a_page_of_an_allowed_origin_may_call(allowing: Wire) -> None:
    answer = await allowing.call(json_request(Origin=OURS))

    assert answer.code == "success"
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert answer.headers["Vary"] == "Origin"
    shown = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert shown >= {"X-Request-Id", "Gateway-Status", "Retry-After"}
    assert shown >= {f"RateLimit-{name}" for name in ("Limit", "Remaining", "Reset", "Policy")}


@pytest.mark.parametrize(
    "sent",
    [
        json_request(sent={"name": ""}, Origin=OURS),
        json_request("/api/v1/toys/keep", Origin=OURS),
        request("/nowhere", Origin=OURS),
        request(method="PUT", Origin=OURS),
    ],
)
async def test_it_can_read_refusals_too(allowing: Wire, sent: bytes) -> None:
    answer = await allowing.call(sent)

    assert answer.headers["Access-Control-Allow-Origin"] == OURS


@pytest.mark.parametrize("origin", [THEIRS, "https://app.example.evil.example", "null", "", "*"])
async def test_a_page_of_another_origin_learns_nothing(allowing: Wire, origin: str) -> None:
    answer = await allowing.call(json_request(Origin=origin))
    asked = await allowing.call(preflight(origin))

    assert cors(answer) == {"Vary": "Origin"}
    assert cors(asked) == {"Vary": "Origin", "Allow": "POST, OPTIONS"}


async def test_the_question_before_the_call_is_answered(allowing: Wire) -> None:
    answer = await allowing.call(preflight(OURS))

    assert answer.line == "HTTP/1.1 204 No Content"
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert set(answer.headers["Access-Control-Allow-Headers"].split(", ")) == ASKED
    assert answer.headers["Access-Control-Max-Age"] == "86400"
    assert answer.headers["Vary"] == "Origin"


async def test_every_origin_may_call_if_the_operator_says_so(open_to_all: Wire) -> None:
    answer = await open_to_all.call(json_request(Origin=THEIRS))
    asked = await open_to_all.call(preflight(THEIRS))

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert asked.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("origin", ["\xff", "https://\xe4.example", "\xed\xa0\x80"])
async def test_an_origin_of_odd_bytes_is_answered_like_any_other(
    open_to_all: Wire, origin: str
) -> None:
    answer = await open_to_all.call(json_request(Origin=origin))

    assert answer.code == "success"


async def test_by_default_nothing_is_said_of_origins(wire: Wire) -> None:
    answer = await wire.call(json_request(Origin=OURS))
    asked = await wire.call(preflight(OURS))

    assert cors(answer) == {}
    assert cors(asked) == {"Allow": "POST, OPTIONS"}
    assert asked.status == 204


@pytest.mark.parametrize("path", ["/api/v1/toys/greet", "/api/v1/toys/nothing"])
async def test_the_answer_to_options_is_empty(wire: Wire, path: str) -> None:
    asked = await wire.call(request(path, method="OPTIONS"))
    after = await wire.call(json_request())

    assert (asked.status, asked.body) == (204, b"")
    assert "Content-Length" not in asked.headers  # RFC 9110, 8.6: a 204 has none
    assert after.code == "success"

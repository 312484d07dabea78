"""A body is never longer than its limit and never later than its time, however it is sent."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.web.wire import (
    GREET,
    LAST_CHUNK,
    Wire,
    chunk,
    chunked_head,
    json_request,
    request,
    wired,
)
from tests.support.house import House

JSON = "application/json"
ADA = b'{"name":"Ada"}'
BRIEF = "/api/v1/toys/brief"


@pytest.fixture
async def narrow(open_house: OpenHouse) -> AsyncIterator[Wire]:
    """A connection to a gateway whose bodies have at most 1,024 bytes."""
    house = await open_house(door="http", sections=(toys.section,), body_limit=1024)
    async with wired(house) as connected:
        yield connected


def padded(length: int) -> bytes:
    """An object of so many bytes."""
    return b"{" + b" " * (length - 2) + b"}"


@pytest.mark.parametrize("length", [1023, 1024])
async def test_a_body_up_to_the_limit_is_read(narrow: Wire, length: int) -> None:
    assert (await narrow.call(request(GREET, padded(length), Content_Type=JSON))).code == "success"


async def test_a_body_over_the_limit_is_refused_with_it(narrow: Wire) -> None:
    answer = await narrow.call(request(GREET, padded(1025), Content_Type=JSON))

    assert answer.status == 200
    assert answer.envelope["data"] == {
        "code": "PayloadTooLarge",
        "message": "The body is larger than the 1024 bytes that this action accepts.",
        "retryable": False,
        "limit": 1024,
    }


async def test_a_declared_length_over_the_limit_is_refused_before_the_body_comes(
    narrow: Wire,
) -> None:
    answer = await narrow.call(request(Content_Type=JSON, Content_Length="1025"))
    await narrow.send(padded(1025))

    assert answer.envelope["data"]["limit"] == 1024
    assert answer.headers["Connection"] == "close"
    assert await narrow.rest() == b""


async def test_a_form_is_limited_as_a_whole(narrow: Wire) -> None:
    form = b"params={}&other=" + b"x" * 1009
    answer = await narrow.call(
        request(GREET, form, Content_Type="application/x-www-form-urlencoded")
    )

    assert answer.code == "PayloadTooLarge"


async def test_an_actions_own_limit_counts(narrow: Wire) -> None:
    short = await narrow.call(request(BRIEF, padded(32), Content_Type=JSON))
    long = await narrow.call(request(BRIEF, padded(33), Content_Type=JSON))

    assert short.code == "success"
    assert long.envelope["data"]["limit"] == 32


@pytest.mark.parametrize("size", [1, 7, 1024])
async def test_chunks_are_put_together(narrow: Wire, size: int) -> None:
    body = padded(1024)
    chunks = [chunk(body[at : at + size]) for at in range(0, len(body), size)]
    answer = await narrow.call(chunked_head(Content_Type=JSON) + b"".join(chunks) + LAST_CHUNK)

    assert answer.code == "success"
    assert "Connection" not in answer.headers


async def test_chunks_that_come_one_by_one_are_put_together(wire: Wire) -> None:
    await wire.send(chunked_head(Content_Type=JSON))
    for byte in ADA:
        await wire.send(chunk(bytes([byte])))
    await wire.send(LAST_CHUNK)

    assert (await wire.answer()).envelope["data"] == {"name": "Ada"}


async def test_chunks_over_the_limit_are_refused_as_soon_as_they_are(narrow: Wire) -> None:
    await narrow.send(chunked_head(Content_Type=JSON), chunk(padded(1000)), chunk(padded(25)))
    answer = await narrow.answer()

    assert answer.envelope["data"]["limit"] == 1024
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize("headers", [{}, {"Content_Type": JSON}])
async def test_no_chunks_are_no_parameters(wire: Wire, headers: dict[str, str]) -> None:
    answer = await wire.call(chunked_head(**headers) + LAST_CHUNK)

    assert answer.envelope["data"] == {"name": "you"}


@pytest.mark.parametrize("headers", [{}, {"Content_Type": JSON}])
async def test_no_chunks_are_no_parameters_when_they_end_later_too(
    wire: Wire, headers: dict[str, str]
) -> None:
    await wire.send(chunked_head(Expect="100-continue", **headers))
    leave = await wire.answer()
    assert leave.line == "HTTP/1.1 100 Continue"

    answer = await wire.call(LAST_CHUNK)

    assert answer.envelope["data"] == {"name": "you"}


async def test_a_body_that_does_not_come_in_time_is_given_up(wire: Wire) -> None:
    await wire.send(request(Content_Type=JSON, Content_Length="14") + ADA[:5])
    answer = await wire.answer()

    assert answer.status == 200
    assert answer.envelope["data"] == {
        "code": "RequestTimeout",
        "message": "The body did not arrive in time.",
        "retryable": True,
    }
    assert answer.headers["Connection"] == "close"


async def test_chunks_that_do_not_end_in_time_are_given_up(wire: Wire) -> None:
    await wire.send(chunked_head(Content_Type=JSON), chunk(ADA))

    assert (await wire.answer()).code == "RequestTimeout"


@pytest.mark.parametrize("expect", ["100-continue", "100-Continue"])
async def test_a_client_that_asks_for_leave_gets_it_before_it_sends(
    wire: Wire, expect: str
) -> None:
    await wire.send(request(Content_Type=JSON, Content_Length="14", Expect=expect))
    leave = await wire.answer()
    await wire.send(ADA)
    answer = await wire.answer()

    assert leave.line == "HTTP/1.1 100 Continue"
    assert answer.envelope["data"] == {"name": "Ada"}


@pytest.mark.parametrize(
    ("path", "length", "code"),
    [
        (GREET, "99999999", "PayloadTooLarge"),
        ("/api/v1/toys/nothing", "14", "UnknownAction"),
        ("/api/v1/toys/keep", "14", "AccessDenied"),
    ],
)
async def test_a_client_that_would_be_refused_gets_no_leave(
    wire: Wire, path: str, length: str, code: str
) -> None:
    await wire.send(request(path, Content_Type=JSON, Content_Length=length, Expect="100-continue"))
    answer = await wire.answer()

    assert answer.line == "HTTP/1.1 200 OK"
    assert answer.code == code
    assert answer.headers["Connection"] == "close"


async def test_a_connection_that_breaks_in_the_middle_of_a_body_does_no_harm(house: House) -> None:
    async with wired(house) as broken:
        await broken.send(request(Content_Type=JSON, Content_Length="14") + ADA[:5])
    async with wired(house) as other:
        answer = await other.call(json_request())

    assert answer.code == "success"


async def test_a_connection_that_breaks_before_the_answer_does_no_harm(
    house: House, bench: toys.Bench
) -> None:
    async with wired(house) as broken:
        await broken.send(json_request("/api/v1/toys/wait"))
        await bench.reached()
    bench.go_on.set()
    async with wired(house) as other:
        answer = await other.call(json_request())

    assert answer.code == "success"

"""Bounds of the door: connections, heads, silence, running calls; beyond them is no work."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from gateway.web.app import HttpServer
from gateway.web.connection import HEAD_MAX
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.toys import Bench
from tests.gateway.web.wire import Wire, json_request, request, wired
from tests.support.house import House

PATIENCE = 0.4
"""Seconds that the impatient server gives a head, a silence, or an answer that nobody takes."""


@contextlib.asynccontextmanager
async def served(house: House, **bounds: float) -> AsyncIterator[House]:
    """The house behind one more server, with other bounds."""
    gateway = house.gateway
    server = HttpServer(
        gateway.pipeline,
        gateway.database,
        calls=gateway.calls,
        audit_dropped=lambda: 0,
        **cast("Any", bounds),
    )
    port = await server.start()
    house.url = urlsplit(house.url)._replace(netloc=f"127.0.0.1:{port}").geturl()
    try:
        yield house
    finally:
        await server.stop()


@pytest.fixture
async def impatient(house: House) -> AsyncIterator[House]:
    """The house behind a server that waits for nobody."""
    async with served(house, patience=PATIENCE) as made:
        yield made


async def closed_after(wire: Wire) -> float:
    """Seconds until the gateway closes the connection."""
    begun = time.monotonic()
    with contextlib.suppress(ConnectionError):
        assert await wire.rest() == b""
    return time.monotonic() - begun


async def test_a_connection_too_many_is_closed_before_it_can_speak(open_house: OpenHouse) -> None:
    house = await open_house(door="http", sections=(toys.section,), max_connections=2)
    async with wired(house) as one, wired(house) as other:
        await one.call(json_request())
        await other.call(json_request())
        async with wired(house) as third:
            assert await closed_after(third) < 1
        assert (await one.call(json_request())).code == "success"

    events = [line["event"] for line in house.log.lines]
    assert events.count("connections.full") == 1


async def test_a_connection_that_ends_makes_room(open_house: OpenHouse) -> None:
    house = await open_house(door="http", sections=(toys.section,), max_connections=1)
    for _ in range(5):
        async with wired(house) as wire:
            answer = await wire.call(json_request(Connection="close"))
            await wire.rest()
        await asyncio.sleep(0.05)
        assert answer.code == "success"


async def test_a_silent_connection_is_closed(impatient: House) -> None:
    async with wired(impatient) as wire:
        assert 0.3 < await closed_after(wire) < 1


async def test_a_head_that_drips_is_given_up_however_steadily_it_does(impatient: House) -> None:
    async with wired(impatient) as wire:
        begun = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for byte in request(X_Long="a" * 200):
                await wire.send(bytes([byte]))
                await asyncio.sleep(0.02)
        assert 0.3 < time.monotonic() - begun < 1.5


async def test_the_head_of_a_later_request_may_take_no_longer(impatient: House) -> None:
    async with wired(impatient) as wire:
        for _ in range(3):
            await asyncio.sleep(PATIENCE / 2)
            assert (await wire.call(json_request())).code == "success"
        await wire.send(b"POST /api")
        assert 0.2 < await closed_after(wire) < 1


async def call_without_end(house: House) -> None:
    """Send calls and take no answer, until the connection is closed."""
    loop, batch = asyncio.get_running_loop(), json_request() * 100
    parts = urlsplit(house.url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
        await loop.sock_connect(connection, (parts.hostname, parts.port))
        while True:
            await loop.sock_sendall(connection, batch)


async def test_an_answer_that_nobody_takes_is_given_up(impatient: House) -> None:
    begun = time.monotonic()
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(call_without_end(impatient), 20)

    assert time.monotonic() - begun > 0.3


async def test_answers_that_nobody_takes_are_given_up_before_they_take_memory(house: House) -> None:
    async with served(house, patience=60, untaken_max=10_000) as patient:
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(call_without_end(patient), 20)


async def test_a_head_that_does_not_end_is_refused_before_it_takes_memory(wire: Wire) -> None:
    fields = {f"X_{number}": "a" * 8000 for number in range(3)}
    assert (await wire.call(json_request(**fields))).code == "success"

    endless = request(**{f"X_{number}": "a" * 8000 for number in range(5)})
    for at in range(0, HEAD_MAX + 1, 4096):
        await wire.send(endless[at : at + 4096])
        await asyncio.sleep(0.002)
    answer = await wire.answer()

    assert answer.line == "HTTP/1.1 400 Bad Request"
    assert answer.code == "MalformedRequest"


async def test_a_head_may_have_128_headers_and_no_more(wire: Wire, house: House) -> None:
    # Host and Content-Length are two of them.
    assert (await wire.call(request(**{f"X_{n}": "a" for n in range(126)}))).code == "success"
    async with wired(house) as other:
        answer = await other.call(request(**{f"X_{n}": "a" for n in range(127)}))

    assert answer.line == "HTTP/1.1 400 Bad Request"
    assert answer.code == "MalformedRequest"


@pytest.fixture
async def busy(open_house: OpenHouse) -> House:
    """A gateway where two calls may run."""
    return await open_house(door="http", sections=(toys.section,), max_running=2)


async def running(house: House, wires: list[Wire]) -> Bench:
    """Calls that run until the bench lets them go on, one on each connection."""
    bench: Bench = house.gateway.pipeline.shared.sections["toys"]
    for wire in wires:
        bench.arrived.clear()
        await wire.send(json_request("/api/v1/toys/wait"))
        await bench.reached()
    return bench


async def test_a_call_too_many_is_told_so_at_once_and_may_come_again(busy: House) -> None:
    async with wired(busy) as one, wired(busy) as other, wired(busy) as third:
        bench = await running(busy, [one, other])
        shed = await third.call(json_request())
        bench.go_on.set()
        served = [await one.answer(), await other.answer()]
        again = await third.call(json_request())

    assert shed.line == "HTTP/1.1 503 Service Unavailable"
    assert shed.code == "Overloaded"
    assert shed.headers["Retry-After"] == "1"
    assert [each.code for each in (*served, again)] == ["success"] * 3


async def test_probes_are_answered_under_any_load(busy: House) -> None:
    async with wired(busy) as one, wired(busy) as other, wired(busy) as third:
        bench = await running(busy, [one, other])
        alive = await third.call(request("/healthz", method="GET"))
        bench.go_on.set()
        await one.answer()
        await other.answer()

    assert alive.status == 200


async def test_whoever_still_sends_its_body_takes_no_others_place(busy: House) -> None:
    async with contextlib.AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(wired(busy)) for _ in range(10)]
        for wire in slow:
            await wire.send(request(Content_Type="application/json", Content_Length="14"))
        quick = await stack.enter_async_context(wired(busy))
        answers = [await quick.call(json_request()) for _ in range(5)]
        for wire in slow:
            await wire.send(b'{"name":"Ada"}')
        late = [await wire.answer() for wire in slow]

    assert [answer.code for answer in answers] == ["success"] * 5
    assert [answer.code for answer in late] == ["success"] * 10


async def test_bodies_that_arrive_in_part_are_bounded_in_all(open_house: OpenHouse) -> None:
    house = await open_house(door="http", sections=(toys.section,), body_timeout=5)
    head = request(Content_Type="application/json", Content_Length=str(1024 * 1024))
    part = b"{" + b" " * (1024 * 1024 - 100)
    async with contextlib.AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(wired(house)) for _ in range(70)]
        for wire in wires:
            await wire.send(head, part)
        reading = [asyncio.create_task(wire.answer()) for wire in wires]
        done, _ = await asyncio.wait(reading, timeout=2)
        for wire in wires:
            wire.close()
        await asyncio.gather(*reading, return_exceptions=True)
    async with wired(house) as wire:
        after = await wire.call(json_request())

    assert {(await each).code for each in done} == {"Overloaded"}
    assert len(done) == 6
    assert after.code == "success"

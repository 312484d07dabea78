"""Going down: what runs may finish, what comes is turned away, what takes too long is told so."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from gateway.web.app import HttpServer
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.calls import names_kept
from tests.gateway.toys import Bench
from tests.gateway.web.wire import Wire, json_request, request, wired
from tests.support.house import House

OVERLOADED = {
    "code": "Overloaded",
    "message": "The gateway is going down or has too much to do; try again in a moment.",
    "retryable": True,
}


@dataclass
class Going:
    """A server that can be stopped while the gateway behind it stays."""

    server: HttpServer
    house: House
    bench: Bench

    def call(self, path: str, name: str = "pear") -> bytes:
        authorization = f"Bearer {self.house.key}"
        return json_request(path, sent={"name": name}, Authorization=authorization)


async def going(open_house: OpenHouse, drain_seconds: float) -> Going:
    """A server that gives running calls so many seconds when it stops."""
    house = await open_house(sections=(toys.section,), drain_seconds=drain_seconds)
    pipeline = house.gateway.pipeline
    gateway = house.gateway
    server = HttpServer(pipeline, gateway.database, calls=gateway.calls, audit_dropped=lambda: 0)
    house.url = f"http://127.0.0.1:{await server.start()}"
    return Going(server, house, pipeline.shared.sections["toys"])


@pytest.fixture
async def patient(open_house: OpenHouse) -> AsyncIterator[Going]:
    """A server that waits for running calls."""
    made = await going(open_house, 60)
    yield made
    made.bench.go_on.set()
    await made.server.stop()


@pytest.fixture
async def hasty(open_house: OpenHouse) -> AsyncIterator[Going]:
    """A server that hardly waits for running calls."""
    made = await going(open_house, 0.01)
    yield made
    made.bench.go_on.set()
    await made.server.stop()


async def draining(server: HttpServer) -> "asyncio.Task[None]":
    """The stop, begun."""
    task = asyncio.create_task(server.stop())
    await asyncio.sleep(0)
    return task


async def test_a_running_call_finishes_and_its_connection_ends(patient: Going) -> None:
    async with wired(patient.house) as wire:
        await wire.send(patient.call("/api/v1/toys/keep_slowly"))
        await patient.bench.reached()
        stopping = await draining(patient.server)
        patient.bench.go_on.set()
        answer, rest = await wire.answer(), await wire.rest()
        await stopping

    assert answer.code == "success"
    assert answer.headers["Connection"] == "close"
    assert rest == b""
    assert await names_kept(patient.house) == ["pear"]


async def test_a_call_that_comes_meanwhile_is_turned_away(patient: Going) -> None:
    async with wired(patient.house) as running, wired(patient.house) as idle:
        assert (await idle.call(json_request())).code == "success"
        await running.send(json_request("/api/v1/toys/wait"))
        await patient.bench.reached()
        stopping = await draining(patient.server)
        answer = await idle.call(json_request())
        patient.bench.go_on.set()
        await stopping

    assert answer.line == "HTTP/1.1 503 Service Unavailable"
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Connection"] == "close"
    assert answer.envelope["data"] == OVERLOADED


async def test_no_new_connection_is_taken(patient: Going) -> None:
    async with wired(patient.house) as running:
        await running.send(json_request("/api/v1/toys/wait"))
        await patient.bench.reached()
        stopping = await draining(patient.server)

        with pytest.raises(OSError, match="Connect call failed"):
            async with wired(patient.house):
                pass
        patient.bench.go_on.set()
        await stopping


async def test_a_call_that_takes_too_long_is_told_that_the_gateway_goes_down(
    hasty: Going,
) -> None:
    async with wired(hasty.house) as wire:
        await wire.send(json_request("/api/v1/toys/wait"))
        await hasty.bench.reached()
        stopping = await draining(hasty.server)
        answer, rest = await wire.answer(), await wire.rest()
        await stopping

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.envelope["data"] == OVERLOADED
    assert rest == b""


async def test_a_write_that_waits_for_its_turn_too_long_changes_nothing(hasty: Going) -> None:
    async with wired(hasty.house) as first, wired(hasty.house) as second:
        await first.send(hasty.call("/api/v1/toys/keep_slowly"))
        await hasty.bench.reached()
        await second.send(hasty.call("/api/v1/toys/keep", "plum"))
        await second_is_waiting(hasty, second)
        stopping = await draining(hasty.server)
        turned_away = await second.answer()
        hasty.bench.go_on.set()
        kept = await first.answer()
        await stopping

    assert turned_away.envelope["data"] == OVERLOADED
    assert kept.code == "success"
    assert await names_kept(hasty.house) == ["pear"]


async def second_is_waiting(place: Going, wire: Wire) -> None:
    """Return when whatever was sent before has come as far as it can."""
    async with wired(place.house) as third:
        await third.call(place.call("/api/v1/toys/things"))


async def test_an_idle_server_stops_at_once_and_closes_idle_connections(patient: Going) -> None:
    async with wired(patient.house) as idle:
        await idle.call(request("/healthz", method="GET"))
        await patient.server.stop()

        assert await idle.rest() == b""


async def test_stopping_twice_is_no_problem(patient: Going) -> None:
    await patient.server.stop()
    await patient.server.stop()

    assert patient.house.log.text == ""


async def test_the_gateway_stops_its_sections_and_closes_its_database(
    open_house: OpenHouse,
) -> None:
    house = await open_house(door="http", sections=(toys.section,))
    bench: Bench = house.gateway.pipeline.shared.sections["toys"]
    await house.gateway.close()

    assert bench.stopped is True

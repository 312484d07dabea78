"""`/metrics` is for those who run the gateway; to everybody else it is not there."""

from ipaddress import ip_network

import pytest

from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.test_metrics import samples
from tests.gateway.web.wire import Wire, json_request, request, wired
from tests.support.house import House

PAGE = request("/metrics", method="GET")


async def test_who_is_on_the_machine_reads_it(wire: Wire) -> None:
    await wire.call(json_request())
    answer = await wire.call(PAGE)

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert answer.headers["Cache-Control"] == "no-store"
    found = samples(answer.body.decode())
    assert found["halyard_calls_total", "toys/greet", "success"] == 1
    assert found["halyard_open_connections",] == 1
    assert found["halyard_running_requests",] == 0


async def test_a_call_right_before_it_on_the_connection_is_counted(wire: Wire) -> None:
    await wire.send(json_request() + PAGE)
    await wire.answer()
    answer = await wire.answer()

    assert samples(answer.body.decode())["halyard_calls_total", "toys/greet", "success"] == 1


async def test_reading_it_is_no_call(house: House, wire: Wire) -> None:
    await wire.call(PAGE)
    answer = await wire.call(PAGE)

    assert b"halyard_calls_total{" not in answer.body
    assert house.log.lines == []


async def test_a_head_request_has_its_length_and_no_body(wire: Wire) -> None:
    await wire.send(request("/metrics", method="HEAD"))
    answer = await wire.answer(to_head=True)

    assert answer.status == 200
    assert int(answer.headers["Content-Length"]) > 100


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_IP", "Via"])
async def test_what_came_through_a_proxy_finds_nothing(wire: Wire, header: str) -> None:
    answer = await wire.call(request("/metrics", method="GET", **{header: "127.0.0.1"}))
    unknown = await wire.call(request("/nothing", method="GET"))

    assert (answer.status, answer.code) == (unknown.status, unknown.code) == (404, "UnknownPath")


@pytest.mark.parametrize(
    ("networks", "status"),
    [
        ((), 404),
        (("10.0.0.0/8", "::1"), 404),
        (("10.0.0.0/8", "127.0.0.1"), 200),
        (("0.0.0.0/0",), 200),
    ],
)
async def test_the_setting_says_who_may_read_it(
    open_house: OpenHouse, networks: tuple[str, ...], status: int
) -> None:
    allowed = tuple(map(ip_network, networks))
    house = await open_house(door="http", sections=(toys.section,), metrics_networks=allowed)
    async with wired(house) as wire:
        answer = await wire.call(PAGE)

    assert answer.status == status


async def test_posting_to_it_is_calling_nothing(wire: Wire) -> None:
    answer = await wire.call(request("/metrics"))

    assert (answer.status, answer.code) == (404, "UnknownPath")

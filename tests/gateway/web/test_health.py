"""Alive and ready: two pages for whoever runs the gateway."""

from urllib.parse import urlsplit

import pytest

from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.kinds import ON_POSTGRES
from tests.gateway.web.wire import Wire, request, wired
from tests.support.databases import drop_postgres


@pytest.mark.parametrize(("path", "body"), [("/healthz", b"alive"), ("/readyz", b"ready")])
async def test_a_gateway_that_works_says_so(wire: Wire, path: str, body: bytes) -> None:
    answer = await wire.call(request(path, method="GET"))

    assert answer.line == "HTTP/1.1 200 OK"
    assert answer.body == b'{"%b":true}' % body
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_head_is_the_same_without_the_body(wire: Wire, path: str) -> None:
    whole = await wire.call(request(path, method="GET"))
    await wire.send(request(path, method="HEAD"))
    head = await wire.answer(to_head=True)
    after = await wire.call(request(path, method="GET"))

    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.body))
    assert after.status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_probe_may_add_a_query(wire: Wire, path: str) -> None:
    answer = await wire.call(request(f"{path}?from=probe", method="GET"))

    assert answer.status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_probe_is_not_a_call_and_not_logged(open_house: OpenHouse, path: str) -> None:
    house = await open_house(door="http", sections=(toys.section,))
    async with wired(house) as wire:
        await wire.call(request(path, method="GET"))

    assert house.log.text == ""


@ON_POSTGRES
@pytest.mark.ruins_database
async def test_without_its_database_it_is_alive_and_not_ready(
    open_house: OpenHouse, database: dict[str, str], server: str
) -> None:
    house = await open_house(door="http", sections=(toys.section,))
    await drop_postgres(server, urlsplit(database["database"]).path.strip("/"))
    async with wired(house) as wire:
        ready = await wire.call(request("/readyz", method="GET"))
        alive = await wire.call(request("/healthz", method="GET"))

    assert ready.line == "HTTP/1.1 503 Service Unavailable"
    assert ready.body == b'{"ready":false,"database":"cannot be written"}'
    assert alive.status == 200

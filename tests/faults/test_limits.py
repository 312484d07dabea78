"""No window ever holds more than its limit: several real servers, one account, and every answer."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from typing import Any

from actions.bootstrap import Gateway
from gateway.logs import make_log
from gateway.settings import Settings
from tests.faults.process import HOST, Server, init, options_of, serving
from tests.faults.windows import Passed, most_in_a_window
from tests.gateway.kinds import ON_POSTGRES, ON_SQLITE
from tests.support.house import Clock, House, Log
from tests.support.people import add_account, add_workspace
from tests.support.redis import own_redis

CLIENTS = 8
CALLS, SECONDS = 40, 1
LOAD_SECONDS = 3.0
ROOM = CALLS * (LOAD_SECONDS / SECONDS - 0.5)
"""Calls that are let through at the least while there is load."""


async def limited_account(database: dict[str, Any]) -> str:
    """The key of an account with a limit."""
    log = Log()
    gateway = Gateway(Settings(**database), make_log(Settings(log_format="json"), log))
    await gateway.open()
    house = House(gateway, "", Clock(), log, "direct")
    workspace = await add_workspace(house)
    key = await add_account(house, workspace, rate_limit=f"{CALLS}/{SECONDS}")
    await gateway.close()
    return key.text


async def load(servers: Sequence[Server], key: str) -> list[list[Passed]]:
    """What each server let through of as many calls as the clients can make."""
    passed: list[list[Passed]] = [[] for _ in servers]
    end = time.monotonic() + LOAD_SECONDS
    await asyncio.gather(
        *(
            _client(server, key, end, found)
            for server, found in zip(servers, passed, strict=True)
            for _ in range(CLIENTS)
        )
    )
    return passed


async def _client(server: Server, key: str, end: float, passed: list[Passed]) -> None:
    reader, writer = await asyncio.open_connection(HOST, server.port)
    request = (
        f"POST /api/v1/system/whoami HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    while time.monotonic() < end:
        sent = time.monotonic()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
        envelope = json.loads(await reader.readexactly(length))
        if envelope["status"] == "success":
            passed.append(Passed(sent, time.monotonic()))
        else:
            assert envelope["data"]["code"] == "RateLimited"
        await asyncio.sleep(0.002)
    writer.close()


def prove(passed: Sequence[Passed]) -> None:
    """No window certainly had more than its limit, and what there was room for went through."""
    assert most_in_a_window(passed, SECONDS) <= CALLS
    assert len(passed) >= ROOM


def readiness(server: Server) -> dict[str, Any]:
    connection = HTTPConnection(HOST, server.port, timeout=10)
    connection.request("GET", "/readyz")
    answer = connection.getresponse()
    found: dict[str, Any] = json.loads(answer.read())
    connection.close()
    assert answer.status == 200
    return found


@ON_SQLITE
async def test_one_process_lets_no_more_through_than_its_limit(
    database: dict[str, Any], tmp_path: Path
) -> None:
    options = options_of(database)
    init(options)
    key = await limited_account(database)
    with serving(options, tmp_path / "server") as server:
        (passed,) = await load([server], key)

    prove(passed)


@ON_POSTGRES
async def test_two_processes_let_no_more_through_than_one_and_outlive_their_redis(
    database: dict[str, Any], tmp_path: Path
) -> None:
    options = options_of(database)
    init(options)
    key = await limited_account(database)
    with ExitStack() as stack:
        redis = stack.enter_context(own_redis(tmp_path / "redis"))
        servers = [
            stack.enter_context(serving(options, tmp_path / name, redis=redis.address))
            for name in ("one", "other")
        ]
        together = await load(servers, key)
        redis.kill()
        alone = await load(servers, key)
        without = [readiness(server) for server in servers]
        redis.start()
        while any("redis" in readiness(server) for server in servers):  # noqa: ASYNC110 - outside
            await asyncio.sleep(0.05)
        back = time.monotonic()
        again = await load(servers, key)
        said = [server.said() for server in servers]

    prove([*chain(*together)])
    for passed in alone:
        prove(passed)
    for of_one in zip(together, alone, again, strict=True):
        assert most_in_a_window(chain(*of_one), SECONDS) <= CALLS
    # Of what each counted alone, Redis was never told: it is over with its window.
    settled = [each for each in chain(*again) if each.sent > back + SECONDS]
    assert most_in_a_window(settled, SECONDS) <= CALLS
    assert len([*chain(*again)]) >= ROOM
    assert all("redis" in each for each in without)
    assert [each.count('"redis.lost"') for each in said] == [1, 1]
    assert [each.count('"redis.back"') for each in said] == [1, 1]

"""Clients that send a byte a second hold nobody up, and are given up in their time."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.faults.process import HOST, Server, init, options_of, serving
from tests.gateway.kinds import ON_SQLITE

SLOW = 500
HONEST = 32
MEASURED_SECONDS = 1.5
MEASURED_TIMES = 3
GIVEN_UP_SECONDS = 17.0
"""A body has 10 s and a head 15, and then there is the machine."""
MEGABYTES_MAX = 200

HEAD = b"POST /api/v1/system/echo HTTP/1.1\r\nHost: gateway\r\nX-Long: " + b"a" * 4000
BODY = (
    b"POST /api/v1/system/echo HTTP/1.1\r\nHost: gateway\r\n"
    b"Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n"
)


class SlowClient:
    """A connection that says `begin`, and then a byte a second until it is closed."""

    def __init__(self, begin: bytes, rest: bytes) -> None:
        self._begin = begin
        self._rest = rest
        self.answer = b""

    async def run(self, port: int) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(self._begin)
        # It stops at the first word of an answer: a byte sent to a socket that was closed meanwhile
        # has the system throw away what was answered.
        reading = asyncio.create_task(reader.read(65_536))
        try:
            for byte in self._rest:
                done, _ = await asyncio.wait([reading], timeout=1)
                if done:
                    break
                writer.write(bytes([byte]))
            self.answer = await reading
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def besieged(port: int) -> AsyncIterator[list[SlowClient]]:
    """Half of the slow clients are slow with heads, half with bodies."""
    clients = [
        SlowClient(BODY, b"{" + b" " * 3999) if number % 2 else SlowClient(b"", HEAD)
        for number in range(SLOW)
    ]
    tasks = [asyncio.create_task(client.run(port)) for client in clients]
    await asyncio.sleep(1.5)
    try:
        yield clients
        async with asyncio.timeout(GIVEN_UP_SECONDS):
            await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def honest_rate(server: Server, key: str) -> float:
    """Calls a second that the honest clients get through."""
    request = (
        f"POST /api/v1/system/whoami HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    end = time.monotonic() + MEASURED_SECONDS
    counts = await asyncio.gather(*(_honest(server.port, request, end) for _ in range(HONEST)))
    return sum(counts) / MEASURED_SECONDS


async def _honest(port: int, request: bytes, end: float) -> int:
    reader, writer = await asyncio.open_connection(HOST, port)
    count = 0
    while time.monotonic() < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
        envelope = json.loads(await reader.readexactly(length))
        assert envelope["status"] == "success"
        count += 1
    writer.close()
    return count


def megabytes(server: Server) -> float:
    """The most memory that the server ever had."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@ON_SQLITE
async def test_slow_clients_hold_no_honest_one_up(database: dict[str, Any], tmp_path: Path) -> None:
    options = options_of(database)
    key = init(options)
    with serving(options, tmp_path / "server") as server:
        before = await honest_rate(server, key)
        async with besieged(server.port) as slow:
            # Other work on the machine may hold up one of them; slow clients would all.
            meanwhile = max([await honest_rate(server, key) for _ in range(MEASURED_TIMES)])
        after = await honest_rate(server, key)
        most = megabytes(server)

    assert meanwhile >= min(before, after) / 2
    assert most < MEGABYTES_MAX
    answers = [client.answer for client in slow]
    assert all(b"RequestTimeout" in answer for answer in answers[1::2])
    assert all(answer == b"" for answer in answers[::2])
    assert not server.faults()


@ON_SQLITE
async def test_a_connection_too_many_is_closed_and_those_before_it_go_on(
    database: dict[str, Any], tmp_path: Path
) -> None:
    options = options_of(database)
    key = init(options)
    with serving(options, tmp_path / "server", max_connections=str(HONEST)) as server:
        idle = [await asyncio.open_connection(HOST, server.port) for _ in range(HONEST)]
        await asyncio.sleep(0.1)
        reader, writer = await asyncio.open_connection(HOST, server.port)
        async with asyncio.timeout(2):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        for _, each in (*idle, (reader, writer)):
            each.close()
        await asyncio.sleep(0.1)
        rate = await honest_rate(server, key)

    assert rate > 0
    assert not server.faults()
    assert '"connections.full"' in server.said()

"""HTTP as bytes on a socket: what clients that no library would write send, and what comes back."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog

from gateway.web.connection import Handle
from gateway.web.connections import Connections
from gateway.web.request import Request
from tests.support.house import House

PATIENCE = 10
"""Seconds after which a silent server has failed the test."""

LAST_CHUNK = b"0\r\n\r\n"

GREET = "/api/v1/toys/greet"


def request(
    path: str = GREET,
    body: bytes = b"",
    /,
    *,
    method: str = "POST",
    version: str = "1.1",
    **headers: str,
) -> bytes:
    """A whole request; a header's name is written with _ for -."""
    return _head(method, path, version, {"Content_Length": str(len(body)), **headers}) + body


def json_request(path: str = GREET, /, *, sent: object = None, **headers: str) -> bytes:
    """A call with these parameters in JSON, or with none."""
    body = orjson.dumps({} if sent is None else sent)
    length = str(len(body))
    said = {"Content_Length": length, "Content_Type": "application/json", **headers}
    return _head("POST", path, "1.1", said) + body


def chunked_head(path: str = GREET, /, **headers: str) -> bytes:
    """The head of a call whose body comes in chunks."""
    return _head("POST", path, "1.1", {"Transfer_Encoding": "chunked", **headers})


def _head(method: str, path: str, version: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    start = [f"{method} {path} HTTP/{version}", "Host: gateway"]
    return "\r\n".join([*start, *lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass(frozen=True)
class HttpAnswer:
    """One answer as it came, its header names in their own case."""

    line: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes

    @property
    def status(self) -> int:
        return int(self.line.split()[1])

    @property
    def envelope(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.body)
        assert list(found) == ["status", "time", "flags", "data"]
        return found

    @property
    def code(self) -> str:
        """The envelope's outcome in one word: an error's code, or the status."""
        envelope = self.envelope
        found = envelope["data"]["code"] if envelope["status"] == "error" else envelope["status"]
        return str(found)


class Wire:
    """One connection to a gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self._writer.write(part)
            await self._writer.drain()

    async def answer(self, *, to_head: bool = False) -> HttpAnswer:
        """The next answer; one to a HEAD request has no body, whatever its length says."""
        async with asyncio.timeout(PATIENCE):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *lines = head.rstrip("\r\n").split("\r\n")
            pairs = [(name, value) for name, _, value in (each.partition(": ") for each in lines)]
            headers = dict(pairs)
            assert len(headers) == len(pairs), "a header came twice"
            length = 0 if to_head else int(headers.get("Content-Length", 0))
            return HttpAnswer(line, headers, await self._reader.readexactly(length))

    async def call(self, data: bytes) -> HttpAnswer:
        await self.send(data)
        return await self.answer()

    async def rest(self) -> bytes:
        """Whatever still comes until the gateway closes the connection."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.read()

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def wired(house: House) -> AsyncIterator[Wire]:
    """A new connection to the house."""
    parts = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    wire = Wire(reader, writer)
    try:
        yield wire
    finally:
        wire.close()


@asynccontextmanager
async def answering(
    handle: Handle, stopwatch: Callable[[], float] = time.perf_counter
) -> AsyncIterator[socket.socket]:
    """The far end of a connection whose requests `handle` answers, with no gateway behind it."""
    near, far = socket.socketpair()
    far.settimeout(0)
    loop = asyncio.get_running_loop()

    def broken(_: Request, status: int) -> bytes:
        return b"%d" % status

    log = structlog.get_logger()
    server = Connections(handle, broken, log, stopwatch=stopwatch, most=1, patience=PATIENCE)
    with far:
        transport, _ = await loop.create_connection(server, sock=near)
        yield far
    transport.close()


async def said(far: socket.socket, text: bytes, *, length: int = 1) -> bytes:
    """What is answered to `text`, of which there are at least `length` bytes."""
    loop, came = asyncio.get_running_loop(), b""
    await loop.sock_sendall(far, text)
    async with asyncio.timeout(PATIENCE):
        while len(came) < length and (more := await loop.sock_recv(far, 65_536)):
            came += more
    return came

"""Connections: so many in all, each with a bounded head in a bounded time, all answered alike."""

import asyncio
import resource
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web

from gateway.logs import Log
from gateway.web.connection import Broken, Connection, Handle, Service
from gateway.web.outgoing import Outgoing
from gateway.web.untaken import UNTAKEN_MAX, Untaken

PATIENCE = 15.0
"""Seconds that a request's head may take, a connection say nothing, a client take no answer."""

_WARN_SECONDS = 60.0
_OTHER_FILES = 200


def room_for(connections: int, log: Log) -> int:
    """How many connections this process can have open, up to `connections`.

    The system's soft limit on open files is raised where it is too low for them.
    """
    wanted = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        room = max(1, allowed - _OTHER_FILES)
        log.warning("connections.bounded", by="open files", room=room, wanted=connections)
        return room
    return connections


class Connections(web.Server):
    """aiohttp's server with at most `most` connections; one more is closed before it can speak.

    `patience` is in seconds; `stopwatch` is read when a request's head has come; `untaken_max` is
    how many bytes of answers may wait for clients to take them.
    """

    def __init__(
        self,
        handle: Handle,
        broken: Broken,
        log: Log,
        *,
        stopwatch: Callable[[], float],
        most: int,
        patience: float,
        untaken_max: int = UNTAKEN_MAX,
    ) -> None:
        super().__init__(_never_asked)
        self._log = log
        self._most = most
        self._patience = patience
        self._warned_until = 0.0
        self._service = Service(
            handle, broken, Outgoing(self._loop), Untaken(untaken_max), stopwatch
        )

    def __call__(self) -> Any:
        if len(self._connections) >= self._most:
            self._warn()
            return _TurnedAway()
        return Connection(
            self,
            self._service,
            loop=self._loop,
            access_log=None,  # the pipeline writes the log line
            auto_decompress=False,
            keepalive_timeout=self._patience,
        )

    def answering(self) -> list[Connection]:
        """The connections whose requests are being answered."""
        found = cast("list[Connection]", self.connections)
        return [each for each in found if each.is_answering]

    def _warn(self) -> None:
        """Say that connections are turned away, once a minute."""
        now = self._loop.time()
        if now >= self._warned_until:
            self._warned_until = now + _WARN_SECONDS
            self._log.warning("connections.full", max_connections=self._most)


class _TurnedAway(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).abort()


async def _never_asked(_: web.BaseRequest) -> web.StreamResponse:
    """What aiohttp's own loop would ask; a Connection has another."""
    raise web.HTTPNotImplemented

"""Connections: so many in all, each with a bounded head in a bounded time, all answered alike."""

import asyncio
import resource
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web

from gateway.logs import Log
from gateway.web.answers import Answer
from gateway.web.rpc import Rpc

PATIENCE = 15.0
"""Seconds that a request's head may take, a connection say nothing, a client take no answer."""
HEAD_MAX = 32 * 1024
"""Bytes of a head whose end is still waited for; a line has 8,190, and 128 headers there may be."""

LINGER_SECONDS = 2.0
"""How long the rest of a refused body is read and dropped, so that its sender reads the answer."""

_WARN_SECONDS = 60.0
_OTHER_FILES = 200
_NO_HTTP = b"\0"
"""What no head may have: after it, the request is refused as any that is broken."""

Page = Callable[[web.BaseRequest], Awaitable[Answer]]


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
    """aiohttp's server with at most `most` connections; one more is closed before it can speak."""

    def __init__(self, handle: Page, rpc: Rpc, log: Log, *, most: int, patience: float) -> None:
        super().__init__(handle)
        self._rpc = rpc
        self._log = log
        self._most = most
        self._patience = patience
        self._warned_until = 0.0

    def __call__(self) -> Any:
        if len(self._connections) >= self._most:
            self._warn()
            return _TurnedAway()
        return _Connection(
            self,
            self._rpc,
            loop=self._loop,
            access_log=None,  # the pipeline writes the log line
            auto_decompress=False,
            keepalive_timeout=self._patience,
            lingering_time=LINGER_SECONDS,
        )

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


class _Connection(web.RequestHandler):
    __slots__ = ("_given_up", "_head_bytes", "_rpc")

    def __init__(self, server: web.Server, rpc: Rpc, **options: Any) -> None:
        super().__init__(server, **options)
        self._rpc = rpc
        self._head_bytes = 0
        self._given_up: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        waiter = self._waiter
        if waiter is None or waiter.done():
            self._head_bytes = 0
            return
        # Nothing came of it yet: it is a part of a head.
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_MAX:
            super().data_received(_NO_HTTP)

    def pause_writing(self) -> None:
        """The client does not take what was sent: the timer runs until it does."""
        super().pause_writing()
        self._given_up = self._loop.call_later(self.keepalive_timeout, self._give_up)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_timer()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._given_up is not None:
            self._given_up.cancel()
            self._given_up = None

    def _give_up(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The envelope for a request that aiohttp could not read, or whose handling broke."""
        if status != HTTPStatus.BAD_REQUEST:
            self.log_exception("request.crashed", exc_info=exc)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        self.close()
        return self._rpc.broken(request, status)

"""The HTTP server: sockets, pages, and a stop that loses nothing."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from gateway.pipeline import Pipeline
from gateway.store.database import Database
from gateway.web.answers import Answer, Answers
from gateway.web.health import Health
from gateway.web.rpc import Rpc

KEEPALIVE_SECONDS = 15
"""How long a connection may say nothing; also how long a request's head may take."""

Page = Callable[[web.BaseRequest], Awaitable[Answer]]


class HttpServer:
    """Serves a pipeline over HTTP, from `start` until `stop`."""

    def __init__(self, pipeline: Pipeline, database: Database) -> None:
        self._settings = pipeline.shared.settings
        answers = Answers(time.time)
        health = Health(database, answers)
        self._rpc = Rpc(pipeline, answers)
        self._pages: dict[str, Page] = {"/healthz": health.alive, "/readyz": health.ready}
        self._running: dict[int, web.BaseRequest] = {}
        self._rested: asyncio.Event | None = None

    async def start(self) -> int:
        """Listen, and return the port. Raises OSError when the address is not to be had."""
        self._runner = web.ServerRunner(_Server(self._handle, self._rpc))
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, self._settings.host, self._settings.port, backlog=1024, reuse_address=True
        )
        try:
            await site.start()
        except BaseException:
            await self._runner.cleanup()
            raise
        port: int = self._runner.addresses[0][1]
        return port

    async def stop(self) -> None:
        """Take no new calls, let the running ones finish in their time, then close everything."""
        self._rpc.drain()
        for site in list(self._runner.sites):
            await site.stop()
        if self._running:
            self._rested = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rested.wait(), self._settings.drain_seconds)
        for request in self._running.values():
            request.task.cancel()
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> Answer:
        self._running[id(request)] = request
        try:
            page = self._pages.get(request.raw_path.partition("?")[0])
            if page is not None and request.method in ("GET", "HEAD"):
                return await page(request)
            return await self._rpc.handle(request)
        finally:
            del self._running[id(request)]
            if self._rested is not None and not self._running:
                self._rested.set()


class _Server(web.Server):
    """aiohttp's server, its connections answering broken HTTP with an envelope too."""

    def __init__(self, handle: Page, rpc: Rpc) -> None:
        super().__init__(handle)
        self._rpc = rpc

    def __call__(self) -> web.RequestHandler:
        return _Connection(
            self,
            self._rpc,
            loop=asyncio.get_running_loop(),
            access_log=None,  # the pipeline writes the log line
            auto_decompress=False,
            keepalive_timeout=KEEPALIVE_SECONDS,
        )


class _Connection(web.RequestHandler):
    __slots__ = ("_rpc",)

    def __init__(self, server: web.Server, rpc: Rpc, **options: Any) -> None:
        super().__init__(server, **options)
        self._rpc = rpc

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

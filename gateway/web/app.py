"""The HTTP server: sockets, pages, and a stop that loses nothing."""

import asyncio
import time

from aiohttp import web

from gateway.pipeline import Pipeline
from gateway.store.database import Database
from gateway.web.answers import Answer, Answers
from gateway.web.connections import PATIENCE, Connections, Page, room_for
from gateway.web.health import Health
from gateway.web.rpc import Rpc


class HttpServer:
    """Serves a pipeline over HTTP, from `start` until `stop`.

    `patience` is the seconds that a request's head may take, a connection say nothing, and a
    client take nothing of its answer.
    """

    def __init__(
        self, pipeline: Pipeline, database: Database, *, patience: float = PATIENCE
    ) -> None:
        self._log = pipeline.shared.log
        self._patience = patience
        self._settings = pipeline.shared.settings
        answers = Answers(time.time)
        health = Health(database, answers, pipeline.limiter)
        self._rpc = Rpc(pipeline, answers)
        self._pages: dict[str, Page] = {"/healthz": health.alive, "/readyz": health.ready}
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen, and return the port. Raises OSError when the address is not to be had."""
        connections = Connections(
            self._handle,
            self._rpc,
            self._log,
            most=room_for(self._settings.max_connections, self._log),
            patience=self._patience,
        )
        self._runner = web.ServerRunner(connections)
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
            await asyncio.wait(self._running, timeout=self._settings.drain_seconds)
        for task in self._running:
            task.cancel()
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> Answer:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - aiohttp runs each request in one
        self._running.add(task)
        try:
            page = self._pages.get(request.raw_path.partition("?")[0])
            if page is not None and request.method in ("GET", "HEAD"):
                return await page(request)
            return await self._rpc.handle(request)
        finally:
            self._running.discard(task)

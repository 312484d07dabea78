"""The HTTP server: sockets, pages, and a stop that loses nothing."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from gateway.metrics import CallMetrics, MetricsPage, Vitals
from gateway.pipeline import Pipeline
from gateway.store.database import Database
from gateway.web.answers import Answers
from gateway.web.connection import Handle
from gateway.web.connections import PATIENCE, Connections, room_for
from gateway.web.health import Health
from gateway.web.metrics import Metrics
from gateway.web.request import Request
from gateway.web.rpc import Rpc
from gateway.web.untaken import UNTAKEN_MAX


class HttpServer:
    """Serves a pipeline over HTTP, from `start` until `stop`.

    `patience` is the seconds that a request's head may take, a connection say nothing, and a
    client take nothing of its answer; `untaken_max` the bytes of answers that may wait for that.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        database: Database,
        *,
        calls: CallMetrics,
        audit_dropped: Callable[[], int],
        patience: float = PATIENCE,
        untaken_max: int = UNTAKEN_MAX,
    ) -> None:
        self._log = pipeline.shared.log
        self._stopwatch = pipeline.stopwatch
        self._patience = patience
        self._untaken_max = untaken_max
        self._settings = pipeline.shared.settings
        self._database = database
        self._audit_dropped = audit_dropped
        answers = Answers(time.time)
        health = Health(database, answers, pipeline.limiter)
        self._rpc = Rpc(pipeline, answers)
        metrics = Metrics(
            MetricsPage(calls, self._look),
            answers,
            self._settings.metrics_networks,
            self._rpc.handle,
            count=pipeline.watching.tell,
        )
        self._pages: dict[str, Handle] = {
            "/healthz": health.alive,
            "/readyz": health.ready,
            "/metrics": metrics.show,
        }

    def _look(self) -> Vitals:
        return Vitals(
            connections=len(self._connections.connections),
            running=len(self._connections.answering()) - 1,  # but for the one that looks
            waiting=self._database.waiting,
            group_sizes=self._database.group_sizes,
            audit_dropped=self._audit_dropped(),
        )

    async def start(self) -> int:
        """Listen, and return the port. Raises OSError when the address is not to be had."""
        self._connections = Connections(
            self._handle,
            self._rpc.broken,
            self._log,
            stopwatch=self._stopwatch,
            most=room_for(self._settings.max_connections, self._log),
            patience=self._patience,
            untaken_max=self._untaken_max,
        )
        self._runner = web.ServerRunner(self._connections)
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
        if answering := self._connections.answering():
            rested = [each.rested() for each in answering]
            await asyncio.wait(rested, timeout=self._settings.drain_seconds)
        for connection in self._connections.answering():
            connection.cancel()
        await self._runner.cleanup()

    def _handle(self, request: Request) -> Coroutine[Any, Any, bytes]:
        if request.method in ("GET", "HEAD"):
            page = self._pages.get(request.raw_path.partition("?")[0])
            if page is not None:
                return page(request)
        return self._rpc.handle(request)

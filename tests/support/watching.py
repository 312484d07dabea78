"""A pipeline that others than the gateway's own observers watch."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from gateway.access.authenticator import Authenticator
from gateway.pipeline import Pipeline
from gateway.stages.idempotency import WAIT_SECONDS, Turns
from gateway.store.idempotency import Name
from gateway.watching import Observer
from tests.support.house import House


class WatchedTurns(Turns):
    """Turns that tell when a call waits for another's."""

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        super().__init__(wait_seconds)
        self.somebody_waits = asyncio.Event()

    def begin(self, name: Name) -> Awaitable[float] | None:
        waiting = super().begin(name)
        if waiting is not None:
            self.somebody_waits.set()
        return waiting


def watched(
    house: House, *observers: Observer, turns: Turns | None = None, database: Any = None
) -> Pipeline:
    """Another pipeline over the same house, with these observers, and turns of its own.

    Its actions run on `database`, where one is given.
    """
    gateway = house.gateway
    return Pipeline(
        registry=gateway.registry,
        database=database or gateway.database,
        authenticator=Authenticator(gateway.database.reader, now=house.clock, clock=lambda: 0.0),
        limiter=gateway.pipeline.limiter,
        failures=gateway.pipeline.failures,
        shared=gateway.pipeline.shared,
        observers=observers,
        turns=turns,
    )

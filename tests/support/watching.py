"""A pipeline that others than the gateway's own observers watch."""

from typing import Any

from gateway.access.authenticator import Authenticator
from gateway.pipeline import Observer, Pipeline
from tests.support.house import House


def watched(house: House, *observers: Observer, database: Any = None) -> Pipeline:
    """Another pipeline over the same house, with these observers.

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
    )

"""Calls through the one doorway, with everything that a door may say about them."""

import asyncio
import time
from typing import Any

import orjson

from gateway.call import Call, JsonBody
from gateway.envelope import Envelope
from tests.gateway import toy_store
from tests.support.house import Answer, House, observers_told


def call_of(
    house: House,
    path: str,
    *,
    text: bytes | None = None,
    key: str | None = "",
    deadline: float | None = None,
    request_id: str = "call",
    once: str | None = None,
    traceparent: str | None = None,
    **params: Any,
) -> Call:
    """A call as a door makes it.

    `key` "" is the first one, `text` the body instead of `params`, `once` the idempotency key.
    """
    section, _, action = path.partition("/")
    return Call(
        section=section,
        action=action,
        body=JsonBody(orjson.dumps(params) if text is None else text),
        request_id=request_id,
        started=time.perf_counter(),
        key=house.key if key == "" else key,
        deadline=deadline,
        idempotency_key=once,
        traceparent=traceparent,
    )


async def envelope_of(house: House, path: str, **said: Any) -> Envelope:
    """The envelope of a call, which must come in time."""
    async with asyncio.timeout(20):
        envelope = await house.gateway.pipeline.answer(call_of(house, path, **said))
        await observers_told()
        return envelope


async def answer_of(house: House, path: str, **said: Any) -> Answer:
    """The envelope as its receiver parses it."""
    answer: Answer = orjson.loads((await envelope_of(house, path, **said)).body)
    return answer


def begin(house: House, path: str, **said: Any) -> "asyncio.Task[Envelope]":
    """The same, begun and not awaited."""
    return asyncio.create_task(envelope_of(house, path, **said))


async def names_kept(house: House) -> list[str]:
    """The names of all the things that are committed."""
    return await toy_store.names(house.gateway.database.reader)


async def totals_kept(house: House) -> dict[str, int]:
    """All the tallies that are committed."""
    return await toy_store.totals(house.gateway.database.reader)

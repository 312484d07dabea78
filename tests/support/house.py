"""A gateway under test: real database, real socket, a clock that stands where it is put."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import orjson

from actions.bootstrap import Gateway

NOON = datetime(2026, 11, 21, 12, 0, 0, 1, UTC)

Answer = dict[str, Any]
Send = Callable[..., Awaitable[Answer]]


class Clock:
    """The present moment, as the test says; each reading is a microsecond later."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


class Log(io.TextIOWrapper):
    """Where the gateway's log lines go."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, write_through=True)

    @property
    def text(self) -> str:
        return self._bytes.getvalue().decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.text.splitlines()]


async def observers_told() -> None:
    """Let the turn of the loop end: then observers are told, and lines are written."""
    await asyncio.sleep(0)


@dataclass
class House:
    """A gateway that is open, with the first key; `send` calls through one of its doors."""

    gateway: Gateway
    key: str
    clock: Clock
    log: Log
    door: str
    session: aiohttp.ClientSession | None = None
    url: str = ""

    async def send(self, path: str, *, key: str | None = "", **params: Any) -> Answer:
        """The envelope of a call, as parsed; `key` None sends none, "" the first one."""
        return await self.post(path, self.key if key == "" else key, params)

    async def post(self, path: str, key: str | None, params: Any) -> Answer:
        """The same, for parameters of any name."""
        if self.door == "http":
            return await self._send_http(path, key, params)
        return await self._send_direct(path, key, params)

    async def data(self, path: str, **params: Any) -> Any:
        """The `data` of a call that must succeed."""
        answer = await self.send(path, **params)
        assert answer["status"] == "success", answer
        return answer["data"]

    async def _send_direct(self, path: str, key: str | None, params: Any) -> Answer:
        answer = await self.gateway.pipeline.call(path, key, **params)
        await observers_told()
        return answer

    async def _send_http(self, path: str, key: str | None, params: Any) -> Answer:
        assert self.session is not None
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        url = f"{self.url}/api/v1/{path}"
        async with self.session.post(url, json=params, headers=headers) as response:
            answer: Answer = orjson.loads(await response.read())
            return answer

"""A connection of its own to PostgreSQL that hears what others NOTIFY, and comes back by itself."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import asyncpg

TIMEOUT = 10.0
"""Seconds in which the server must take a new connection."""

PAUSES = (0.1, 5.0)
"""Seconds between two tries to connect: at first, and at most."""

_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Listener:
    """Calls `heard` with every text that is told on `channel`, from now until `stop`.

    What is told while the server is away is missed.
    """

    def __init__(self, url: str, channel: str, heard: Callable[[str], None]) -> None:
        self._url = url
        self._channel = channel
        self._heard = heard
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        pause, longest = PAUSES
        while True:
            # That the server is away is told by those who need it to answer.
            with contextlib.suppress(*_AWAY):
                await self._listen()
                pause = PAUSES[0]
            await asyncio.sleep(pause)
            pause = min(2 * pause, longest)

    async def _listen(self) -> None:
        """Listen until the connection is lost."""
        lost = asyncio.Event()
        connection = await asyncpg.connect(
            self._url, timeout=TIMEOUT, server_settings={"application_name": "halyard"}
        )
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(self._channel, self._on_notice)
            await lost.wait()
        finally:
            if not connection.is_closed():
                await connection.close(timeout=1)

    def _on_notice(self, _connection: Any, _pid: int, _channel: str, text: object) -> None:
        self._heard(str(text))

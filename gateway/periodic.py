"""Work that is done again and again beside the calls, from a gateway's opening to its end."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.logs import Log

Work = Callable[[], Awaitable[bool | None]]


class Periodic:
    """Does `work` every so many `seconds`, from `start` to `stop`.

    Work that returns true has more to do, and is done again at once. It is never cut short; what
    it raises is logged, and it is tried again when its time comes.
    """

    def __init__(
        self,
        name: str,
        work: Work,
        *,
        seconds: float,
        log: Log,
        at_start: bool = False,
        at_stop: bool = True,
    ) -> None:
        self._name = name
        self._work = work
        self._seconds = seconds
        self._log = log
        self._at_start = at_start
        self._at_stop = at_stop
        self._stopping = asyncio.Event()
        self._fails = False

    def start(self) -> None:
        """Begin, without waiting for anything."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let running work finish; then do what is left of it, where that was asked for."""
        self._stopping.set()
        await self._task
        while self._at_stop and await self._try():
            pass

    async def _run(self) -> None:
        if self._at_start:
            await self._work_off()
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(self._seconds):
                    await self._stopping.wait()
            except TimeoutError:
                await self._work_off()

    async def _work_off(self) -> None:
        while await self._try() and not self._stopping.is_set():
            pass

    async def _try(self) -> bool:
        """Whether there is more to do. Of failures in a row, the first is logged with its place."""
        try:
            more = bool(await self._work())
        except Exception:  # noqa: BLE001 - whatever it is, the next time may go better
            if not self._fails:
                self._log.exception("periodic.failed", work=self._name)
            self._fails = True
            return False
        if self._fails:
            self._log.info("periodic.recovered", work=self._name)
        self._fails = False
        return more

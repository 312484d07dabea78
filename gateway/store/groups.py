"""Group commit: whatever queued up while one commit ran goes into the next.

1,100 commits a second one by one become 25,000 with 32 callers and 59,000 with 256 (aiosqlite,
synchronous=FULL). No timer and no added delay: with one caller the group is one call.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeAlias

from gateway.store.database import Lane, QueueFullError, Work
from gateway.store.sizes import GroupSizes

GROUP_MAX = 512
QUEUE_MAX = 10_000
"""Writes that may wait: about half a second of commits."""


class Entry:
    """A write that waits for its commit: either `work`, or a `call` for a `lane`."""

    __slots__ = ("_told", "call", "future", "joined", "lane", "outcome", "work")

    def __init__(
        self, work: Work[Any] | None = None, lane: Lane[Any] | None = None, call: Any = None
    ) -> None:
        self.work = work
        self.lane = lane
        self.call = call
        self.joined = False
        self._told = False
        self.outcome: Any = None
        """What the write came to, told once it is committed: a result or an exception."""

    def wait_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to wait, as the queue does for whoever put this."""
        self.future: asyncio.Future[Any] = loop.create_future()

    def settle(self) -> None:
        """Tell the caller the outcome."""
        self._told = True
        if self.future.done():
            return
        if isinstance(self.outcome, BaseException):
            self.future.set_exception(self.outcome)
        else:
            self.future.set_result(self.outcome)

    async def settled(self) -> Any:
        """The outcome. Cancelling counts only as long as the write has not joined a commit."""
        while True:
            try:
                return await self.future
            except asyncio.CancelledError:
                if not self.joined or isinstance(self.outcome, asyncio.CancelledError):
                    raise
                # Cancelling the caller cancelled the future: the outcome is told to a new one, by
                # the commit or, when it was over in that very moment, by us.
                self.wait_on(self.future.get_loop())
                if self._told:
                    self.settle()


Commit: TypeAlias = Callable[[list[Entry]], Awaitable[None]]
"""Sets every entry's outcome; an exception from it becomes the outcome of them all."""

Ready: TypeAlias = Callable[[], AbstractAsyncContextManager[Commit]]
"""Waits for what a commit needs, and holds it meanwhile."""


def at_once(commit: Commit) -> Ready:
    """For commits that need nothing to wait for."""
    ready = nullcontext(commit)
    return lambda: ready


class GroupQueue:
    """Collects entries and commits them, group by group, one group at a time.

    A group is taken once `ready` is: until then, more may come and whoever waits may leave. At
    most `bound` entries wait.
    """

    def __init__(self, ready: Ready, sizes: GroupSizes, *, bound: int = QUEUE_MAX) -> None:
        self._ready = ready
        self._sizes = sizes
        self._bound = bound
        self._waiting: deque[Entry] = deque()
        self._running: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def waiting(self) -> int:
        """How many entries wait for a group."""
        return len(self._waiting)

    async def put(self, entry: Entry) -> Any:
        """The entry's outcome, once committed. Raises QueueFullError when too many wait."""
        if len(self._waiting) >= self._bound:
            raise QueueFullError("Too many writes wait for their commit.")
        loop = self._loop
        if loop is None:  # asked once: to find it is a system call
            loop = self._loop = asyncio.get_running_loop()
        entry.wait_on(loop)
        self._waiting.append(entry)
        if self._running is None:
            self._running = loop.create_task(self._run())
        return await entry.settled()

    async def drain(self) -> None:
        """Wait until everything that was put is settled."""
        while self._running is not None:
            await asyncio.shield(self._running)

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._commit_some()
        finally:
            self._running = None

    async def _commit_some(self) -> None:
        group: list[Entry] = []
        try:
            async with self._ready() as commit:
                group = self._take()
                if group:
                    self._sizes.saw(len(group))
                    await commit(group)
        except BaseException as fault:
            group = group or self._take()  # nobody waits for what cannot be had
            for entry in group:
                entry.outcome = fault
            if not isinstance(fault, Exception):
                raise
        finally:
            for entry in group:
                entry.settle()

    def _take(self) -> list[Entry]:
        group: list[Entry] = []
        while self._waiting and len(group) < GROUP_MAX:
            entry = self._waiting.popleft()
            if not entry.future.done():
                entry.joined = True
                group.append(entry)
        return group

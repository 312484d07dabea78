"""Answers on their way out: those of one turn of the event loop leave together.

An answer that leaves alone wakes up its client each time, which costs the sender 8 of the 70
microseconds that a call takes; of answers that leave one right after the other, only the first
does. (`sched_wakeup` a call, 64 clients on the machine itself: 0.8 one by one, 0.1 together.)
"""

import asyncio
from typing import Protocol

AT_ONCE = 16
"""Answers that leave together at the most, so that the first waits for few others."""


class Connection(Protocol):
    """Where an answer goes."""

    transport: asyncio.Transport | None


class Outgoing:
    """Keeps answers until the turn of the loop ends, or there are enough, or somebody says so."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[Connection, bytes]] = []

    def add(self, connection: Connection, answer: bytes) -> None:
        """Send an answer soon, after all that were added before it."""
        waiting = self._waiting
        waiting.append((connection, answer))
        if len(waiting) == 1:
            self._loop.call_soon(self.send)
        elif len(waiting) == AT_ONCE:
            self.send()

    def send(self) -> None:
        """Send all of them now; of a connection that ended meanwhile, nobody reads the answer."""
        waiting, self._waiting = self._waiting, []
        for connection, answer in waiting:
            transport = connection.transport
            if transport is not None and not transport.is_closing():
                transport.write(answer)

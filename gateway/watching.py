"""Those who watch calls, and when they are told: once for all that a turn of the loop answered.

One call after the other, each observer's code is found in the processor's cache: in one process,
with 64 callers, a call of `whoami` takes a tenth less than where each call went past all of them.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from gateway.call import Call
from gateway.envelope import Envelope
from gateway.logs import Log
from gateway.tracing import trace_facts


class Observer(Protocol):
    """Whoever watches calls (logs, metrics, audit); it cannot change one."""

    def saw(self, call: Call, envelope: Envelope) -> None:
        """`call` was answered with `envelope`."""


class Watching:
    """Has the observers see calls together; their faults, and the calls' lines, are in `log`.

    That is done by the time that a call is handled which came after the answers; a lone caller who
    waits for the answer gets it after that.
    """

    def __init__(self, observers: Sequence[Observer], log: Log) -> None:
        self._observers = observers
        self._log = log
        self._answered: list[tuple[Call, Envelope]] = []

    def note(self, call: Call, envelope: Envelope) -> None:
        """`call` is answered with `envelope`: tell of it once this turn of the loop has ended."""
        if not self._answered:
            asyncio.get_running_loop().call_soon(self.tell)
        self._answered.append((call, envelope))

    def tell(self) -> None:
        """Tell of all that was answered, now, and have the log write its lines."""
        answered, self._answered = self._answered, []
        for observer in self._observers:
            for call, envelope in answered:
                try:
                    observer.saw(call, envelope)
                except Exception:  # noqa: BLE001 - it is logged, and the others are told
                    who, told = type(observer).__name__, trace_facts(call.traceparent)
                    self._log.exception(
                        "observer.failed", observer=who, request_id=call.request_id, **told
                    )
        self._log.flush()

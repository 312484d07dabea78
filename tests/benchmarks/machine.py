"""The machine: who used its processors, since nothing is measured well beside other work."""

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

TICK = 1 / os.sysconf("SC_CLK_TCK")
"""Seconds."""


@dataclass(frozen=True)
class Usage:
    """Seconds of processor time up to a moment, or between two."""

    server: float
    others: float
    """Of all who are neither the server nor what this suite ran to its end."""
    elapsed: float

    @classmethod
    def now(cls, pid: int) -> Self:
        """What was used up to now; `pid` is the server."""
        server, children = processor_seconds(pid), resource.getrusage(resource.RUSAGE_CHILDREN)
        others = _busy_seconds() - server - children.ru_utime - children.ru_stime
        return cls(server, others, time.monotonic())

    def since(self, before: "Usage") -> "Usage":
        return Usage(
            self.server - before.server,
            self.others - before.others,
            self.elapsed - before.elapsed,
        )


def processor_seconds(pid: int) -> float:
    """The processor time that a process has used, and those that it started and that still run."""
    return sum(processor_times(pid))


def processor_times(pid: int) -> tuple[float, float]:
    """The same, by the program itself and by the kernel for it."""
    # The name in parentheses may have blanks; user and system time are 12 and 13 after it.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, kernel = int(fields[11]) * TICK, int(fields[12]) * TICK
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        user_too, kernel_too = processor_times(int(child))
        user, kernel = user + user_too, kernel + kernel_too
    return user, kernel


def _busy_seconds() -> float:
    """What all processes have used, and what other machines took from this one."""
    user, nice, system, *rest = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + rest[-1]) * TICK

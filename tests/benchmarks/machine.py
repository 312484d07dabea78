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
    user, kernel = _stat_times(Path(f"/proc/{pid}"))
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        user_too, kernel_too = processor_times(int(child))
        user, kernel = user + user_too, kernel + kernel_too
    return user, kernel


@dataclass(frozen=True)
class ThreadTimes:
    """Seconds of processor time of a process: its first thread's and all others'."""

    user: float
    kernel: float
    others_user: float
    others_kernel: float

    @classmethod
    def now(cls, pid: int) -> Self:
        """What was used up to now by the threads that still run."""
        found = {task.name: _stat_times(task) for task in Path(f"/proc/{pid}/task").iterdir()}
        user, kernel = found.pop(str(pid))
        others = list(found.values())
        return cls(user, kernel, sum(each[0] for each in others), sum(each[1] for each in others))

    def since(self, before: "ThreadTimes") -> "ThreadTimes":
        return ThreadTimes(
            self.user - before.user,
            self.kernel - before.kernel,
            self.others_user - before.others_user,
            self.others_kernel - before.others_kernel,
        )


def _stat_times(process: Path) -> tuple[float, float]:
    """User and system time of a folder in /proc."""
    # The name in parentheses may have blanks; the times are 12 and 13 after it.
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) * TICK, int(fields[12]) * TICK


def _busy_seconds() -> float:
    """What all processes have used, and what other machines took from this one."""
    user, nice, system, *rest = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + rest[-1]) * TICK

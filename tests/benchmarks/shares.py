"""Shares: the parts of the gateway that the samples of a profile fall into."""

from collections import Counter
from collections.abc import Iterable, Sequence

KERNEL = "kernel"
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "HTTP: aiohttp and uvloop",
        ("aiohttp/", "multidict", "yarl/", "(loop.c:", "(stream.c:", "(core.c:", "(linux.c:"),
    ),
    ("HTTP: ours", ("gateway/web/",)),
    ("codec", ("gateway/codec/", "marshmallow/", "schemas/", "(<load ", "(<show ")),
    ("log", ("gateway/logs.py", "structlog/")),
    ("store", ("gateway/store/", "actions/store/", "aiosqlite/", "libsqlite3")),
    ("actions", ("actions/", "benchmarks/memory.py")),
    ("pipeline", ("gateway/",)),
)
"""Each part with what the frames of its code have in them; the first that fits is taken."""
REST = "the rest"
NAMES = (*(name for name, _ in PARTS), KERNEL, REST)

_LIBC = " (libc.so.6)"
_SYSTEM_CALLS = frozenset(
    f"{name}{_LIBC}"
    for name in (
        *("read", "write", "writev", "send", "recv", "sendmsg", "recvmsg", "epoll_pwait"),
        *("epoll_wait", "epoll_ctl", "pread64", "pwrite64", "fcntl", "fcntl64", "getpid", "fstat"),
        *("accept4", "close", "ftruncate64", "lseek64", "stat", "unlink", "fstat64", "stat64"),
    )
)
_WAITS = ("PyThread_acquire_lock_timed", "pthread_cond_", "take_gil", "fdatasync", "fsync", "sem_")
_INNERMOST = 4
"""How many frames, from the innermost, tell that a thread waits."""


def shares(stacks: Iterable[str]) -> dict[str, float]:
    """The share of the samples that each part has, out of lines such as `outer;inner 12`.

    A sample is its innermost frame's that has a part: what Python itself and libraries for
    everybody do belongs to whoever asked for it.
    """
    samples: Counter[str] = Counter()
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        if not _waits(frames):
            samples[part_of(frames)] += int(count)
    total = samples.total() or 1
    return {name: samples[name] / total for name in NAMES}


def part_of(frames: Sequence[str]) -> str:
    """The part that a stack belongs to, its frames from the outermost to the innermost."""
    if frames[-1] in _SYSTEM_CALLS:
        return KERNEL
    for frame in reversed(frames):
        for name, marks in PARTS:
            if any(mark in frame for mark in marks):
                return name
    return REST


def _waits(frames: Sequence[str]) -> bool:
    """Whether the thread waits for another one or for the disk, which takes no processor time."""
    return any(frame.startswith(_WAITS) for frame in frames[-_INNERMOST:])

"""Shares: the parts of the gateway that the samples of a profile fall into."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from .machine import ThreadTimes

COLLECTOR = "garbage collector"
SOCKETS, WAKING, KERNEL = "kernel: sockets", "kernel: waking up", "kernel: the rest"
DATABASE, DISK = "SQLite's thread", "SQLite's thread: kernel"
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("HTTP parser", ("_http_parser", "llhttp")),
    ("HTTP: ours", ("gateway/web/",)),
    ("HTTP: aiohttp", ("aiohttp/", "_http_writer", "multidict", "yarl/")),
    (
        "event loop",
        ("(loop.c:", "(stream.c:", "(core.c:", "(linux.c:", "-watcher.c:", "_asyncio", "asyncio/"),
    ),
    ("keys and limits", ("gateway/access/", "gateway/limits/", "/authenticate.py", "/limit.py")),
    ("Redis's client", ("(redis/", "hiredis")),
    ("codec", ("gateway/codec/", "marshmallow/", "schemas/", "(<load ", "(<convert ", "(<show ")),
    ("log", ("gateway/logs.py", "structlog/")),
    ("store", ("gateway/store/", "actions/store/", "sqlalchemy/", "aiosqlite/")),
    (
        "actions",
        ("actions/", "(own.py", "benchmarks/memory.py", "benchmarks/constant.py"),
    ),
    ("pipeline", ("gateway/",)),
)
"""Each part with what the frames of its code have in them; the first that fits is taken."""
REST = "the rest"
NAMES = (*(name for name, _ in PARTS), COLLECTOR, DATABASE, SOCKETS, WAKING, KERNEL, DISK, REST)

_KERNELS = (SOCKETS, WAKING, KERNEL)
_OTHERS = "_bootstrap (threading.py"
"""Where threads begin that are not the first."""
_LIBC = " (libc.so.6)"
_WAKE_UPS = frozenset(
    f"{name}{_LIBC}" for name in ("epoll_pwait", "epoll_wait", "epoll_ctl", "syscall")
)
_SYSTEM_CALLS = frozenset(
    f"{name}{_LIBC}"
    for name in (
        *("read", "write", "writev", "send", "recv", "sendmsg", "recvmsg", "getpid", "fstat"),
        *("pread64", "pwrite64", "fcntl", "fcntl64", "accept4", "close", "ftruncate64", "lseek64"),
        *("stat", "unlink", "fstat64", "stat64"),
    )
)
_OF_SOCKETS = ("(loop.c:", "(stream.c:")
_COLLECTS = "gc_collect_main"
_WAITS = ("PyThread_acquire_lock_timed", "pthread_cond_", "take_gil", "fdatasync", "fsync", "sem_")
_INNERMOST = 4
"""How many frames, from the innermost, tell that a thread waits."""


def shares(stacks: Iterable[str], times: ThreadTimes) -> dict[str, float]:
    """The share of the processor time that each part has, out of lines such as `outer;inner 12`.

    A sample is its innermost frame's that has a part: what Python itself and libraries for
    everybody do belongs to whoever asked for it. How much is the kernel's and how much is other
    threads', the system tells: a profiler finds a thread too often where it enters the kernel, and
    hardly ever where it is without Python's lock.
    """
    samples: Counter[str] = Counter()
    for frames, count in of_first_thread(stacks):
        samples[part_of(frames)] += count
    total = times.user + times.kernel + times.others_user + times.others_kernel
    in_kernel = sum(samples[name] for name in _KERNELS)
    found = dict.fromkeys(NAMES, 0.0)
    for name, seen in samples.items():
        used, of = times.user, samples.total() - in_kernel
        if name in _KERNELS:
            used, of = times.kernel, in_kernel
        found[name] = used / total * seen / of
    return found | {DATABASE: times.others_user / total, DISK: times.others_kernel / total}


def of_first_thread(stacks: Iterable[str]) -> Iterator[tuple[list[str], int]]:
    """The frames of each stack in which the first thread works, and how often it was seen."""
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        if not _waits(frames) and not any(frame.startswith(_OTHERS) for frame in frames):
            yield frames, int(count)


def middle_shares(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each part's shares, as shares again: what happens in one round is no rule."""
    middles = {name: median(found[name] for found in rounds) for name in NAMES}
    total = sum(middles.values())
    return {name: middle / total for name, middle in middles.items()}


def part_of(frames: Sequence[str]) -> str:
    """The part that a stack belongs to, its frames from the outermost to the innermost."""
    if frames[-1] in _WAKE_UPS:
        return WAKING
    if frames[-1] in _SYSTEM_CALLS:
        of_sockets = len(frames) > 1 and any(mark in frames[-2] for mark in _OF_SOCKETS)
        return SOCKETS if of_sockets else KERNEL
    if any(frame.startswith(_COLLECTS) for frame in frames):
        return COLLECTOR
    for frame in reversed(frames):
        for name, marks in PARTS:
            if any(mark in frame for mark in marks):
                return name
    return REST


def _waits(frames: Sequence[str]) -> bool:
    """Whether the thread waits for another one or for the disk, which takes no processor time."""
    return any(frame.startswith(_WAITS) for frame in frames[-_INNERMOST:])

"""A sample of a profile belongs to the part whose code was running."""

import pytest

from tests.benchmarks.machine import ThreadTimes
from tests.benchmarks.shares import (
    COLLECTOR,
    DATABASE,
    DISK,
    KERNEL,
    NAMES,
    REST,
    SOCKETS,
    WAKING,
    middle_shares,
    part_of,
    shares,
)

HANDLED = ("run (asyncio/runners.py:118)", "start (aiohttp/web_protocol.py:700)")
ANSWERED = (*HANDLED, "handle (gateway/web/rpc.py:104)", "answer (gateway/pipeline.py:90)")


@pytest.mark.parametrize(
    ("frames", "part"),
    [
        (HANDLED, "HTTP: aiohttp"),
        (ANSWERED[:3], "HTTP: ours"),
        (ANSWERED, "pipeline"),
        ((*ANSWERED, "increment (actions/counters/steps.py:60)"), "actions"),
        ((*ANSWERED, "save (actions/store/counters.py:90)"), "store"),
        ((*ANSWERED, "load (gateway/codec/load.py:50)", "dict_get (python)"), "codec"),
        ((*ANSWERED, "call_line (gateway/logs.py:210)", "round (python)"), "log"),
        ((*ANSWERED, "_write (gateway/logs.py:150)", "write (libc.so.6)"), KERNEL),
        ((*HANDLED, "write (stream.c:80)", "write (libc.so.6)"), SOCKETS),
        ((*HANDLED, "uv__io_poll (linux.c:1452)", "epoll_pwait (libc.so.6)"), WAKING),
        ((*ANSWERED, "gc_collect_main (libpython3.11.so.1.0)", "visit (object.h:1)"), COLLECTOR),
        (("_bootstrap (threading.py:1002)",), REST),
    ],
)
def test_the_innermost_frame_that_has_a_part_decides(frames: tuple[str, ...], part: str) -> None:
    assert part_of(frames) == part


def test_the_kernel_and_other_threads_have_the_time_that_the_system_tells() -> None:
    other = "_bootstrap (threading.py:1002);_connection_worker_thread (aiosqlite/core.py:59)"
    waiting = f"{other};PyThread_acquire_lock_timed (libpython3.11.so.1.0);0x7f97 (libc.so.6)"
    sent = ";".join((*HANDLED, "write (stream.c:80)", "write (libc.so.6)"))
    times = ThreadTimes(user=4.0, kernel=1.0, others_user=3.0, others_kernel=2.0)

    found = shares(
        [
            f"{';'.join(ANSWERED)} 30",
            f"{';'.join(HANDLED)} 10",
            f"{sent} 40",
            f"{waiting} 60",
            f"{other} 9",
        ],
        times,
    )
    assert found["pipeline"] == pytest.approx(0.3)
    assert found["HTTP: aiohttp"] == pytest.approx(0.1)
    assert found[SOCKETS] == pytest.approx(0.1)
    assert found[DATABASE] == pytest.approx(0.3)
    assert found[DISK] == pytest.approx(0.2)
    assert sum(found.values()) == pytest.approx(1)


def test_what_one_round_has_alone_is_no_part_of_the_median() -> None:
    usual = dict.fromkeys(NAMES, 0.0) | {"pipeline": 0.5, "codec": 0.5}
    collected = dict.fromkeys(NAMES, 0.0) | {"pipeline": 0.3, "codec": 0.3, COLLECTOR: 0.4}

    found = middle_shares([usual, collected, usual])
    assert found[COLLECTOR] == 0
    assert found["pipeline"] == found["codec"] == pytest.approx(0.5)
    assert sum(middle_shares([usual, collected]).values()) == pytest.approx(1)

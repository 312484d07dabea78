"""A sample of a profile belongs to the part whose code was running."""

import pytest

from tests.benchmarks.shares import KERNEL, REST, part_of, shares

HANDLED = ("run (asyncio/runners.py:118)", "start (aiohttp/web_protocol.py:700)")
ANSWERED = (*HANDLED, "handle (gateway/web/rpc.py:104)", "answer (gateway/pipeline.py:90)")


@pytest.mark.parametrize(
    ("frames", "part"),
    [
        (HANDLED, "HTTP: aiohttp and uvloop"),
        (ANSWERED[:3], "HTTP: ours"),
        (ANSWERED, "pipeline"),
        ((*ANSWERED, "increment (actions/counters/steps.py:60)"), "actions"),
        ((*ANSWERED, "save (actions/store/counters.py:90)"), "store"),
        ((*ANSWERED, "load (gateway/codec/load.py:50)", "dict_get (python)"), "codec"),
        ((*ANSWERED, "call_line (gateway/logs.py:210)", "round (python)"), "log"),
        ((*ANSWERED, "_write (gateway/logs.py:150)", "write (libc.so.6)"), KERNEL),
        (("_bootstrap (threading.py:1002)",), REST),
    ],
)
def test_the_innermost_frame_that_has_a_part_decides(frames: tuple[str, ...], part: str) -> None:
    assert part_of(frames) == part


def test_shares_are_of_all_samples_but_those_of_threads_that_wait() -> None:
    waiting = (
        "_bootstrap (threading.py:1002);_connection_worker_thread (aiosqlite/core.py:59);"
        "PyThread_acquire_lock_timed (libpython3.11.so.1.0);0x7f97 (libc.so.6)"
    )

    found = shares([f"{';'.join(ANSWERED)} 30", f"{';'.join(HANDLED)} 10", f"{waiting} 60"])
    assert found["pipeline"] == 0.75
    assert found["HTTP: aiohttp and uvloop"] == 0.25
    assert sum(found.values()) == 1

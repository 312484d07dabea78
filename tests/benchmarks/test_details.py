"""What the details are made of: what Python, py-spy and the gateway itself say."""

from tests.benchmarks.details.heap import walked
from tests.benchmarks.details.limited import LOOP, innermost
from tests.benchmarks.details.starting import LIBRARY, OURS, imported
from tests.benchmarks.details.tail import groups


class Marked:
    """Of which there are as many as a test makes."""


def test_imports_are_added_up_by_package() -> None:
    said = [
        "import time: self [us] | cumulative | imported package",
        "import time:       100 |        100 |   asyncio.events",
        "import time:       250 |       1350 |   sqlalchemy.sql",
        "import time:       750 |        750 | sqlalchemy",
        "import time:      2000 |       9000 | gateway.pipeline",
        "listening on 127.0.0.1",
    ]

    assert imported(said) == {LIBRARY: 0.1, "sqlalchemy": 1.0, OURS: 2.0}


def test_a_sample_is_the_innermost_python_functions() -> None:
    stacks = [
        "run (runner.py:1);send (redis/asyncio/connection.py:20);write (libc.so.6) 3",
        "run (runner.py:1);send (redis/asyncio/connection.py:24) 4",
        "run (asyncio/runners.py:118);uv__io_poll (linux.c:1452) 2",
        "_bootstrap (threading.py:1002);_connection_worker_thread (aiosqlite/core.py:59) 9",
    ]

    assert innermost(stacks) == {"`send` (redis/asyncio/connection.py)": 7, LOOP: 2}


def test_groups_are_read_from_the_metrics() -> None:
    text = """halyard_group_writes_bucket{le="1.0"} 3.0
halyard_group_writes_bucket{le="+Inf"} 10.0
halyard_group_writes_count 10.0
halyard_group_writes_sum 250.0
"""

    assert groups(text) == {"1.0": 3, "+Inf": 10, "count": 10, "sum": 250}


def test_a_walk_finds_every_object_once() -> None:
    shared = Marked()
    held = [shared, {"again": shared}, Marked()]

    heap = walked()
    name = f"{Marked.__module__}.{Marked.__qualname__}"
    assert heap.counts[name] == 2
    assert heap.sizes[name] >= 2 * object.__sizeof__(held[0])

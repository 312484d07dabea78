"""What is measured answers as all others do, and what does not is found out."""

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.benchmarks.contest import GATEWAY, open_subject
from tests.benchmarks.equality import require_equal
from tests.benchmarks.gateways import DATABASE
from tests.benchmarks.levels import LEVELS
from tests.benchmarks.serving import BenchmarkError
from tests.benchmarks.subjects import Subject, open_constant


@pytest.mark.parametrize("level", ["W1", "W3-keyed"])
def test_the_gateway_answers_as_all_must(level: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        subject = open_subject(stack, tmp_path, GATEWAY, level)
        require_equal(GATEWAY, subject, LEVELS[level])
        assert subject.account is not None
        subject.server.settle()  # a call's line is written after its answer
        before = subject.account()
        subject.server.post(subject.path, subject.bodies[0], subject.key)
        subject.server.settle()
        after = subject.account().since(before)

    # A write without an idempotency key of its own keeps no answer.
    assert after.done == (0 if LEVELS[level].keyed else 1)
    assert not after.refused


def test_an_increment_without_its_history_is_not_done(tmp_path: Path) -> None:
    with ExitStack() as stack:
        subject = open_subject(stack, tmp_path, GATEWAY, "W3")
        assert subject.account is not None
        before = subject.account()
        subject.server.post(subject.path, subject.bodies[0], subject.key)
        subject.server.settle()
        done = subject.account().since(before).done
        with closing(sqlite3.connect(tmp_path / DATABASE)) as db:
            db.execute("DELETE FROM change_log WHERE action = 'increment'")
            db.commit()
        left = subject.account().since(before).done

    assert (done, left) == (1, 0)


@pytest.mark.parametrize(
    ("level", "told"),
    [("W0", "its data is"), ("W1", "X-Request-Id"), ("W2", "X-Request-Id")],
)
def test_a_server_that_answers_otherwise_is_not_measured(
    level: str, told: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        constant = open_constant(stack, tmp_path)
        bodies = ['{"id": "01a20173-0000-7000-8000-000000000001"}']
        subject = Subject(constant.server, constant.path, bodies, "a key")
        with pytest.raises(BenchmarkError, match=told):
            require_equal("constant", subject, LEVELS[level])

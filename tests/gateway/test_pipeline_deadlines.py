"""A caller's deadline holds until the write joins a commit; a caller who leaves changes nothing."""

import asyncio

import pytest

from tests.gateway.calls import answer_of, begin, call_of, names_kept, totals_kept
from tests.gateway.kinds import ON_POSTGRES
from tests.gateway.store.shelf import every_connection_held
from tests.gateway.toys import SLOW, Bench
from tests.support.house import House
from tests.support.watching import watched


def within(seconds: float) -> float:
    """A deadline, as the loop's clock has it."""
    return asyncio.get_running_loop().time() + seconds


async def test_a_call_that_takes_too_long_is_told_so(toybox: House) -> None:
    answer = await answer_of(toybox, "toys/wait", deadline=within(0.001))

    assert answer["status"] == "error"
    assert answer["data"] == {
        "code": "DeadlineExceeded",
        "message": "The deadline passed before the call could finish; nothing was written.",
        "retryable": True,
    }


async def test_a_call_in_time_does_not_notice_its_deadline(toybox: House) -> None:
    answer = await answer_of(toybox, "toys/keep", name="pear", deadline=within(60))

    assert answer["status"] == "success"


async def test_a_deadline_passes_while_the_write_waits_for_its_turn(
    toybox: House, bench: Bench
) -> None:
    first = begin(toybox, "toys/tally", name=SLOW)
    await bench.reached()
    late = await answer_of(toybox, "toys/tally", name="apples", deadline=within(0.001))
    bench.go_on.set()
    await first

    assert late["data"]["code"] == "DeadlineExceeded"
    assert await totals_kept(toybox) == {SLOW: 1}


@ON_POSTGRES
@pytest.mark.parametrize("path", ["toys/keep", "toys/tally"])
async def test_a_deadline_passes_while_the_write_waits_for_a_connection(
    toybox: House, path: str
) -> None:
    pipeline = watched(toybox)
    await pipeline.answer(call_of(toybox, "toys/things"))  # from now on, the key is remembered
    async with every_connection_held(toybox.gateway.database):
        late = await pipeline.answer(call_of(toybox, path, name="pear", deadline=within(0.01)))

    assert late.code == "DeadlineExceeded"
    assert [*await names_kept(toybox), *await totals_kept(toybox)] == []


@pytest.mark.parametrize("path", ["toys/keep_slowly", "toys/tally"])
async def test_once_the_write_has_joined_a_commit_its_outcome_is_the_answer(
    toybox: House, bench: Bench, path: str
) -> None:
    deadline = within(0.5)
    call = begin(toybox, path, name=SLOW, deadline=deadline)
    await bench.reached()
    other = await answer_of(toybox, "toys/wait", deadline=deadline)
    bench.go_on.set()

    assert other["data"]["code"] == "DeadlineExceeded"
    assert (await call).status == "success"
    assert [*await names_kept(toybox), *await totals_kept(toybox)] == [SLOW]


async def test_a_caller_who_leaves_before_its_turn_changes_nothing(
    toybox: House, bench: Bench
) -> None:
    first = begin(toybox, "toys/tally", name=SLOW)
    await bench.reached()
    leaver = begin(toybox, "toys/tally", name="apples")
    await answer_of(toybox, "toys/things")
    leaver.cancel()
    bench.go_on.set()
    await first

    with pytest.raises(asyncio.CancelledError):
        await leaver
    assert await totals_kept(toybox) == {SLOW: 1}


async def test_a_caller_who_leaves_during_the_commit_gets_its_outcome(
    toybox: House, bench: Bench
) -> None:
    leaver = begin(toybox, "toys/keep_slowly", name="pear")
    await bench.reached()
    leaver.cancel()
    bench.go_on.set()

    assert (await leaver).status == "success"
    assert await names_kept(toybox) == ["pear"]


async def test_leaving_a_read_ends_it(toybox: House, bench: Bench) -> None:
    leaver = begin(toybox, "toys/wait")
    await bench.reached()
    leaver.cancel()

    with pytest.raises(asyncio.CancelledError):
        await leaver

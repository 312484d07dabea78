"""Calls that come together are served together, and each as if it were alone."""

import asyncio
import gc

from gateway.group import BatchCall
from tests.gateway.calls import answer_of, begin, totals_kept
from tests.gateway.toys import CRASHING, SECRET, SILENT, SLOW, UNLUCKY, Bench
from tests.support.house import Answer, House


async def together(house: House, bench: Bench, *steps: tuple[str, int]) -> list[Answer]:
    """The answers to steps that wait for the same commit, in the order in which they came."""
    first = begin(house, "toys/tally", name=SLOW)
    await bench.reached()
    calls = [
        asyncio.create_task(answer_of(house, "toys/tally", name=name, by=by)) for name, by in steps
    ]
    # By the time that a read is answered, the writes that came before it wait for their turn.
    await answer_of(house, "toys/things")
    bench.groups.clear()
    bench.go_on.set()
    await first
    return list(await asyncio.gather(*calls))


def outcomes(answers: list[Answer]) -> list[object]:
    """Each answer's total, or its error's code."""
    return [each["data"].get("total", each["data"].get("code")) for each in answers]


async def test_calls_that_came_meanwhile_are_one_group(toybox: House, bench: Bench) -> None:
    answers = await together(toybox, bench, *[("apples", 1)] * 20)

    assert bench.groups == [20]
    assert outcomes(answers) == list(range(1, 21))
    assert await totals_kept(toybox) == {SLOW: 1, "apples": 20}


async def test_each_call_sees_what_those_before_it_did(toybox: House, bench: Bench) -> None:
    answers = await together(toybox, bench, ("a", 5), ("b", 1), ("a", -2), ("b", 10), ("a", 1))

    assert outcomes(answers) == [5, 1, 3, 11, 4]


async def test_an_error_drops_what_its_own_call_staged_and_no_more(
    toybox: House, bench: Bench
) -> None:
    answers = await together(toybox, bench, ("a", 1), ("a", UNLUCKY), ("b", UNLUCKY), ("a", 1))

    assert outcomes(answers) == [1, "Unlucky", "Unlucky", 2]
    assert bench.groups == [4]
    assert await totals_kept(toybox) == {SLOW: 1, "a": 2}


async def test_a_crash_drops_its_own_call_too(toybox: House, bench: Bench) -> None:
    answers = await together(toybox, bench, ("a", 1), ("a", CRASHING), ("a", 1))

    assert outcomes(answers) == [1, "InternalServerError", 2]
    assert bench.groups == [3]
    assert SECRET not in str(answers)


async def test_when_saving_fails_only_the_culprit_does(toybox: House, bench: Bench) -> None:
    answers = await together(toybox, bench, ("a", 1), ("b", 1001), ("a", 2), ("c", 3))

    assert outcomes(answers) == [1, "InternalServerError", 3, 3]
    assert bench.groups == [4, 1, 1, 1, 1]
    assert await totals_kept(toybox) == {SLOW: 1, "a": 3, "c": 3}


async def test_a_call_left_unanswered_fails_and_keeps_nothing_and_its_neighbours_do(
    toybox: House, bench: Bench
) -> None:
    answers = await together(toybox, bench, ("a", 1), (SILENT, 1), ("a", 1))

    assert outcomes(answers) == [1, "InternalServerError", 2]
    assert await totals_kept(toybox) == {SLOW: 1, "a": 2}


async def test_a_call_alone_is_a_group_of_one(toybox: House, bench: Bench) -> None:
    for _ in range(3):
        await toybox.send("toys/tally", name="apples")

    assert bench.groups == [1, 1, 1]
    assert await totals_kept(toybox) == {"apples": 3}


async def test_the_wish_of_each_call_is_its_own(toybox: House, bench: Bench) -> None:
    answers = await together(toybox, bench, ("a", 1), ("a", UNLUCKY))

    assert [list(each["flags"]) for each in answers] == [
        ["request_id", "modification"],
        ["request_id"],
    ]


async def test_a_group_leaves_nothing_behind_for_the_collector(toybox: House, bench: Bench) -> None:
    gc.collect()
    gc.disable()
    try:
        await together(toybox, bench, ("a", 1), ("a", UNLUCKY), ("b", 1))
        left = [each for each in gc.get_objects() if isinstance(each, BatchCall)]
    finally:
        gc.enable()

    assert left == []

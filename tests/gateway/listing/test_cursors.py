"""A cursor goes on where the last call stopped, and belongs to one list of one account."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.kinds import ON_SQLITE
from tests.support.house import Answer, House
from tests.support.people import key_of

NAMES = ["apple", "banana", "cherry", "date", "elder"]


@pytest.fixture
async def orchard(open_house: OpenHouse) -> House:
    """Five things, in the order of their names."""
    house = await open_house(sections=(toys.section,))
    await asyncio.gather(*(house.data("toys/keep", name=name) for name in NAMES))
    return house


@pytest.fixture
async def cursor(orchard: House) -> str:
    """The cursor that goes on after the first two things."""
    return next_cursor(await orchard.send("toys/past", per_page=2))


def next_cursor(answer: Answer) -> str:
    return str(answer["flags"]["paginated"]["next_cursor"])


def named(answer: Answer) -> list[str]:
    return [each["name"] for each in answer["data"]]


async def stretches(house: House, per_page: int) -> AsyncIterator[Answer]:
    """The answers that lead from the list's beginning to its end."""
    asked: dict[str, Any] = {}
    while True:
        answer = await house.send("toys/past", per_page=per_page, **asked)
        yield answer
        if not answer["flags"]["paginated"]["has_more"]:
            return
        asked = {"cursor": next_cursor(answer)}


@pytest.mark.parametrize(("per_page", "calls"), [(1, 5), (2, 3), (4, 2), (5, 1), (100, 1)])
async def test_cursors_lead_through_the_whole_list(
    orchard: House, per_page: int, calls: int
) -> None:
    answers = [answer async for answer in stretches(orchard, per_page)]

    assert len(answers) == calls
    assert [name for answer in answers for name in named(answer)] == NAMES
    assert answers[-1]["flags"]["paginated"] == {
        "per_page": per_page,
        "next_cursor": None,
        "has_more": False,
    }


async def test_a_record_that_comes_meanwhile_moves_nothing(orchard: House, cursor: str) -> None:
    await orchard.data("toys/keep", name="aardvark")
    answer = await orchard.send("toys/past", cursor=cursor)

    assert named(answer) == NAMES[2:]


@ON_SQLITE
async def test_a_cursor_may_go_on_with_pages_of_another_size(orchard: House, cursor: str) -> None:
    answer = await orchard.send("toys/past", cursor=cursor, per_page=1)

    assert named(answer) == ["cherry"]


@ON_SQLITE
async def test_an_empty_list_has_no_cursor(toybox: House) -> None:
    answer = await toybox.send("toys/past")

    assert answer["data"] == []
    assert answer["flags"]["paginated"] == {
        "per_page": 30,
        "next_cursor": None,
        "has_more": False,
    }


@ON_SQLITE
@pytest.mark.parametrize(
    ("path", "params"), [("toys/past_too", {}), ("toys/past", {"name": "pear"})]
)
async def test_a_cursor_of_another_list_is_refused(
    orchard: House, cursor: str, path: str, params: dict[str, str]
) -> None:
    answer = await orchard.send(path, cursor=cursor, **params)

    sentence = "This cursor does not belong to this list."
    assert answer["status"] == "parameter-error"
    assert answer["data"] == {
        "message": f"`cursor`: {sentence}",
        "errors": {"cursor": [sentence]},
    }


@ON_SQLITE
async def test_a_cursor_of_another_account_is_refused(orchard: House, cursor: str) -> None:
    answer = await orchard.send("toys/past", key=await key_of(orchard), cursor=cursor)

    assert list(answer["data"]["errors"]) == ["cursor"]


async def test_a_cursor_is_good_after_a_restart(
    open_house: OpenHouse, orchard: House, cursor: str
) -> None:
    again = await open_house(sections=(toys.section,))
    answer = await again.send("toys/past", key=orchard.key, cursor=cursor)

    assert named(answer) == NAMES[2:]


@ON_SQLITE
@pytest.mark.parametrize(
    "wrong", ["", "a", "é", "AAAA", "!!!!", "=", "A" * 1024, "A" * 1025, 7, None, ["a"], {}]
)
async def test_what_is_no_cursor_is_refused(toybox: House, wrong: object) -> None:
    answer = await toybox.send("toys/past", cursor=wrong)

    assert answer["status"] == "parameter-error"
    assert list(answer["data"]["errors"]) == ["cursor"]


@ON_SQLITE
async def test_every_change_of_one_character_is_refused(orchard: House, cursor: str) -> None:
    changed = [
        cursor[:place] + other + cursor[place + 1 :]
        for place in range(len(cursor))
        for other in "Aa0_"
        if other != cursor[place]
    ]
    answers = await asyncio.gather(*(orchard.send("toys/past", cursor=each) for each in changed))

    assert {answer["status"] for answer in answers} == {"parameter-error"}


@ON_SQLITE
@pytest.mark.parametrize("more", ["=", "A", "\n", " ", "!"])
async def test_a_cursor_with_something_behind_it_is_refused(
    orchard: House, cursor: str, more: str
) -> None:
    answer = await orchard.send("toys/past", cursor=cursor + more)

    assert answer["status"] == "parameter-error"

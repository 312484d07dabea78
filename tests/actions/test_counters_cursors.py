"""Cursors through the history of a counter: whose they are, and what they lead to."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta

import orjson
import pytest

from tests.actions.given import Admit, Counter, Make
from tests.conftest import OpenHouse
from tests.support.house import Answer, House, Send

REFUSED_CURSOR = {
    "message": "`cursor`: This cursor does not belong to this list.",
    "errors": {"cursor": ["This cursor does not belong to this list."]},
}


@pytest.fixture
async def walked(house: House, steps: Counter) -> Counter:
    """The counter `steps` after six increments: seven versions."""
    for _ in range(6):
        await house.data("counters/increment", external_id="steps")
    return steps


@pytest.fixture
async def cursor(house: House, walked: Counter) -> str:
    """The cursor behind the two newest versions of `steps`."""
    answer = await house.send("counters/history", external_id="steps", per_page=2)
    found: str = answer["flags"]["paginated"]["next_cursor"]
    return found


def versions(answer: Answer) -> list[int]:
    assert answer["status"] == "success", answer
    return [each["version"] for each in answer["data"]]


async def test_cursors_lead_through_the_whole_history(house: House, walked: Counter) -> None:
    pages = [await house.send("counters/history", external_id="steps", per_page=3)]
    while cursor := pages[-1]["flags"]["paginated"]["next_cursor"]:
        pages.append(
            await house.send("counters/history", external_id="steps", per_page=3, cursor=cursor)
        )

    assert [versions(page) for page in pages] == [[7, 6, 5], [4, 3, 2], [1]]
    assert [page["flags"]["paginated"]["has_more"] for page in pages] == [True, True, False]


async def test_a_page_that_is_just_full_is_the_last(
    send: Send, walked: Counter, cursor: str
) -> None:
    whole = await send("counters/history", external_id="steps", per_page=7)
    rest = await send("counters/history", external_id="steps", per_page=5, cursor=cursor)

    assert [versions(whole), versions(rest)] == [[7, 6, 5, 4, 3, 2, 1], [5, 4, 3, 2, 1]]
    assert whole["flags"]["paginated"] == {
        "per_page": 7,
        "next_cursor": None,
        "has_more": False,
    }
    assert rest["flags"]["paginated"]["has_more"] is False


async def test_what_is_written_while_reading_neither_moves_nor_repeats_anything(
    house: House, walked: Counter, cursor: str
) -> None:
    for _ in range(3):
        await house.data("counters/increment", external_id="steps")

    read_on = await house.send("counters/history", external_id="steps", cursor=cursor)
    again = await house.send("counters/history", external_id="steps", cursor=cursor)

    assert versions(read_on) == versions(again) == [5, 4, 3, 2, 1]


async def test_versions_of_one_moment_are_read_through_without_a_gap(
    house: House, steps: Counter
) -> None:
    house.clock.now -= timedelta(days=1)  # so that each version is at the moment of the first
    for _ in range(6):
        await house.data("counters/increment", external_id="steps")

    first = await house.send("counters/history", external_id="steps", per_page=3)
    second = await house.send(
        "counters/history",
        external_id="steps",
        per_page=3,
        cursor=first["flags"]["paginated"]["next_cursor"],
    )

    assert {each["at"] for each in first["data"]} == {steps["created_at"]}
    assert [versions(first), versions(second)] == [[7, 6, 5], [4, 3, 2]]


async def test_a_cursor_outlives_the_gateway_that_gave_it(
    open_house: OpenHouse, house: House, cursor: str
) -> None:
    opened = await open_house()

    read_on = await opened.send(
        "counters/history", key=house.key, external_id="steps", cursor=cursor
    )

    assert versions(read_on) == [5, 4, 3, 2, 1]


async def test_a_cursor_of_another_counter_is_refused(send: Send, make: Make, cursor: str) -> None:
    await make(external_id="other")

    answer = await send("counters/history", external_id="other", cursor=cursor)

    assert answer["status"] == "parameter-error"
    assert answer["data"] == REFUSED_CURSOR


async def test_a_cursor_does_not_follow_a_reference_to_another_counter(
    house: House, make: Make, walked: Counter, cursor: str
) -> None:
    await house.data("counters/delete", external_id="steps")
    await make(external_id="steps")

    answer = await house.send("counters/history", external_id="steps", cursor=cursor)

    assert answer["data"] == REFUSED_CURSOR


async def test_a_cursor_of_another_account_is_refused(
    send: Send, cursor: str, admit: Admit
) -> None:
    viewer = await admit(role="viewer")

    answer = await send("counters/history", key=viewer, external_id="steps", cursor=cursor)

    assert answer["data"] == REFUSED_CURSOR


async def test_garbage_is_no_cursor(send: Send, cursor: str) -> None:
    middle = len(cursor) // 2
    other = "A" if cursor[middle] != "A" else "B"
    garbage = {
        "a letter changed": cursor[:middle] + other + cursor[middle + 1 :],
        "cut short": cursor[:-4],
        "gone on with": cursor + "AAAA",
        "the wrong way round": cursor[::-1],
        "words": "newest",
        "not ASCII": "początek",
        "blank": " ",
    }

    answers = {
        case: await send("counters/history", external_id="steps", cursor=each)
        for case, each in garbage.items()
    }

    assert {case: answer["data"] for case, answer in answers.items()} == dict.fromkeys(
        garbage, REFUSED_CURSOR
    )


async def test_a_cursor_is_taken_as_it_was_given_and_no_other_way(send: Send, cursor: str) -> None:
    spare_bits = cursor[:-1] + chr(ord(cursor[-1]) + 1)

    padded = await send("counters/history", external_id="steps", cursor=cursor + "=")
    changed = await send("counters/history", external_id="steps", cursor=spare_bits)

    assert padded["data"] == changed["data"] == REFUSED_CURSOR


async def test_a_cursor_that_somebody_made_themselves_is_refused(
    house: House, steps: Counter
) -> None:
    caller = await house.data("system/whoami")
    positions = [
        b'["yesterday", 1]',
        b'["2026-11-21T12:00:00+00:00", "1"]',
        b'["2026-11-21T12:00:00+00:00", 1e30]',
        b"{}",
        b"newest",
    ]

    answers = {
        position: await house.send(
            "counters/history",
            external_id="steps",
            cursor=_forged(position, caller["account_id"], {"external_id": "steps"}),
        )
        for position in positions
    }

    assert {position: answer["data"] for position, answer in answers.items()} == dict.fromkeys(
        positions, REFUSED_CURSOR
    )


def _forged(position: bytes, account_id: str, params: dict[str, str]) -> str:
    """A cursor as whoever reads our source would make it."""
    binding = orjson.dumps(["counters/history", account_id, params], option=orjson.OPT_SORT_KEYS)
    digest = hashlib.blake2b(binding + b"\n" + position, digest_size=12).digest()
    return urlsafe_b64encode(digest + position).decode().rstrip("=")

"""Listing counters: pages, order, and the flags that tell of them."""

from datetime import timedelta

import pytest

from tests.actions.given import Counter, Make, flags, no_rows
from tests.support.house import Answer, House, Send


@pytest.fixture
async def shelf(house: House, make: Make) -> list[Counter]:
    """Seven counters in the order of their making, with names and values that repeat."""
    named = [("Pears", 3), ("apples", 1), ("Pears", 1), ("Äpfel", 2), ("Zebra", 1), ("Ω123 ", 3)]
    made = [await make(name=f"{name:5}x", value=value) for name, value in named]
    return [*made, await make(name="😀😀😀😀😀", type="FromDate", date="2026-11-19")]


async def test_list_shows_every_counter_in_the_order_of_making(
    send: Send, shelf: list[Counter]
) -> None:
    answer = await send("counters/list")

    assert answer["status"] == "success"
    assert answer["data"] == shelf
    assert flags(answer) == {
        "sorted": {"by": "created_at", "order": "asc"},
        "paginated": {"page": 1, "per_page": 30, "total_pages": 1, "total_records": 7},
    }


async def test_a_workspace_without_counters_has_an_empty_list(send: Send) -> None:
    answer = await send("counters/list")

    assert answer["data"] == []
    assert answer["flags"]["paginated"] == {
        "page": 1,
        "per_page": 30,
        "total_pages": 0,
        "total_records": 0,
    }


async def test_a_list_sorts_by_each_attribute_both_ways(house: House, shelf: list[Counter]) -> None:
    moved = [shelf[2], shelf[0]]
    for counter in moved:  # each later than the last
        house.clock.now += timedelta(seconds=1)
        await house.data("counters/increment", id=counter["id"])
    listed = await house.data("counters/list")

    found = {
        (by, order): await house.data("counters/list", sort_by=by, order=order)
        for by in ("created_at", "name", "value", "updated_at")
        for order in ("asc", "desc")
    }

    # Python sorts text by code point and keeps the order of ties; ids rise with each counter.
    expected = {
        by: sorted(listed, key=lambda counter: (counter[by], counter["id"]))
        for by in ("created_at", "name", "value", "updated_at")
    }
    assert [counter["name"] for counter in expected["name"]] == [
        *("Pearsx", "Pearsx", "Zebrax", "applesx", "Äpfelx", "Ω123 x", "😀😀😀😀😀"),
    ]
    assert [counter["value"] for counter in expected["value"]] == [1, 1, 2, 2, 2, 3, 4]
    assert found == {
        (by, order): counters if order == "asc" else counters[::-1]
        for by, counters in expected.items()
        for order in ("asc", "desc")
    }


async def test_order_alone_turns_the_default_attribute_round(
    send: Send, shelf: list[Counter]
) -> None:
    answer = await send("counters/list", order="desc")
    by_name = await send("counters/list", sort_by="name")

    assert answer["data"] == shelf[::-1]
    assert answer["flags"]["sorted"] == {"by": "created_at", "order": "desc"}
    assert by_name["flags"]["sorted"] == {"by": "name", "order": "asc"}


async def test_pages_of_ties_never_overlap_and_leave_nothing_out(
    house: House, shelf: list[Counter]
) -> None:
    pages = [
        await house.send("counters/list", sort_by="value", order="desc", per_page=2, page=page)
        for page in range(1, 6)
    ]

    whole = await house.data("counters/list", sort_by="value", order="desc", per_page=100)
    assert [len(page["data"]) for page in pages] == [2, 2, 2, 1, 0]
    assert [counter for page in pages for counter in page["data"]] == whole
    assert [page["flags"]["paginated"] for page in pages] == [
        {"page": page, "per_page": 2, "total_pages": 4, "total_records": 7} for page in range(1, 6)
    ]


async def test_counters_made_at_the_same_moment_are_listed_by_id(house: House, make: Make) -> None:
    moment = house.clock.now
    made = []
    for _ in range(4):
        house.clock.now = moment
        made.append(await make())

    up = await house.data("counters/list", per_page=3)
    down = await house.data("counters/list", per_page=3, order="desc")

    by_id = sorted(made, key=lambda counter: (counter["created_at"], counter["id"]))
    assert up == by_id[:3]
    assert down == by_id[::-1][:3]


@pytest.mark.parametrize("page", [3, 2**63 - 1])
async def test_past_the_end_a_list_is_empty(send: Send, shelf: list[Counter], page: int) -> None:
    answer = await send("counters/list", page=page, per_page=5)

    assert answer["status"] == "success"
    assert answer["data"] == []
    assert answer["flags"]["paginated"] == {
        "page": page,
        "per_page": 5,
        "total_pages": 2,
        "total_records": 7,
    }


@no_rows
async def test_what_a_list_does_not_know_is_a_parameter_error(send: Send) -> None:
    wrong: dict[str, dict[str, object]] = {
        "page": {"page": 0},
        "page below": {"page": -1},
        "page as float": {"page": 1.0},
        "page as text": {"page": "1"},
        "page as boolean": {"page": True},
        "page as null": {"page": None},
        "per_page": {"per_page": 0},
        "per_page above": {"per_page": 101},
        "per_page as text": {"per_page": "30"},
        "sort_by": {"sort_by": "type"},
        "sort_by in capitals": {"sort_by": "Name"},
        "order": {"order": "ASC"},
        "filters": {"filters": [{"name": "x"}]},
        "cursor": {"cursor": "x"},
        "timezone": {"timezone": "Mars/Olympus"},
        "limit": {"limit": 5},
    }

    answers = {case: await send("counters/list", **params) for case, params in wrong.items()}

    assert {answer["status"] for answer in answers.values()} == {"parameter-error"}
    assert {case: list(answer["data"]["errors"]) for case, answer in answers.items()} == {
        case: [case.split()[0]] for case in wrong
    }
    together = await send("counters/list", page=0, order="up", timezone="Mars/Olympus", pages=1)
    assert set(together["data"]["errors"]) == {"page", "order", "timezone", "pages"}


async def test_a_list_shows_extended_attributes_and_history_on_request(
    house: House, steps: Counter, make: Make
) -> None:
    await make(type="ToDate", date="2026-12-24", description="Presents")
    await house.data("counters/increment", external_id="steps")

    listed = await house.data("counters/list", _full=True, _expansions=True)

    shown = [await _whole(house, counter) for counter in listed]
    assert [list(counter.items()) for counter in listed] == [list(each.items()) for each in shown]
    assert [each["description"] for each in listed] == [None, "Presents"]
    assert [[change["to"] for change in each["history"]] for each in listed] == [
        [1, 0],
        ["2026-12-24"],
    ]


async def test_a_list_shows_what_happened_since_the_last_one(
    house: House, steps: Counter, make: Make
) -> None:
    others = [await make(), await make(type="FromDate", date="2026-11-01")]
    before = await house.data("counters/list")

    stepped = await house.data("counters/increment", external_id="steps")
    after_step = await house.data("counters/list")
    named = await house.data("counters/update", external_id="steps", name="Steps a day")
    after_update = await house.data("counters/list")
    await house.data("counters/delete", external_id="steps")
    house.clock.now += timedelta(days=1)
    next_day = await house.data("counters/list")

    assert before == [steps, *others]
    assert after_step == [stepped, *others]
    assert after_update == [named, *others]
    assert [(counter["id"], counter["value"]) for counter in next_day] == [
        (others[0]["id"], 0),
        (others[1]["id"], 21),
    ]


async def test_what_is_shown_in_one_list_stays_in_it(house: House, steps: Counter) -> None:
    plain = await house.data("counters/list")
    whole = await house.data("counters/list", _full=True, _expansions=True)
    full = await house.data("counters/list", _full=True)
    again = await house.data("counters/list", _full=False, _expansions=False)

    assert plain == again == [steps]
    assert set(whole[0]) - set(full[0]) == {"history", "permitted_actions"}
    assert set(full[0]) - set(steps) == {"created_by", "description", "metadata"}


async def _whole(house: House, counter: Counter) -> Answer:
    shown: Answer = await house.data("counters/get", id=counter["id"], _full=True, _expansions=True)
    return shown

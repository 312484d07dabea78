"""The history of a counter: every version, newest first."""

from datetime import timedelta

from tests.actions.given import NO_SUCH_COUNTER, Counter, Make, flags, no_rows
from tests.support.house import House, Send


async def test_history_tells_every_version_newest_first(house: House, make: Make) -> None:
    caller = await house.data("system/whoami")
    made = await make(external_id="steps", value=5)
    up = await house.data("counters/increment", external_id="steps", by=3)
    down = await house.data("counters/decrement", external_id="steps")
    set_ = await house.data("counters/set", external_id="steps", value=100)
    named = await house.data("counters/update", external_id="steps", name="Steps a day")

    answer = await house.send("counters/history", external_id="steps")

    told = [
        (5, "update", 100, 100, named["updated_at"]),
        (4, "set", 7, 100, set_["updated_at"]),
        (3, "decrement", 8, 7, down["updated_at"]),
        (2, "increment", 5, 8, up["updated_at"]),
        (1, "create", None, 5, made["created_at"]),
    ]
    assert flags(answer) == {"paginated": {"per_page": 30, "next_cursor": None, "has_more": False}}
    assert [list(each.items()) for each in answer["data"]] == [
        [
            ("version", version),
            ("action", action),
            ("from", before),
            ("to", after),
            ("by_account", caller["account_id"]),
            ("at", at),
        ]
        for version, action, before, after, at in told
    ]


async def test_a_counter_of_days_tells_its_dates(house: House, make: Make) -> None:
    await make(external_id="days", type="FromDate", date="0001-01-01")
    await house.data("counters/update", external_id="days", date="9999-12-31")

    history = await house.data("counters/history", external_id="days")

    assert [(each["from"], each["to"]) for each in history] == [
        ("0001-01-01", "9999-12-31"),
        (None, "0001-01-01"),
    ]


async def test_a_clock_that_goes_back_does_not_take_history_back(
    house: House, steps: Counter
) -> None:
    now = house.clock.now
    for hours in (2, 1, -3, 3):
        house.clock.now = now + timedelta(hours=hours)
        await house.data("counters/increment", external_id="steps")
        house.clock.now -= timedelta(minutes=30)
        await house.data("counters/update", external_id="steps", goal=hours)

    history = await house.data("counters/history", external_id="steps")

    moments = [each["at"] for each in history]
    assert [each["version"] for each in history] == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert moments == sorted(moments, reverse=True)
    assert [moment[11:13] for moment in moments] == [
        "15",
        "15",
        "14",
        "14",
        "14",
        "14",
        "14",
        "14",
        "12",
    ]
    counter = await house.data("counters/get", external_id="steps")
    assert counter["updated_at"] == moments[0]


@no_rows
async def test_history_takes_a_cursor_and_a_page_length_and_no_page(send: Send) -> None:
    wrong: dict[str, dict[str, object]] = {
        "per_page": {"per_page": 0},
        "per_page above": {"per_page": 101},
        "per_page as float": {"per_page": 10.0},
        "cursor": {"cursor": ""},
        "cursor as number": {"cursor": 5},
        "cursor as null": {"cursor": None},
        "page": {"page": 1},
        "order": {"order": "asc"},
        "filters": {"filters": {}},
        "_full": {"_full": True},
    }

    answers = {
        case: await send("counters/history", external_id="steps", **params)
        for case, params in wrong.items()
    }

    assert {answer["status"] for answer in answers.values()} == {"parameter-error"}
    assert {case: list(answer["data"]["errors"]) for case, answer in answers.items()} == {
        case: [case.split()[0]] for case in wrong
    }


async def test_the_history_of_nothing_is_not_found(send: Send, steps: Counter) -> None:
    answer = await send("counters/history", external_id="stepz")

    assert answer["data"] == NO_SUCH_COUNTER

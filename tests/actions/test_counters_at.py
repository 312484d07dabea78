"""The value that a counter had at a moment."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.given import Counter, Make, flags, no_rows
from tests.support.house import Answer, House, Send

MICROSECOND = timedelta(microseconds=1)
FUTURE = "Must not lie in the future."


@pytest.fixture
async def walked(house: House, steps: Counter) -> list[Answer]:
    """The versions of `steps`, newest first: made, then an hour apart set to 10 and to -20."""
    for value in (10, -20):
        house.clock.now += timedelta(hours=1)
        await house.data("counters/set", external_id="steps", value=value)
    house.clock.now += timedelta(hours=1)
    history: list[Answer] = await house.data("counters/history", external_id="steps")
    return history


def shifted(moment: str, by: timedelta) -> str:
    return (datetime.fromisoformat(moment) + by).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def test_at_tells_the_value_and_version_of_a_moment(
    send: Send, steps: Counter, walked: list[Answer]
) -> None:
    moment = walked[1]["at"]

    answer = await send("counters/at", external_id="steps", moment=moment)

    assert answer["status"] == "success"
    assert flags(answer) == {}
    assert list(answer["data"].items()) == [
        ("id", steps["id"]),
        ("external_id", "steps"),
        ("type", "UpDown"),
        ("value", 10),
        ("version", 2),
        ("moment", moment),
    ]


async def test_a_version_holds_from_its_own_moment_until_the_next(
    house: House, steps: Counter, walked: list[Answer]
) -> None:
    newest, middle, oldest = (each["at"] for each in walked)
    expected = {
        oldest: (0, 1),
        shifted(oldest, MICROSECOND): (0, 1),
        shifted(middle, -MICROSECOND): (0, 1),
        middle: (10, 2),
        shifted(newest, -MICROSECOND): (10, 2),
        newest: (-20, 3),
        shifted(newest, timedelta(minutes=59)): (-20, 3),
    }

    told = {
        moment: await house.data("counters/at", id=steps["id"], moment=moment)
        for moment in expected
    }

    assert {moment: (each["value"], each["version"]) for moment, each in told.items()} == expected


async def test_the_moment_may_be_written_with_any_offset(
    house: House, walked: list[Answer]
) -> None:
    moment = walked[1]["at"]
    elsewhere = shifted(moment, timedelta(hours=-9, minutes=-30)).replace("Z", "-09:30")

    told = await house.data("counters/at", external_id="steps", moment=elsewhere)

    assert (told["version"], told["moment"]) == (2, moment)


async def test_before_its_creation_a_counter_is_not_found(
    send: Send, steps: Counter, walked: list[Answer]
) -> None:
    just_before = shifted(steps["created_at"], -MICROSECOND)

    answers = [
        await send("counters/at", external_id="steps", moment=moment)
        for moment in (just_before, "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z")
    ]

    told = [(each["data"]["code"], each["data"]["number"]) for each in answers]
    assert told == [("NotFound", -1100)] * 3


async def test_the_future_is_a_parameter_error(house: House, steps: Counter) -> None:
    soon = (house.clock.now + timedelta(seconds=1)).isoformat()

    answers = [
        await house.send("counters/at", external_id="steps", moment=moment)
        for moment in (soon, "9999-12-31T23:59:59.999999Z")
    ]

    assert {answer["status"] for answer in answers} == {"parameter-error"}
    assert [answer["data"] for answer in answers] == [
        {"message": f"`moment`: {FUTURE}", "errors": {"moment": [FUTURE]}}
    ] * 2


@no_rows
async def test_the_moment_is_a_time_with_an_offset(send: Send) -> None:
    wrong: list[Any] = ["2026-11-21", "2026-11-21T12:00:00", "2026-11-21T12:00Z", 1795262400, None]

    answers = [await send("counters/at", external_id="steps", moment=each) for each in wrong]
    missing = await send("counters/at", external_id="steps")

    assert [answer["data"]["errors"] for answer in answers] == [
        *[{"moment": ["Not a valid moment."]}] * 4,
        {"moment": ["Field may not be null."]},
    ]
    assert missing["data"]["message"] == "`moment` is required but is missing"


async def test_of_versions_of_one_moment_the_last_one_counts(house: House, steps: Counter) -> None:
    now = house.clock.now
    house.clock.now -= timedelta(days=1)
    for _ in range(3):
        await house.data("counters/increment", external_id="steps")
    house.clock.now = now + timedelta(hours=1)

    told = await house.data("counters/at", external_id="steps", moment=steps["created_at"])

    assert (told["value"], told["version"]) == (3, 4)


async def test_a_counter_of_days_counts_to_the_day_that_the_moment_was_in_the_zone(
    house: House, make: Make
) -> None:
    for type_ in ("FromDate", "ToDate"):
        await make(type=type_, external_id=type_, date="2026-11-20")
    house.clock.now += timedelta(hours=1)
    for type_ in ("FromDate", "ToDate"):
        await house.data("counters/update", external_id=type_, date="2026-11-01")
    house.clock.now += timedelta(days=5)
    first, later = "2026-11-21T12:30:00Z", "2026-11-23T23:59:59Z"
    expected = {
        ("FromDate", first, "UTC"): (1, 1),
        ("FromDate", first, "Pacific/Kiritimati"): (2, 1),
        ("FromDate", later, "UTC"): (22, 2),
        ("FromDate", later, "Asia/Tokyo"): (23, 2),
        ("ToDate", first, "UTC"): (-1, 1),
        ("ToDate", first, "Pacific/Kiritimati"): (-2, 1),
        ("ToDate", later, "UTC"): (-22, 2),
        ("ToDate", later, "Asia/Tokyo"): (-23, 2),
    }

    told = {
        (type_, moment, zone): await house.data(
            "counters/at", external_id=type_, moment=moment, timezone=zone
        )
        for type_, moment, zone in expected
    }

    assert {case: (each["value"], each["version"]) for case, each in told.items()} == expected

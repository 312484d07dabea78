"""Counters of days: days passed and left, in whose zone, and the milestones on the way."""

from datetime import UTC, datetime

import pytest

from tests.actions.given import Counter, Make, no_rows
from tests.support.house import House, Send

LADDER = [7, 10, 14, 21, 30, 50, 100, 150, 200, 250, 300, 365]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
async def days(make: Make) -> list[Counter]:
    """A FromDate and a ToDate counter of the same date, with their types as references."""
    return [
        await make(type=type_, external_id=type_, date="2026-11-01")
        for type_ in ("FromDate", "ToDate")
    ]


async def test_days_passed_and_days_left_are_counted_on_the_zones_calendar(
    house: House, days: list[Counter]
) -> None:
    expected = {
        # At half past ten in London it is the 20th in Samoa, an hour and a half later the 22nd
        # on Kiritimati.
        ("2026-11-21T12:00", "UTC"): (20, -20),
        ("2026-11-21T12:00", "Pacific/Kiritimati"): (21, -21),
        ("2026-11-21T10:30", "Pacific/Pago_Pago"): (19, -19),
        ("2026-11-21T23:59", "UTC"): (20, -20),
        ("2026-11-22T00:00", "UTC"): (21, -21),
        ("2026-11-22T00:00", "America/New_York"): (20, -20),
        # Clocks in New York go back on 1 November and forward on 14 March.
        ("2026-11-01T03:59", "America/New_York"): (-1, 1),
        ("2026-11-01T04:00", "America/New_York"): (0, 0),
        ("2026-11-02T04:59", "America/New_York"): (0, 0),
        ("2026-11-02T05:00", "America/New_York"): (1, -1),
        ("2027-03-14T04:59", "America/New_York"): (132, -132),
        ("2027-03-14T05:00", "America/New_York"): (133, -133),
        ("2027-03-15T03:59", "America/New_York"): (133, -133),
        ("2027-03-15T04:00", "America/New_York"): (134, -134),
        # In Berlin they do on 25 October and 28 March.
        ("2026-10-25T21:59", "Europe/Berlin"): (-7, 7),
        ("2026-10-25T23:00", "Europe/Berlin"): (-6, 6),
        ("2027-03-28T21:59", "Europe/Berlin"): (147, -147),
        ("2027-03-28T22:00", "Europe/Berlin"): (148, -148),
        # 2028 has a 29 February.
        ("2028-02-28T12:00", "UTC"): (484, -484),
        ("2028-02-29T12:00", "UTC"): (485, -485),
        ("2028-03-01T12:00", "UTC"): (486, -486),
        ("2024-02-28T12:00", "UTC"): (-977, 977),
    }

    counted = {}
    for moment, zone in expected:
        house.clock.now = utc(moment)
        listed = await house.data("counters/list", timezone=zone)
        counted[moment, zone] = tuple(counter["value"] for counter in listed)

    assert counted == expected


async def test_every_answer_counts_in_the_zone_that_was_asked_for(house: House, make: Make) -> None:
    zone = {"timezone": "Pacific/Kiritimati"}
    made = await make(type="FromDate", date="2026-11-01", external_id="days", **zone)
    got = await house.data("counters/get", external_id="days", **zone)
    (listed,) = await house.data("counters/list", **zone)
    updated = await house.data("counters/update", external_id="days", name="So many", **zone)
    deleted = await house.data("counters/delete", external_id="days", **zone)

    values = [counter["value"] for counter in (made, got, listed, updated, deleted)]
    assert values == [21] * 5


async def test_without_a_zone_the_workspaces_own_counts(house: House, neighbour: str) -> None:
    wanted = {"name": "Days so far", "type": "FromDate", "date": "2026-11-01"}

    ours = await house.data("counters/create", **wanted)
    theirs = await house.data("counters/create", key=neighbour, **wanted)
    theirs_in_utc = await house.data("counters/get", key=neighbour, id=theirs["id"], timezone="UTC")

    assert (ours["value"], theirs["value"], theirs_in_utc["value"]) == (20, 21, 20)


@no_rows
async def test_a_zone_is_an_iana_name(send: Send) -> None:
    wrong = ["Mars/Olympus", "europe/berlin", "Europe", "CEST", "+01:00", "", "../UTC", "/etc/zone"]

    answers = {
        zone: await send("counters/get", external_id="ToDate", timezone=zone) for zone in wrong
    }

    refusal = {
        "message": "`timezone`: Not a time zone that we know.",
        "errors": {"timezone": ["Not a time zone that we know."]},
    }
    assert {zone: answer["data"] for zone, answer in answers.items()} == dict.fromkeys(
        wrong, refusal
    )


async def test_the_list_is_filtered_and_sorted_by_what_the_zone_counts(
    house: House, days: list[Counter]
) -> None:
    since, until = days
    zone = "Pacific/Kiritimati"

    today = await house.data("counters/list", filters={"value": 21})
    there = await house.data("counters/list", filters={"value": 21}, timezone=zone)
    upwards = await house.data("counters/list", sort_by="value", timezone=zone)

    assert today == []
    assert [counter["id"] for counter in there] == [since["id"]]
    assert [(counter["id"], counter["value"]) for counter in upwards] == [
        (until["id"], -21),
        (since["id"], 21),
    ]


async def test_milestones_go_up_the_ladder_to_the_first_not_reached(make: Make) -> None:
    made = await make(type="FromDate", date="2026-11-07")

    assert made["value"] == 14
    assert [list(each.items()) for each in made["milestones"]] == [
        [("days", 7), ("date", "2026-11-14"), ("reached", True)],
        [("days", 10), ("date", "2026-11-17"), ("reached", True)],
        [("days", 14), ("date", "2026-11-21"), ("reached", True)],
        [("days", 21), ("date", "2026-11-28"), ("reached", False)],
    ]


async def test_after_a_year_milestones_come_by_turns_182_and_183_days_later(make: Make) -> None:
    made = await make(type="FromDate", date="2023-11-22")

    assert made["value"] == 1095
    assert [(each["days"], each["reached"]) for each in made["milestones"]] == [
        *((step, True) for step in LADDER),
        *((step, True) for step in (547, 730, 912, 1095)),
        (1277, False),
    ]
    assert made["milestones"][-1]["date"] == "2027-05-22"


async def test_a_date_to_come_has_its_first_milestone_ahead(make: Make) -> None:
    made = await make(type="FromDate", date="2026-12-24")

    assert made["value"] == -33
    assert made["milestones"] == [{"days": 7, "date": "2026-12-31", "reached": False}]


async def test_a_counters_own_milestones_stand_among_the_others(make: Make) -> None:
    made = await make(type="FromDate", date="2026-11-12", milestones=[1000, 8, 1, 10, 8, 9])

    assert made["value"] == 9
    assert [(each["days"], each["reached"]) for each in made["milestones"]] == [
        (1, True),
        (7, True),
        (8, True),
        (9, True),
        (10, False),
        (1000, False),
    ]


async def test_milestones_are_reached_where_the_day_has_come(
    house: House, days: list[Counter]
) -> None:
    house.clock.now = utc("2026-11-07T12:00")

    here = await house.data("counters/get", external_id="FromDate")
    there = await house.data("counters/get", external_id="FromDate", timezone="Pacific/Kiritimati")

    assert [(each["days"], each["reached"]) for each in here["milestones"]] == [(7, False)]
    assert [(each["days"], each["reached"]) for each in there["milestones"]] == [
        (7, True),
        (10, False),
    ]


async def test_a_counter_has_up_to_20_milestones_of_its_own(house: House, make: Make) -> None:
    made = await make(type="FromDate", date="2026-11-21", milestones=[*range(11, 31)])

    one_more = await house.send(
        "counters/create",
        name="Too many",
        type="FromDate",
        date="2026-11-21",
        milestones=[*range(11, 32)],
    )

    assert [each["days"] for each in made["milestones"]] == [7, *range(11, 31)]
    assert one_more["data"]["errors"] == {"milestones": ["Longer than maximum length 20."]}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_the_first_and_the_last_date_that_there_is_can_be_counted(
    house: House, make: Make, zone: str
) -> None:
    for type_ in ("FromDate", "ToDate"):
        for date in ("0001-01-01", "9999-12-31"):
            await make(type=type_, date=date, timezone=zone)

    house.clock.now = utc("2026-11-21T10:30")
    listed = await house.data("counters/list", timezone=zone, sort_by="value")

    today = datetime(2026, 11, 22 if zone == "Pacific/Kiritimati" else 20, tzinfo=UTC).toordinal()
    last = 3_652_059
    assert [counter["value"] for counter in listed] == [
        today - last,
        1 - today,
        today - 1,
        last - today,
    ]
    assert listed[0]["milestones"] == []
    assert [each["reached"] for each in listed[2]["milestones"][-2:]] == [True, False]


async def test_milestones_behind_the_last_date_are_left_out(make: Make) -> None:
    made = await make(type="FromDate", date="9999-12-23", milestones=[1, 8, 9, 3_652_058])

    assert [(each["days"], each["date"]) for each in made["milestones"]] == [
        (1, "9999-12-24"),
        (7, "9999-12-30"),
        (8, "9999-12-31"),
    ]

"""The arithmetic of days, against zoneinfo and plain dates written another way."""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from actions.counters.dates import LADDER, milestones, today_in, value_on

EPOCH = date(1970, 1, 1).toordinal()
LAST = date.max.toordinal()

zones = st.sampled_from(files("tzdata").joinpath("zones").read_text().split())
instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds come without a zone
own_milestones = st.lists(st.integers(1, 3_652_058), max_size=20)

# How long an example takes is up to the disk and to whoever else uses the machine.
patient = settings(deadline=None)


def local_date(zone: str, instant: datetime) -> date:
    """The date there, by whole seconds since 1970 and the zone's offset at the instant."""
    offset = ZoneInfo(zone).fromutc(instant.replace(tzinfo=ZoneInfo(zone))).utcoffset()
    assert offset is not None
    since_epoch = instant - datetime(1970, 1, 1, tzinfo=UTC) + offset
    return date.fromordinal(EPOCH + since_epoch // timedelta(days=1))


@patient
@given(zones, instants)
def test_today_is_the_date_that_zoneinfo_has(zone: str, instant: datetime) -> None:
    assert today_in(zone, instant) == local_date(zone, instant)


@patient
@given(zones, st.dates(date(1900, 1, 2), date(2199, 12, 30)))
def test_today_goes_with_zoneinfo_through_every_quarter_of_two_days(zone: str, day: date) -> None:
    noon = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)
    quarters = [noon + timedelta(minutes=15 * step) for step in range(-96, 97)]

    dates = [today_in(zone, quarter) for quarter in quarters]

    assert dates == [local_date(zone, quarter) for quarter in quarters]


@pytest.mark.parametrize(
    ("zone", "instant", "expected"),
    [
        # Samoa went over the date line: 30 December 2011 did not happen there.
        ("Pacific/Apia", "2011-12-30T09:59:59", "2011-12-29"),
        ("Pacific/Apia", "2011-12-30T10:00:00", "2011-12-31"),
        # Both sides of the date line, 26 hours apart at the most.
        ("Pacific/Kiritimati", "2026-11-21T10:00:00", "2026-11-22"),
        ("Etc/GMT+12", "2026-11-21T10:00:00", "2026-11-20"),
        ("Pacific/Kiritimati", "2026-11-21T09:59:59.999999", "2026-11-21"),
        # Midnight that summer time skips: Cairo, from 00:00 to 01:00.
        ("Africa/Cairo", "2026-04-23T21:59:59.999999", "2026-04-23"),
        ("Africa/Cairo", "2026-04-23T22:00:00", "2026-04-24"),
        # Midnight that comes twice: Havana, from 01:00 back to 00:00.
        ("America/Havana", "2026-11-01T03:59:59.999999", "2026-10-31"),
        ("America/Havana", "2026-11-01T04:00:00", "2026-11-01"),
        ("America/Havana", "2026-11-01T05:00:00", "2026-11-01"),
        # Offsets of odd minutes, and of seconds before 1972.
        ("Asia/Kathmandu", "2026-11-21T18:14:59", "2026-11-21"),
        ("Asia/Kathmandu", "2026-11-21T18:15:00", "2026-11-22"),
        ("Africa/Monrovia", "1971-12-31T00:44:29", "1971-12-30"),
        ("Africa/Monrovia", "1971-12-31T00:44:30", "1971-12-31"),
        ("UTC", "2028-02-29T23:59:59.999999", "2028-02-29"),
    ],
)
def test_today_where_calendars_are_odd(zone: str, instant: str, expected: str) -> None:
    moment = datetime.fromisoformat(instant).replace(tzinfo=UTC)

    assert today_in(zone, moment) == date.fromisoformat(expected)


@patient
@given(st.dates(), st.dates())
def test_days_passed_and_days_left_are_the_distance_of_two_dates(start: date, today: date) -> None:
    passed = value_on("FromDate", start.toordinal(), today)
    left = value_on("ToDate", start.toordinal(), today)

    assert start + timedelta(days=passed) == today
    assert today + timedelta(days=left) == start


@patient
@given(zones, instants, st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_what_is_counted_at_an_instant_grows_by_one_with_every_day(
    zone: str, instant: datetime, start: date
) -> None:
    today = local_date(zone, instant)

    counted = value_on("FromDate", start.toordinal(), today_in(zone, instant))

    assert counted == (today - start) // timedelta(days=1)


def ladder_up_to(passed: int) -> list[int]:
    """The ladder's steps to the first that is more than `passed`: a year, then half years."""
    half_years = [365 + 365 * (n // 2) + 182 * (n % 2) for n in range(1, 20_100)]
    steps = [7, 10, 14, 21, 30, 50, 100, 150, 200, 250, 300, 365, *half_years]
    below = [step for step in steps if step <= passed]
    return steps[: len(below) + 1]


@patient
@given(st.dates(), own_milestones, st.dates())
def test_milestones_are_the_ladder_and_a_counters_own_in_order(
    start: date, own: list[int], today: date
) -> None:
    passed = today.toordinal() - start.toordinal()

    found = milestones(start, own, today)

    room = LAST - start.toordinal()
    steps = sorted({step for step in [*own, *ladder_up_to(passed)] if step <= room})
    assert [each.days for each in found] == steps
    assert [each.date.toordinal() - start.toordinal() for each in found] == steps
    assert [each.reached for each in found] == [each.date <= today for each in found]


@patient
@given(st.dates(), st.dates())
def test_of_the_ladder_only_the_last_step_is_not_reached(start: date, today: date) -> None:
    assume((LAST - today.toordinal()) > 365)  # there is room for one more

    found = milestones(start, [], today)

    assert [each.reached for each in found[:-1]] == [True] * (len(found) - 1)
    assert not any(each.reached for each in found[-1:])


def test_the_ladder_goes_on_by_half_years() -> None:
    start = date(2020, 1, 1)

    found = milestones(start, [], start + timedelta(days=1824))

    assert [each.days for each in found] == [
        *LADDER,
        *(547, 730, 912, 1095, 1277, 1460, 1642, 1825),
    ]


@pytest.mark.parametrize(
    ("start", "today"),
    [
        (date.min, date.min),
        (date.min, date.max),
        (date.max, date.min),
        (date.max, date.max),
        (date(9999, 12, 24), date(9999, 12, 30)),
    ],
)
def test_the_ends_of_the_calendar_are_no_ends_of_the_program(start: date, today: date) -> None:
    found = milestones(start, [1, 3_652_058], today)

    assert value_on("FromDate", start.toordinal(), today) == (today - start).days
    assert all(start < each.date <= date.max for each in found)

"""Moments, dates and zones: how they may be written, and how they are shown."""

from datetime import UTC, date, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError, fields

from gateway.codec.encode import encode
from schemas.fields import Day, Moment, Zone


def refusal(field: fields.Field[Any], value: object) -> Any:
    with pytest.raises(ValidationError) as caught:
        field.deserialize(value)
    return caught.value.messages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T20:34:39Z", datetime(2026, 11, 21, 20, 34, 39, tzinfo=UTC)),
        ("2026-11-21t20:34:39z", datetime(2026, 11, 21, 20, 34, 39, tzinfo=UTC)),
        ("2026-11-21T20:34:39.5Z", datetime(2026, 11, 21, 20, 34, 39, 500_000, UTC)),
        ("2026-11-21T20:34:39.004117Z", datetime(2026, 11, 21, 20, 34, 39, 4117, UTC)),
        ("2026-11-21T20:34:39.004117999Z", datetime(2026, 11, 21, 20, 34, 39, 4117, UTC)),
        ("2026-11-21T20:34:39-00:00", datetime(2026, 11, 21, 20, 34, 39, tzinfo=UTC)),
        ("2026-11-22T02:04:39+05:30", datetime(2026, 11, 21, 20, 34, 39, tzinfo=UTC)),
        ("2026-12-31T23:59:59-12:00", datetime(2027, 1, 1, 11, 59, 59, tzinfo=UTC)),
        ("2028-02-29T00:00:00Z", datetime(2028, 2, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_moment_may_have_any_offset_and_becomes_utc(text: str, expected: datetime) -> None:
    moment = Moment().deserialize(text)

    assert (moment, moment.tzinfo) == (expected, UTC)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2026-11-21",
        "2026-11-21T20:34Z",
        "2026-11-21T20:34:39",
        "2026-11-21 20:34:39Z",
        "2026-11-21T20:34:39+01",
        "2026-11-21T20:34:39+0100",
        "2026-11-21T20:34:39+24:00",
        "2026-11-21T20:34:39.Z",
        "2026-11-21T20:34:39.1234567891Z",
        "2026-11-21T20:34:39,5Z",
        "2026-11-21T20:34:39Z\n",
        " 2026-11-21T20:34:39Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "20261121T203439Z",
        "2026-W47-6T20:34:39Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "\N{FULLWIDTH DIGIT TWO}026-11-21T20:34:39Z",
        1795262400,
        1795262400.5,
        True,
        [],
    ],
)
def test_anything_else_is_no_moment(value: object) -> None:
    assert refusal(Moment(), value) == ["Not a valid moment."]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 21, 20, 34, 39, 4117, UTC), "2026-11-21T20:34:39.004117Z"),
        (datetime(2026, 11, 21, 20, 34, 39, 0, UTC), "2026-11-21T20:34:39.000000Z"),
        (
            datetime(2026, 11, 21, 20, 34, 39, 7, timezone(timedelta(hours=-3))),
            "2026-11-21T23:34:39.000007Z",
        ),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_a_moment_is_shown_in_utc_with_microseconds(moment: datetime, text: str) -> None:
    assert Moment().serialize("at", {"at": moment}) == text
    assert encode(Moment.to_json(moment)) == f'"{text}"'.encode()


@settings(deadline=None)
@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-1439, 1439))  # noqa: DTZ001 - bounds come without a zone
def test_a_shown_moment_is_read_as_itself(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert Moment().deserialize(Moment().serialize("at", {"at": aware})) == aware


@settings(deadline=None)
@given(st.dates())
@example(date.min)
@example(date.max)
@example(date(2028, 2, 29))
def test_every_date_is_read_and_shown(day: date) -> None:
    text = f"{day.year:04}-{day.month:02}-{day.day:02}"

    assert Day().deserialize(text) == day
    assert Day().serialize("day", {"day": day}) == text
    assert encode(Day.to_json(day)) == f'"{text}"'.encode()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026-1-1",
        "2026-02-29",
        "2026-00-01",
        "0000-01-01",
        "10000-01-01",
        "20261121",
        "2026-W47-6",
        "2026-11-21T00:00:00Z",
        "2026-11-21\n",
        " 2026-11-21",
        "\N{FULLWIDTH DIGIT TWO}026-11-21",
        739_941,
        True,
        [],
    ],
)
def test_anything_else_is_no_date(value: object) -> None:
    assert refusal(Day(), value) == ["Not a valid date."]


def test_every_iana_zone_is_known() -> None:
    names = files("tzdata").joinpath("zones").read_text().split()

    assert len(names) > 500
    assert [Zone().deserialize(name) for name in names] == names


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "europe/berlin",
        "Europe",
        "Europe/",
        "Europe/Berlin ",
        "CEST",
        "+01:00",
        "UTC+1",
        ".",
        "..",
        "../UTC",
        "Europe/../UTC",
        "/usr/share/zoneinfo/UTC",
        "tzdata.zi",
        "zone.tab",
        "leapseconds",
        "localtime",
        "posixrules",
        "__init__.py",
        "Europe/Berlin\0",
        "Z" * 5000,
        "\ud800",
    ],
)
def test_anything_else_is_no_zone(name: str) -> None:
    assert refusal(Zone(), name) == ["Not a time zone that we know."]


@pytest.mark.parametrize("name", ["right/UTC", "posix/UTC", "right/Europe/Berlin"])
def test_a_folder_of_other_clocks_beside_the_zones_is_no_zone(name: str) -> None:
    """Some systems keep copies there; those in `right` count leap seconds."""
    assert refusal(Zone(), name) == ["Not a time zone that we know."]


@pytest.mark.parametrize("value", [1, True, ["UTC"]])
def test_a_zone_is_a_text(value: object) -> None:
    assert refusal(Zone(), value) == ["Not a valid string."]

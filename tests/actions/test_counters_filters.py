"""Filtering the list of counters: every operator on every attribute that it fits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.actions.given import Counter, Make, no_rows
from tests.support.house import House, Send

Case = tuple[str, Any]
Found = dict[Case, str]

TEXT = "eq, not_eq, starts_with, ends_with, contains, gt, gte, lt, lte, in, not_in"
ORDERED = "eq, not_eq, gt, gte, lt, lte, in, not_in"
CHOICE = "eq, not_eq, in, not_in"


@pytest.fixture
async def shelf(house: House, make: Make) -> list[Counter]:
    """Six counters made an hour apart, which the tables below call A to F."""
    wanted: list[dict[str, Any]] = [
        {"name": "A apples 100%", "external_id": "100%", "value": 3},
        {"name": "B Apples_1000", "external_id": "100_", "value": -7, "mode": "OnlyUp"},
        {"name": "C pÄrs\\%", "external_id": "10000", "value": 3, "mode": "OnlyDown"},
        {"name": "D Pears", "value": 2**63 - 1},
        {"name": "E apples", "type": "FromDate", "date": "2026-11-11"},
        {"name": "F apples", "type": "ToDate", "date": "2026-12-24", "external_id": "e-100%"},
    ]
    made = []
    for each in wanted:
        house.clock.now += timedelta(hours=1)
        made.append(await make(**each))
    return made


async def found(house: House, attribute: str, expected: Found) -> Found:
    """For each operator and value of the table, the counters that are listed, as letters."""
    return {
        (operator, value): "".join(
            counter["name"][0]
            for counter in await house.data(
                "counters/list", filters={attribute: {"operator": operator, "value": _sent(value)}}
            )
        )
        for operator, value in expected
    }


def _sent(value: Any) -> Any:
    """A table's keys hold lists as tuples."""
    return list(value) if isinstance(value, tuple) else value


async def test_names_are_compared_literally_and_by_case(house: House, shelf: list[Counter]) -> None:
    expected = {
        ("eq", "E apples"): "E",
        ("eq", "e apples"): "",
        ("eq", "E apples "): "",
        ("not_eq", "E apples"): "ABCDF",
        ("starts_with", "A apples 100%"): "A",
        ("starts_with", "% a"): "",
        ("starts_with", "_"): "",
        ("starts_with", "a"): "",
        ("starts_with", ""): "ABCDEF",
        ("ends_with", "apples"): "EF",
        ("ends_with", "%"): "AC",
        ("ends_with", "Pears"): "D",
        ("ends_with", "DD Pears"): "",
        ("ends_with", ""): "ABCDEF",
        ("contains", "apples"): "AEF",
        ("contains", "Apples"): "B",
        ("contains", "Ä"): "C",
        ("contains", "ä"): "",
        ("contains", "%"): "AC",
        ("contains", "s_1"): "B",
        ("contains", "s_"): "B",
        ("contains", "\\%"): "C",
        ("contains", ""): "ABCDEF",
        ("gt", "D Pears"): "EF",
        ("gte", "D Pears"): "DEF",
        ("lt", "B"): "A",
        ("lte", "B Apples_1000"): "AB",
        ("in", ("E apples", "D Pears", "Nobody", "E apples")): "DE",
        ("not_in", ("E apples", "D Pears")): "ABCF",
    }

    assert await found(house, "name", expected) == expected


async def test_references_are_filtered_as_text_and_having_none_equals_nothing(
    house: House, shelf: list[Counter]
) -> None:
    expected = {
        ("eq", "100%"): "A",
        ("eq", "100_"): "B",
        ("not_eq", "100%"): "BCDEF",
        ("starts_with", "100"): "ABC",
        ("starts_with", "100_"): "B",
        ("ends_with", "0%"): "AF",
        ("contains", "00"): "ABCF",
        ("gt", "100%"): "BCF",
        ("gte", "100%"): "ABCF",
        ("lt", "10000"): "A",
        ("lte", "10000"): "AC",
        ("in", ("100%", "10000")): "AC",
        ("not_in", ("100%", "10000")): "BDEF",
    }

    assert await found(house, "external_id", expected) == expected


async def test_values_are_filtered_as_numbers_those_of_days_by_what_they_are_today(
    house: House, shelf: list[Counter]
) -> None:
    expected = {
        ("eq", 3): "AC",
        ("eq", 10): "E",
        ("eq", 33): "F",
        ("eq", 2**63 - 1): "D",
        ("not_eq", 3): "BDEF",
        ("gt", 3): "DEF",
        ("gte", 3): "ACDEF",
        ("lt", 10): "ABC",
        ("lte", 10): "ABCE",
        ("gt", 2**63 - 2): "D",
        ("lt", -(2**63)): "",
        ("in", (-7, 33, 34)): "BF",
        ("not_in", (-7, 33)): "ACDE",
    }

    assert await found(house, "value", expected) == expected


async def test_types_and_modes_are_filtered_as_choices(house: House, shelf: list[Counter]) -> None:
    types = {
        ("eq", "UpDown"): "ABCD",
        ("not_eq", "UpDown"): "EF",
        ("in", ("ToDate", "FromDate")): "EF",
        ("not_in", ("ToDate",)): "ABCDE",
    }
    modes = {
        ("eq", "UpAndDown"): "AD",
        ("not_eq", "UpAndDown"): "BCEF",
        ("in", ("OnlyUp", "OnlyDown")): "BC",
        ("not_in", ("OnlyUp", "OnlyDown")): "ADEF",
    }

    assert await found(house, "type", types) == types
    assert await found(house, "mode", modes) == modes


async def test_times_are_filtered_as_moments_whatever_their_offset(
    house: House, shelf: list[Counter]
) -> None:
    moment = datetime.fromisoformat(shelf[2]["created_at"])
    elsewhere = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f-00:00")
    plus_five = (moment + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%S.%f+05:00")
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"
    created = {
        ("eq", shelf[2]["created_at"]): "C",
        ("eq", elsewhere): "C",
        ("eq", plus_five): "C",
        ("not_eq", plus_five): "ABDEF",
        ("gt", plus_five): "DEF",
        ("gte", plus_five): "CDEF",
        ("lt", plus_five): "AB",
        ("lte", plus_five): "ABC",
        ("in", (plus_five, shelf[0]["created_at"], last)): "AC",
        ("not_in", (plus_five, first)): "ABDEF",
        ("gt", first): "ABCDEF",
        ("lt", first): "",
        ("lte", last): "ABCDEF",
    }
    await house.data("counters/increment", id=shelf[0]["id"])
    updated = {("gt", shelf[5]["updated_at"]): "A", ("lte", shelf[5]["updated_at"]): "BCDEF"}

    assert await found(house, "created_at", created) == created
    assert await found(house, "updated_at", updated) == updated


async def test_nothing_is_in_an_empty_list_and_everything_is_outside(
    send: Send, shelf: list[Counter]
) -> None:
    expected = {
        (attribute, operator): counters
        for attribute in ("name", "external_id", "type", "value", "created_at")
        for operator, counters in (("in", []), ("not_in", shelf))
    }

    answers = {
        (attribute, operator): await send(
            "counters/list", filters={attribute: {"operator": operator, "value": []}}
        )
        for attribute, operator in expected
    }

    assert {case: answer["data"] for case, answer in answers.items()} == expected


async def test_a_bare_value_means_the_first_operator(send: Send, shelf: list[Counter]) -> None:
    answer = await send(
        "counters/list", filters={"type": "UpDown", "value": 3, "name": "A apples 100%"}
    )

    assert answer["data"] == [shelf[0]]
    assert answer["flags"]["filters"] == {
        "type": {"operator": "eq", "value": "UpDown"},
        "value": {"operator": "eq", "value": 3},
        "name": {"operator": "eq", "value": "A apples 100%"},
    }


async def test_filters_hold_together_and_pages_and_totals_are_of_what_they_leave(
    send: Send, shelf: list[Counter]
) -> None:
    filters = {
        "type": {"operator": "in", "value": ["UpDown"]},
        "created_at": {"operator": "gte", "value": "2026-11-21T14:30:00+01:00"},
    }

    answer = await send(
        "counters/list", filters=filters, sort_by="name", order="desc", per_page=2, page=2
    )

    assert [counter["name"][0] for counter in answer["data"]] == ["B"]
    assert answer["flags"]["filters"] == filters
    assert answer["flags"]["sorted"] == {"by": "name", "order": "desc"}
    assert answer["flags"]["paginated"] == {
        "page": 2,
        "per_page": 2,
        "total_pages": 2,
        "total_records": 3,
    }


@no_rows
async def test_a_filter_that_cannot_be_used_says_why(send: Send) -> None:
    wrong: list[tuple[str, Any, str, str]] = [
        (
            "colour",
            "red",
            "UnsupportedAttribute",
            "Filters go by name, type, mode, value, external_id, created_at, updated_at.",
        ),
        ("goal", 5, "UnsupportedAttribute", ""),
        ("name", {"operator": "like", "value": "%"}, "InvalidOperator", f"none of {TEXT}."),
        ("name", {"operator": "EQ", "value": "x"}, "InvalidOperator", ""),
        ("name", {"operator": None, "value": "x"}, "InvalidOperator", ""),
        ("external_id", {"operator": ["eq"], "value": "x"}, "InvalidOperator", f"{TEXT}."),
        ("value", {"operator": "contains", "value": 1}, "InvalidOperator", f"none of {ORDERED}."),
        ("created_at", {"operator": "starts_with", "value": "2"}, "InvalidOperator", ""),
        ("updated_at", {"operator": "contains", "value": "2"}, "InvalidOperator", ""),
        ("type", {"operator": "gt", "value": "UpDown"}, "InvalidOperator", f"none of {CHOICE}."),
        ("mode", {"operator": "starts_with", "value": "Only"}, "InvalidOperator", ""),
        ("value", {"operator": "in", "value": 5}, "ArrayNeeded", "The operator in takes a list."),
        ("name", {"operator": "not_in", "value": "x"}, "ArrayNeeded", "not_in takes a list."),
        ("name", 5, "InvalidValue", "Not a valid string."),
        ("name", None, "InvalidValue", "Field may not be null."),
        ("name", ["x"], "InvalidValue", ""),
        ("name", {"value": "x"}, "InvalidValue", 'Write it as {"operator": …, "value": …}.'),
        ("name", {"operator": "eq", "value": "x", "case": 1}, "InvalidValue", ""),
        ("name", {"operator": "contains", "value": 1}, "InvalidValue", "Not a valid string."),
        ("type", "updown", "InvalidValue", "Must be one of: UpDown, FromDate, ToDate."),
        ("mode", {"operator": "in", "value": ["OnlyUp", "Up"]}, "InvalidValue", ""),
        ("value", "5", "InvalidValue", "Not a valid integer."),
        ("value", 5.0, "InvalidValue", "Not a valid integer."),
        ("value", True, "InvalidValue", "Not a valid integer."),
        ("value", 2**63, "InvalidValue", ""),
        ("value", {"operator": "in", "value": [1, "2"]}, "InvalidValue", "Not a valid integer."),
        ("created_at", "2026-11-21", "InvalidValue", "Not a valid moment."),
        ("updated_at", 1795262400, "InvalidValue", "Not a valid moment."),
    ]

    answers = [
        (await send("counters/list", filters={attribute: sent}))["data"]
        for attribute, sent, *_ in wrong
    ]

    named = [(each["code"], each["attribute"], each["issue_code"]) for each in answers]
    assert named == [("FilterError", attribute, code) for attribute, _, code, _ in wrong]
    told = [
        each["issue_message"].endswith(sentence)
        for each, (*_, sentence) in zip(answers, wrong, strict=True)
    ]
    assert told == [True] * len(wrong)


@no_rows
async def test_a_filter_error_has_its_attributes_and_one_sentence(send: Send) -> None:
    answer = await send("counters/list", filters={"value": {"operator": "eq", "value": "5"}})

    assert answer["status"] == "error"
    assert answer["data"] == {
        "code": "FilterError",
        "message": "The filter on `value` cannot be used: Not a valid integer.",
        "retryable": False,
        "attribute": "value",
        "issue_code": "InvalidValue",
        "issue_message": "Not a valid integer.",
    }

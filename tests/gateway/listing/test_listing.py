"""What a call may ask of a list, and what the answer says about it."""

from typing import Any

import pytest

from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.kinds import ON_SQLITE
from tests.support.house import House

NAMES = ["apple", "banana", "cherry", "date", "elder"]


@pytest.fixture
async def orchard(open_house: OpenHouse) -> House:
    """Five things, made in the order of their names."""
    house = await open_house(sections=(toys.section,))
    for name in NAMES:
        await house.data("toys/keep", name=name)
    return house


def named(answer: dict[str, Any]) -> list[str]:
    return [each["name"] for each in answer["data"]]


@pytest.mark.parametrize(
    ("asked", "found", "total_pages"),
    [
        ({}, NAMES, 1),
        ({"per_page": 2}, ["apple", "banana"], 3),
        ({"per_page": 2, "page": 3}, ["elder"], 3),
        ({"per_page": 2, "page": 4}, [], 3),
        ({"page": 10**12}, [], 1),
        ({"per_page": 100}, NAMES, 1),
        ({"per_page": 5}, NAMES, 1),
        ({"order": "desc"}, NAMES[::-1], 1),
        ({"sort_by": "made_at", "order": "desc", "per_page": 1}, ["elder"], 5),
        ({"filters": {"name": {"operator": "contains", "value": "rr"}}}, ["cherry"], 1),
        ({"filters": {"name": "date"}}, ["date"], 1),
        ({"filters": {"name": "fig"}}, [], 0),
    ],
)
async def test_a_list_is_read_page_by_page(
    orchard: House, asked: dict[str, Any], found: list[str], total_pages: int
) -> None:
    answer = await orchard.send("toys/things", **asked)

    assert named(answer) == found
    assert answer["flags"]["paginated"]["page"] == asked.get("page", 1)
    assert answer["flags"]["paginated"]["per_page"] == asked.get("per_page", 30)
    assert answer["flags"]["paginated"]["total_pages"] == total_pages


@ON_SQLITE
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, {"by": "name", "order": "asc"}),
        ({"order": "desc"}, {"by": "name", "order": "desc"}),
        ({"sort_by": "made_at"}, {"by": "made_at", "order": "asc"}),
    ],
)
async def test_the_order_is_told_the_defaults_too(
    toybox: House, asked: dict[str, Any], told: dict[str, str]
) -> None:
    answer = await toybox.send("toys/things", **asked)

    assert answer["flags"]["sorted"] == told


@ON_SQLITE
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"page": 0}, "page"),
        ({"page": -1}, "page"),
        ({"page": 1.0}, "page"),
        ({"page": "1"}, "page"),
        ({"page": True}, "page"),
        ({"page": None}, "page"),
        ({"page": 2**63}, "page"),
        ({"per_page": 0}, "per_page"),
        ({"per_page": 101}, "per_page"),
        ({"sort_by": "id"}, "sort_by"),
        ({"sort_by": "NAME"}, "sort_by"),
        ({"order": "up"}, "order"),
        ({"filters": []}, "filters"),
        ({"filters": "name"}, "filters"),
        ({"filters": None}, "filters"),
        ({"cursor": "abc"}, "cursor"),
        ({"_full": 1}, "_full"),
        ({"_full": "true"}, "_full"),
        ({"_full": None}, "_full"),
        ({"_expansions": "mirrored"}, "_expansions"),
        ({"_expansions": ["mirror"]}, "_expansions"),
        ({"_expansions": [1]}, "_expansions"),
    ],
)
async def test_what_a_list_cannot_do_is_a_parameter_error(
    toybox: House, asked: dict[str, Any], field: str
) -> None:
    answer = await toybox.send("toys/things", **asked)

    assert answer["status"] == "parameter-error"
    assert list(answer["data"]["errors"]) == [field]
    assert answer["data"]["message"].startswith(f"`{field}")


@ON_SQLITE
@pytest.mark.parametrize(
    ("filters", "code", "sentence"),
    [
        ({"weight": 1}, "UnsupportedAttribute", "Filters go by name."),
        ({"": 1}, "UnsupportedAttribute", "Filters go by name."),
        ({"name": 1}, "InvalidValue", "Not a valid string."),
        ({"name": None}, "InvalidValue", "Field may not be null."),
        ({"name": ["pear"]}, "InvalidValue", "Not a valid string."),
        ({"name": {}}, "InvalidValue", 'Write it as {"operator": …, "value": …}.'),
        ({"name": {"value": "a"}}, "InvalidValue", 'Write it as {"operator": …, "value": …}.'),
        (
            {"name": {"operator": "eq", "value": "a", "more": 1}},
            "InvalidValue",
            'Write it as {"operator": …, "value": …}.',
        ),
        (
            {"name": {"operator": "in", "value": "a"}},
            "ArrayNeeded",
            "The operator in takes a list.",
        ),
        (
            {"name": {"operator": "not_in", "value": {}}},
            "ArrayNeeded",
            "The operator not_in takes a list.",
        ),
        (
            {"name": {"operator": "in", "value": ["a"] * 101}},
            "InvalidValue",
            "A filter takes at most 100 values.",
        ),
        ({"name": {"operator": "in", "value": ["a", 1]}}, "InvalidValue", "Not a valid string."),
        ({"name": {"operator": "gt", "value": ["a"]}}, "InvalidValue", "Not a valid string."),
    ],
)
async def test_a_filter_that_cannot_be_used_says_why(
    toybox: House, filters: dict[str, Any], code: str, sentence: str
) -> None:
    answer = await toybox.send("toys/things", filters=filters)

    (attribute,) = filters
    assert answer["data"] == {
        "code": "FilterError",
        "message": f"The filter on `{attribute}` cannot be used: {sentence}",
        "retryable": False,
        "attribute": attribute,
        "issue_code": code,
        "issue_message": sentence,
    }


@ON_SQLITE
@pytest.mark.parametrize("operator", ["EQ", "like", "", None, 1, [], {}, ["eq"]])
async def test_an_operator_is_one_of_those_that_fit(toybox: House, operator: object) -> None:
    answer = await toybox.send(
        "toys/things", filters={"name": {"operator": operator, "value": "a"}}
    )

    assert answer["data"]["issue_code"] == "InvalidOperator"


async def test_no_value_is_in_an_empty_list_and_every_one_is_not(orchard: House) -> None:
    none = await orchard.send("toys/things", filters={"name": {"operator": "in", "value": []}})
    all_ = await orchard.send("toys/things", filters={"name": {"operator": "not_in", "value": []}})

    assert named(none) == []
    assert named(all_) == NAMES


@ON_SQLITE
async def test_the_filters_are_told_as_they_were_meant(toybox: House) -> None:
    answer = await toybox.send("toys/things", filters={"name": "pear"})

    assert answer["flags"]["filters"] == {"name": {"operator": "eq", "value": "pear"}}

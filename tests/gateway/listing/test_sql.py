"""A listing as SQL: values are taken literally, text goes by code points, pages never overlap."""

from collections.abc import Callable

import pytest
from marshmallow import fields
from sqlalchemy import select

from actions.bootstrap import new_id
from gateway.access.tables import keys
from gateway.listing import Filter, Operator, Pages
from gateway.listing.sql import PagedList
from gateway.store.database import Transaction
from tests.conftest import OpenHouse
from tests.gateway import toy_store, toys
from tests.support.house import NOON, House

NAMES = [
    "", "%", "100%", "100x", "A", "_", "a", "a%b", "a_b", "aXb", "ab", "abc", "b", "bc", "c", "z",
    "\\", "a\\b", "'", "''", '"', "*", "a*b", "?", "[a]", "Ä", "ä", "äb", "€", "😀", "😀b",
]  # fmt: skip
VALUES = ["", "%", "_", "a", "A", "b", "bc", "a_", "a%", "%b", "\\", "'", "*", "ä", "😀", "zz"]

COMPARED: dict[Operator, Callable[[str, str], bool]] = {
    Operator.EQ: lambda name, value: name == value,
    Operator.NOT_EQ: lambda name, value: name != value,
    Operator.GT: lambda name, value: name > value,
    Operator.GTE: lambda name, value: name >= value,
    Operator.LT: lambda name, value: name < value,
    Operator.LTE: lambda name, value: name <= value,
    Operator.STARTS_WITH: lambda name, value: name.startswith(value),
    Operator.ENDS_WITH: lambda name, value: name.endswith(value),
    Operator.CONTAINS: lambda name, value: value in name,
}


@pytest.fixture
async def shop(open_house: OpenHouse) -> House:
    """A thing for each of the names, all made at the same moment."""
    house = await open_house(sections=(toys.section,))

    async def fill(db: Transaction) -> None:
        for name in reversed(NAMES):
            await toy_store.add(db, id=new_id(), name=name, made_at=NOON)

    await house.gateway.database.write(fill)
    return house


async def found(house: House, operator: str, value: object) -> list[str]:
    """The names of the things that the filter leaves."""
    answer = await house.send(
        "toys/things", per_page=100, filters={"name": {"operator": operator, "value": value}}
    )
    names = [each["name"] for each in answer["data"]]
    assert answer["flags"]["paginated"]["total_records"] == len(names)
    return names


@pytest.mark.parametrize("operator", COMPARED)
async def test_an_operator_takes_its_value_literally(shop: House, operator: Operator) -> None:
    matches = COMPARED[operator]

    assert {value: await found(shop, operator, value) for value in VALUES} == {
        value: sorted(name for name in NAMES if matches(name, value)) for value in VALUES
    }


async def test_in_and_not_in_take_lists(shop: House) -> None:
    lists = [["a"], ["a", "b", "nobody"], ["%", "a", "a"], NAMES]

    assert [await found(shop, "in", values) for values in lists] == [
        sorted(set(NAMES) & set(values)) for values in lists
    ]
    assert [await found(shop, "not_in", values) for values in lists] == [
        sorted(set(NAMES) - set(values)) for values in lists
    ]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("per_page", [1, 5, 7])
async def test_ties_are_broken_so_that_pages_never_overlap(
    shop: House, per_page: int, order: str
) -> None:
    pages = -(-len(NAMES) // per_page)
    read: list[str] = []
    for page in range(1, pages + 2):
        items = await shop.data(
            "toys/things", sort_by="made_at", order=order, per_page=per_page, page=page
        )
        read += [each["id"] for each in items]

    assert len(read) == len(set(read)) == len(NAMES)
    assert read == sorted(read, reverse=order == "desc")


KEYS = PagedList(
    lambda: select(keys.c.name, keys.c.expires_at),
    columns={"name": keys.c.name, "expires_at": keys.c.expires_at},
    tie=keys.c.id,
)
MOMENTS = Pages(("name",), {"expires_at": Filter.ordered(fields.AwareDateTime())})


async def test_what_has_no_value_is_what_no_value_equals(toybox: House) -> None:
    reader, noon = toybox.gateway.database.reader, NOON.isoformat()
    counts = {"not_eq": 1, "eq": 0, "gt": 0, "gte": 0, "lt": 0, "lte": 0, "in": 0, "not_in": 1}

    async def count(operator: str) -> tuple[int, int]:
        wanted = {"operator": operator, "value": [noon] if operator.endswith("in") else noon}
        listing = MOMENTS.read({"filters": {"expires_at": wanted}}, b"")
        return len(await KEYS.page(reader, listing)), await KEYS.count(reader, listing)

    assert {operator: await count(operator) for operator in counts} == {
        operator: (number, number) for operator, number in counts.items()
    }


async def test_a_list_without_filters_counts_everything(shop: House) -> None:
    answer = await shop.send("toys/things", per_page=5)

    assert answer["flags"]["paginated"]["total_records"] == len(NAMES)

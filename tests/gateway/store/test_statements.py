"""Core statements on the drivers themselves: values in, rows out, the same on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Text, bindparam, cast, insert, literal, select, update
from sqlalchemy.sql.base import Executable
from sqlalchemy.types import TypeEngine

from actions.bootstrap import new_id
from gateway.access.tables import keys
from gateway.store.database import Database, Transaction
from gateway.store.statements import SPREAD, RowsInsert, Statement, rows_given
from gateway.store.tables import idempotency_records
from gateway.store.types import Id, Int64, Json, Moment
from tests.gateway.store.shelf import keep
from tests.gateway.toy_store import things
from tests.support.house import NOON

COLUMNS: dict[str, TypeEngine[Any]] = {
    "id": Id(),
    "moment": Moment(),
    "number": Int64(),
    "note": Text(),
    "facts": Json(),
}


def _given(dialect: str) -> Executable:
    return select(rows_given(dialect, COLUMNS))


ROWS = Statement(_given)
ONE, OTHER = new_id(), new_id()

EDGES: list[tuple[Any, ...]] = [
    (ONE, NOON, 1, "plain", {"a": 1}),
    (ONE, NOON.replace(microsecond=0), 0, "", {}),
    (ONE, NOON.replace(microsecond=999_999), -1, " ", []),
    (ONE, datetime(1, 1, 1, tzinfo=UTC), 2**63 - 1, "ä€😀", [1, [2, {"b": None}]]),
    (ONE, datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC), -(2**63), "'\"\\%_\n\t", {"€": "ä"}),
    (ONE, NOON, 2**53 + 1, "123", {"z": 1, "a": 2}),
    (ONE, NOON, 7, "null", {"text": "'; DROP TABLE toy_things; --"}),
    (ONE, NOON, 7, "true", {"deep": {"deeper": [True, False, None, 1.5, ""]}}),
]


async def test_rows_that_were_given_come_back(db: Database) -> None:
    found = await db.reader.all(ROWS, rows=EDGES)

    assert [tuple(row) for row in found] == EDGES
    assert {tuple(type(each) for each in row[:4]) for row in found} == {(str, datetime, int, str)}
    assert {row[1].tzinfo for row in found} == {UTC}


async def test_a_value_that_is_missing_comes_back_as_none(db: Database) -> None:
    rows = [(ONE, None, None, None, None), (ONE, NOON, None, "", None)]
    found = await db.reader.all(ROWS, rows=rows)

    assert [tuple(row) for row in found] == rows


async def test_the_keys_of_an_object_keep_their_order(db: Database) -> None:
    facts = {"z": 1, "a": 2, "m": {"y": 1, "b": 2}}
    (found,) = await db.reader.all(ROWS, rows=[(ONE, NOON, 1, "", facts)])

    assert list(found[4]) == ["z", "a", "m"]
    assert list(found[4]["m"]) == ["y", "b"]


async def test_as_many_rows_come_back_as_were_given(db: Database) -> None:
    rows = [(OTHER, NOON + timedelta(seconds=n), n, str(n), None) for n in range(1000)]

    assert await db.reader.all(ROWS, rows=[]) == []
    assert [tuple(row) for row in await db.reader.all(ROWS, rows=rows)] == rows


async def test_a_moment_of_any_zone_is_given_in_utc(db: Database) -> None:
    moment = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
    (found,) = await db.reader.all(ROWS, rows=[(ONE, moment, 1, "", None)])

    assert found[1] == NOON
    assert found[1].tzinfo is UTC


async def test_values_go_by_their_names(db: Database) -> None:
    a, b = (cast(bindparam(name, type_=Int64()), Int64()) for name in "ab")
    statement = Statement(select((a - b).label("difference"), a))

    assert await db.reader.all(statement, b=1, a=10) == [(9, 10)]


async def test_a_value_can_stand_twice(db: Database) -> None:
    a = cast(bindparam("a", type_=Int64()), Int64())

    assert await db.reader.all(Statement(select(a.label("x"), (a * 2).label("y"))), a=4) == [(4, 8)]


async def test_a_value_that_is_fixed_need_not_be_given(db: Database) -> None:
    statement = Statement(select(literal(5).label("five"), literal("x").label("x")).limit(1))

    assert await db.reader.all(statement) == [(5, "x")]


async def test_nothing_can_be_a_fixed_value_too(db: Database) -> None:
    statement = Statement(
        update(keys).where(keys.c.id == bindparam("key_id")).values(revoked_at=None)
    )

    async def work(transaction: Transaction) -> None:
        await transaction.run(statement, key_id="nobody")

    await db.write(work)


async def test_a_list_of_fixed_values_can_be_asked_for(db: Database) -> None:
    statement = Statement(select(things.c.name).where(things.c.name.in_(["pear", "plum"])))
    await db.write(keep("pear"))

    assert await db.reader.all(statement) == [("pear",)]


async def test_a_value_that_was_forgotten_is_a_fault(db: Database) -> None:
    statement = Statement(select(things.c.name).where(things.c.name == bindparam("wanted")))

    with pytest.raises(KeyError, match="wanted"):
        await db.reader.all(statement)


async def test_a_value_is_never_read_as_sql(db: Database) -> None:
    name = "x'; DELETE FROM toy_things; --"
    await db.write(keep(name))

    assert await db.reader.all(Statement(select(things.c.name))) == [(name,)]


async def test_a_statement_may_differ_between_databases(db: Database, kind: str) -> None:
    def told(dialect: str) -> Executable:
        return select(literal(dialect).label("dialect"))

    assert await db.reader.all(Statement(told)) == [(kind,)]


async def test_a_row_can_be_answered_with(db: Database) -> None:
    row = {"id": ONE, "name": "pear", "made_at": NOON}
    statement = Statement(insert(things).returning(things.c.id, things.c.made_at))

    async def work(transaction: Transaction) -> Any:
        return await transaction.first(statement, **row)

    assert await db.write(work) == (ONE, NOON)


_NAMES = tuple(column.name for column in idempotency_records.c)
_ADD = RowsInsert(idempotency_records, _NAMES)
_KEPT = Statement(select(idempotency_records).order_by(idempotency_records.c.key))


def _records(count: int) -> list[tuple[Any, ...]]:
    moments = [NOON, NOON, NOON.replace(microsecond=0)]
    return [
        (f"{number:03}", ONE, "f", "'ä€😀\"?", None, moments[number % 3]) for number in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 2, SPREAD - 1, SPREAD, SPREAD + 1, 3 * SPREAD])
@pytest.mark.parametrize("way", ["run", "defer"])
async def test_rows_that_were_inserted_are_kept(db: Database, count: int, way: str) -> None:
    rows = _records(count)

    async def work(transaction: Transaction) -> None:
        insert_rows = transaction.run if way == "run" else transaction.defer
        for given in ([], rows):
            await insert_rows(_ADD, rows=given)

    await db.write(work)

    assert [tuple(row) for row in await db.reader.all(_KEPT)] == rows


def test_rows_are_inserted_in_the_order_of_the_columns() -> None:
    with pytest.raises(TypeError, match="not in the order"):
        RowsInsert(idempotency_records, ("claimant", "key"))

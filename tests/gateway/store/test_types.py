"""Column types mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import bindparam, cast, insert, select
from sqlalchemy.types import TypeEngine

from actions.bootstrap import new_id
from gateway.store.database import Database, Transaction
from gateway.store.statements import Statement
from gateway.store.types import Id, Int64, Json, Moment, Ordered, moment_text
from tests.gateway.toy_store import things
from tests.support.house import NOON

TEHRAN = timezone(timedelta(hours=3, minutes=30))
ZERO = NOON.replace(microsecond=0)
MOMENTS = [
    datetime(1, 1, 1, 0, 0, 0, 1, UTC),
    datetime(999, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC),
    ZERO,
    NOON,
    ZERO + timedelta(microseconds=10),
    datetime(9999, 12, 31, 23, 59, 59, 999_998, UTC),
]
VALUES: list[tuple[TypeEngine[Any], Any]] = [
    *((Moment(), moment) for moment in MOMENTS),
    (Id(), new_id()),
    (Int64(), 2**63 - 1),
    (Int64(), -(2**63)),
    (Int64(), 0),
    (Ordered(), "ä€😀 '\"\\"),
    (Ordered(), ""),
    (Json(), {"b": [1, None, "€"], "a": {}}),
    (Json(), []),
    (Json(), "text"),
    (Json(), 0),
    (Json(), False),
]


async def there_and_back(db: Database, kind: TypeEngine[Any], value: object) -> Any:
    """The value as it comes back from where it was sent."""
    statement = Statement(select(cast(bindparam("value", type_=kind), kind)))
    (found,) = await db.reader.first(statement, value=value) or ()
    return found


async def test_a_value_comes_back_as_it_was(db: Database) -> None:
    found = [await there_and_back(db, kind, value) for kind, value in VALUES]

    assert found == [value for _, value in VALUES]
    assert [type(each) for each in found] == [type(value) for _, value in VALUES]


async def test_nothing_comes_back_as_none(db: Database) -> None:
    kinds: list[TypeEngine[Any]] = [Moment(), Id(), Int64(), Ordered(), Json()]

    assert [await there_and_back(db, kind, None) for kind in kinds] == [None] * len(kinds)


async def test_a_moment_is_kept_in_utc(db: Database) -> None:
    found = await there_and_back(db, Moment(), NOON.astimezone(TEHRAN))

    assert found == NOON
    assert found.tzinfo is UTC


def test_a_moment_is_written_as_on_the_wire() -> None:
    assert moment_text(NOON.astimezone(TEHRAN)) == "2026-11-21T12:00:00.000001Z"
    assert moment_text(ZERO) == "2026-11-21T12:00:00.000000Z"
    assert moment_text(datetime(7, 1, 2, tzinfo=UTC)) == "0007-01-02T00:00:00.000000Z"


def test_moments_sort_as_text() -> None:
    texts = [moment_text(moment) for moment in MOMENTS]

    assert texts == sorted(texts)
    assert {len(text) for text in texts} == {27}


NAMES = ["", " ", "10", "9", "A", "Z", "_", "a", "b", "z", "~", "À", "ß", "ä", "€", "\uffee", "😀"]


async def test_text_sorts_by_code_point_everywhere(db: Database) -> None:
    add = Statement(insert(things))

    async def work(transaction: Transaction) -> None:
        for name in reversed(NAMES):
            await transaction.run(add, id=new_id(), name=name, made_at=NOON)

    await db.write(work)
    ordered = Statement(select(things.c.name).order_by(things.c.name))
    between = Statement(
        select(things.c.name).where(things.c.name > bindparam("low")).order_by(things.c.name)
    )

    assert [name for (name,) in await db.reader.all(ordered)] == NAMES
    assert [name for (name,) in await db.reader.all(between, low="a")] == NAMES[8:]

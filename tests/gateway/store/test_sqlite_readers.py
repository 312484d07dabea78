"""SQLite's readers: questions share visits, and none waits long for another or sees less for it."""

import asyncio
import sqlite3

import pytest
from sqlalchemy import bindparam, text

from gateway.store.database import Database
from gateway.store.sqlite import READERS
from gateway.store.statements import Statement
from gateway.store.types import Int64
from tests.gateway import toy_store
from tests.gateway.store.shelf import begun, keep, outcomes

ECHO = Statement(text("SELECT :number").bindparams(bindparam("number", type_=Int64())))
WRONG = Statement(text("SELECT number FROM nowhere"))
LONG = Statement(
    text(
        "WITH RECURSIVE counted(n) AS"
        " (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 2000000)"
        " SELECT max(n) FROM counted"
    )
)
MANY = 100


@pytest.fixture
def kind() -> str:
    return "sqlite"


async def test_each_of_many_questions_at_once_gets_its_own_answer(db: Database) -> None:
    asked = [db.reader.all(ECHO, number=number) for number in range(MANY)]

    assert await asyncio.gather(*asked) == [[(number,)] for number in range(MANY)]


async def test_a_question_that_fails_fails_alone(db: Database) -> None:
    asked = await begun(
        db.reader.all(ECHO, number=1), db.reader.all(WRONG), db.reader.all(ECHO, number=2)
    )

    assert await outcomes(asked) == [[(1,)], sqlite3.OperationalError, [(2,)]]


async def test_a_question_whose_caller_went_away_holds_up_nobody(db: Database) -> None:
    asked = await begun(*(db.reader.all(ECHO, number=number) for number in range(3)))
    asked[1].cancel()

    assert await outcomes(asked) == [[(0,)], asyncio.CancelledError, [(2,)]]
    assert await db.reader.all(ECHO, number=4) == [(4,)]


@pytest.mark.parametrize("long_ones", range(1, READERS))
async def test_a_short_question_does_not_wait_for_long_ones(db: Database, long_ones: int) -> None:
    first = await begun(db.reader.all(ECHO, number=0))
    slow = await begun(*(db.reader.all(LONG) for _ in range(long_ones)))
    beside = await begun(db.reader.all(ECHO, number=1))
    await asyncio.gather(*first, *beside)
    later = await db.reader.all(ECHO, number=2)

    assert [task.done() for task in slow] == [False] * long_ones
    assert later == [(2,)]
    assert await outcomes(slow) == [[(2_000_000,)]] * long_ones


async def test_more_long_questions_than_readers_are_all_answered(db: Database) -> None:
    slow = await begun(*(db.reader.all(LONG) for _ in range(2 * READERS)))
    short = await begun(db.reader.all(ECHO, number=1))

    assert await outcomes([*slow, *short]) == [*[[(2_000_000,)]] * 2 * READERS, [(1,)]]


async def test_whoever_asks_after_a_commit_sees_it_whoever_else_is_asking(db: Database) -> None:
    at_work = True

    async def ask_on() -> None:
        while at_work:
            await db.reader.all(ECHO, number=1)

    others = await begun(*(ask_on() for _ in range(20)))
    for number in range(MANY):
        await db.write(keep(f"{number:03}"))
        assert len(await toy_store.names(db.reader)) == number + 1
    at_work = False
    await outcomes(others)


async def test_what_was_asked_before_the_database_closes_is_answered(db: Database) -> None:
    asked = await begun(db.reader.all(LONG), *(db.reader.all(ECHO, number=1) for _ in range(3)))
    await db.close()

    assert await outcomes(asked) == [[(2_000_000,)], [(1,)], [(1,)], [(1,)]]
    with pytest.raises(ValueError, match="closed"):
        await db.reader.all(ECHO, number=1)

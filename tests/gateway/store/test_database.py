"""What both databases promise: return commits, raise rolls back, an answer means committed."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import insert, update

from actions.bootstrap import new_id
from gateway.store.database import Database, DatabaseError, DuplicateError, Lane, Transaction
from gateway.store.statements import Statement
from tests.gateway import toy_store
from tests.gateway.store.shelf import Gate, Shelves, Spoilt, begun, keep, outcomes
from tests.gateway.toy_store import tallies, things
from tests.support.house import NOON

_ADD_TALLY = Statement(insert(tallies))
_ADD_THING = Statement(insert(things))
_RENAME = Statement(update(things).values(name="same"))


async def names(db: Database) -> list[str]:
    return await toy_store.names(db.reader)


async def test_returning_commits_and_gives_back_what_was_returned(db: Database) -> None:
    result = await db.write(keep("pear"))

    assert result == "PEAR"
    assert await names(db) == ["pear"]


async def test_raising_rolls_back(db: Database) -> None:
    with pytest.raises(Spoilt, match="bad pear"):
        await db.write(keep("bad pear"))

    assert await names(db) == []


async def test_a_transaction_sees_its_own_writes_and_the_reader_does_not(db: Database) -> None:
    seen: list[list[str]] = []

    async def work(transaction: Transaction) -> None:
        await keep("pear")(transaction)
        seen.append(await toy_store.names(transaction))
        seen.append(await names(db))

    await db.write(work)

    assert seen == [["pear"], []]
    assert await names(db) == ["pear"]


async def test_a_transaction_sees_what_it_deferred(db: Database) -> None:
    async def work(transaction: Transaction) -> list[str]:
        await transaction.defer(_ADD_THING, id=new_id(), name="pear", made_at=NOON)
        return await toy_store.names(transaction)

    assert await db.write(work) == ["pear"]
    assert await names(db) == ["pear"]


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("more", [0, 1])
async def test_what_fails_after_it_was_deferred_undoes_its_own_write_only(
    db: Database, place: int, more: int
) -> None:
    """The same thing twice, as the last of its write or before another statement."""

    async def twice(transaction: Transaction) -> None:
        for _ in range(2):
            await transaction.defer(_ADD_THING, id=new_id(), name="same", made_at=NOON)
        for _ in range(more):
            await toy_store.names(transaction)

    gate = Gate()
    first = await begun(db.write(gate))
    await gate.reached.wait()
    works = [keep("a"), keep("b")]
    works.insert(place, twice)  # type: ignore[arg-type] # it gives nothing
    waiting = await begun(*(db.write(work) for work in works))
    gate.opened.set()
    await outcomes(first)
    wanted: list[object] = ["A", "B"]
    wanted.insert(place, DuplicateError)

    assert await outcomes(waiting) == wanted
    assert await names(db) == ["a", "b"]


class Deferring(Lane[str]):
    """A lane that only defers, so that what spoils it shows at its end."""

    async def serve(self, db: Transaction, calls: Sequence[str], *, again: bool = False) -> None:
        for name in calls:
            await db.defer(_ADD_THING, id=new_id(), name=name, made_at=NOON)


async def test_a_call_whose_deferred_statement_fails_undoes_only_itself(db: Database) -> None:
    await db.write(keep("taken"))
    gate, lane = Gate(), Deferring()
    first = await begun(db.write(gate))
    await gate.reached.wait()
    calls = await begun(*(db.join(lane, name) for name in ("a", "taken", "b")))
    gate.opened.set()
    await outcomes(first)

    assert await outcomes(calls) == [None, DuplicateError, None]
    assert await names(db) == ["a", "b", "taken"]


async def test_what_was_deferred_before_a_failure_is_not_done(db: Database) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.defer(_ADD_THING, id=new_id(), name="pear", made_at=NOON)
        raise Spoilt

    with pytest.raises(Spoilt):
        await db.write(work)
    await db.write(keep("plum"))

    assert await names(db) == ["plum"]


async def test_reading_does_not_wait_for_a_write(db: Database) -> None:
    gate = Gate()
    (writing,) = await begun(db.write(gate))
    await gate.reached.wait()

    assert await asyncio.gather(*(names(db) for _ in range(20))) == [[]] * 20

    gate.opened.set()
    await writing


async def test_a_second_row_of_its_kind_is_a_duplicate(db: Database) -> None:
    await db.write(keep("pear"))

    with pytest.raises(DuplicateError):
        await db.write(keep("pear"))


async def test_a_second_row_with_its_key_is_a_duplicate(db: Database) -> None:
    async def work(transaction: Transaction) -> None:
        await transaction.run(_ADD_TALLY, name="apples", total=1)

    await db.write(work)

    with pytest.raises(DuplicateError):
        await db.write(work)


async def test_an_update_can_be_a_duplicate_too(db: Database) -> None:
    await db.write(keep("pear"))
    await db.write(keep("plum"))

    async def work(transaction: Transaction) -> None:
        await transaction.run(_RENAME)

    with pytest.raises(DuplicateError):
        await db.write(work)
    assert await names(db) == ["pear", "plum"]


async def test_another_broken_constraint_is_no_duplicate(db: Database) -> None:
    async def too_much(transaction: Transaction) -> None:
        await transaction.run(_ADD_TALLY, name="apples", total=1001)

    async def nothing(transaction: Transaction) -> None:
        await toy_store.add(transaction, id=new_id(), name=None, made_at=NOON)

    for work in (too_much, nothing):
        with pytest.raises(Exception, match="toy_t") as refused:
            await db.write(work)
        assert not refused.errisinstance(DuplicateError)


async def test_first_gives_one_row_or_none(db: Database) -> None:
    statement = Statement(things.select().order_by(things.c.name))

    assert await db.reader.first(statement) is None

    await db.write(keep("pear"))
    await db.write(keep("apple"))
    first = await db.reader.first(statement)

    assert first is not None
    assert first[1] == "apple"


async def test_a_lane_serves_its_calls_in_order(db: Database) -> None:
    lane = Shelves()
    await asyncio.gather(*(db.join(lane, name) for name in "dacb"))

    assert [name for served in lane.served for name in served] == list("dacb")
    assert await names(db) == list("abcd")


async def test_what_waits_for_the_same_lane_is_served_together(db: Database) -> None:
    lane = Shelves()
    tasks = await begun(*(db.join(lane, name) for name in "abcdef"))
    await outcomes(tasks)

    assert lane.served in ([list("abcdef")], [["a"], list("bcdef")])


async def test_a_bad_call_is_the_only_one_of_its_group_to_fail(db: Database) -> None:
    lane = Shelves()
    tasks = await begun(*(db.join(lane, name) for name in ("a", "bad", "c", "d")))

    assert await outcomes(tasks) == [None, Spoilt, None, None]
    assert await names(db) == ["a", "c", "d"]


async def test_lanes_do_not_notice_each_other(db: Database) -> None:
    one, other = Shelves(), Shelves()
    tasks = await begun(
        db.join(one, "a"), db.join(other, "b"), db.join(one, "bad 1"), db.join(other, "c"),
        db.write(keep("d")), db.write(keep("bad 2")), db.join(one, "e"),
    )  # fmt: skip

    assert await outcomes(tasks) == [None, None, Spoilt, None, "D", Spoilt, None]
    assert await names(db) == ["a", "b", "c", "d", "e"]


async def test_a_caller_who_leaves_while_waiting_changes_nothing(db: Database) -> None:
    lane = Shelves()
    (leaver,) = await begun(db.join(lane, "a"))
    leaver.cancel()
    await outcomes([leaver])
    await db.join(lane, "b")

    assert leaver.cancelled()
    assert await names(db) == ["b"]


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_a_caller_who_leaves_during_the_commit_gets_its_outcome(
    db: Database, times: int
) -> None:
    gate = Gate()

    async def work(transaction: Transaction) -> str:
        await gate(transaction)
        return await keep("pear")(transaction)

    (leaver,) = await begun(db.write(work))
    await gate.reached.wait()
    for _ in range(times):
        leaver.cancel()
        await asyncio.sleep(0)
    gate.opened.set()

    assert await outcomes([leaver]) == ["PEAR"]
    assert await names(db) == ["pear"]


async def test_closing_waits_for_what_was_begun(db: Database) -> None:
    gate = Gate()

    async def work(transaction: Transaction) -> str:
        await gate(transaction)
        return await keep("pear")(transaction)

    (writing,) = await begun(db.write(work))
    await gate.reached.wait()
    closing = asyncio.create_task(db.close())
    await asyncio.sleep(0)
    gate.opened.set()
    await closing

    assert await outcomes([writing]) == ["PEAR"]


async def test_closing_waits_for_a_group_that_was_begun(db: Database) -> None:
    tasks = await begun(*(db.join(Shelves(), name) for name in "abc"))
    await db.close()

    assert await outcomes(tasks) == [None, None, None]


async def test_a_database_that_can_be_written_is_well(db: Database) -> None:
    await db.check()

    assert await names(db) == []


async def test_a_closed_database_is_not_well(db: Database) -> None:
    await db.close()

    with pytest.raises(DatabaseError):
        await db.check()

"""Where counters lie on SQLite: each at the place of its id, and found wherever it lies."""

from typing import Any

import pytest
from sqlalchemy import text

from actions.store import counter_changes
from actions.store import counters as store
from actions.store.counter_changes import ChangeRow
from actions.store.counters import Reference
from actions.store.places import place_of
from gateway.store.database import Transaction
from gateway.store.statements import Statement, dialect_named
from gateway.store.types import moment_text
from tests.actions.given import NO_SUCH_COUNTER, Counter, Make
from tests.gateway.kinds import ON_SQLITE
from tests.support.house import NOON, House

ID = "018cc251-f400-734f-8ad2-e668c8368331"
ELSEWHERE = 7


def twin_of(id: str) -> str:
    """Another id of the same place."""
    return f"{id[:24]}0000000{id[-5:]}"


async def places(house: House) -> dict[str, int]:
    """Every counter's id with where it lies."""
    found = Statement(text("SELECT id, rowid FROM counters"))
    return dict(await house.gateway.database.reader.all(found))


async def move(house: House, id: str, place: int) -> None:
    moved = Statement(text("UPDATE counters SET rowid = :place WHERE id = :id"))

    async def work(db: Transaction) -> None:
        await db.run(moved, id=id, place=place)

    await house.gateway.database.write(work)


async def add_twin(house: House, counter: Counter) -> str:
    """One more counter like that, of the same place and the reference `twin`."""
    caller = await house.data("system/whoami")
    wanted = Reference(caller["workspace_id"], counter["id"], None)
    row = await store.find(house.gateway.database.reader, wanted)
    assert row is not None
    twin = row._replace(id=twin_of(row.id), external_id="twin")
    made = ChangeRow(twin.id, row.created_at, 1, "create", None, row.number, row.created_by)

    async def work(db: Transaction) -> None:
        await store.add(db, twin, made)

    await house.gateway.database.write(work)
    return twin.id


async def live(house: House, id: str) -> list[Any]:
    """What every action says that names the counter by its id, from value 0 to the end."""
    told = [
        await house.data("counters/increment", id=id, by=2),
        await house.data("counters/set", id=id, value=5),
        await house.data("counters/update", id=id, name="Stairs a day"),
        await house.data("counters/get", id=id),
    ]
    history = await house.data("counters/history", id=id)
    page = await house.data("counters/list", filters={"name": "Stairs a day"})
    await house.data("counters/delete", id=id)
    gone = await house.send("counters/get", id=id)
    return [
        [(each["id"], each["value"], each["version"]) for each in [*told, *page]],
        [(each["version"], each["action"], each["to"]) for each in history],
        gone["data"],
    ]


def life(id: str) -> list[Any]:
    """What `live` comes to."""
    return [
        [(id, 2, 2), (id, 5, 3), (id, 5, 4), (id, 5, 4), (id, 5, 4)],
        [(4, "update", 5), (3, "set", 5), (2, "increment", 2), (1, "create", 0)],
        NO_SUCH_COUNTER,
    ]


@pytest.mark.parametrize(
    ("id", "place"),
    [
        (ID, 1786843968307626801),
        ("018cc251-f401-734f-8ad2-e668c8300000", 1786843968308248576),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", (1 << 63) - 1),
        ("00000000-0000-0000-0000-000000000000", 0),
    ],
)
def test_a_place_is_an_ids_time_and_its_last_digits_for_ever(id: str, place: int) -> None:
    assert place_of(id) == place


@ON_SQLITE
async def test_a_new_counter_lies_at_the_place_of_its_id(house: House, make: Make) -> None:
    made = [(await make())["id"] for _ in range(20)]

    assert await places(house) == {id: place_of(id) for id in made}


def test_a_step_tells_the_place_of_its_counter() -> None:
    step = ChangeRow(ID, NOON, 2, "increment", 0, 1, "a")
    ((sql, values),) = counter_changes._ADD_STEPS.spread(dialect_named("sqlite"), [step])  # noqa: SLF001
    # - what it tells is to be seen nowhere else

    assert "by_account, place) VALUES" in sql
    assert values == [ID, moment_text(NOON), *step[2:], place_of(ID)]


@ON_SQLITE
async def test_two_counters_of_one_place_have_a_life_each(house: House, steps: Counter) -> None:
    twin = await add_twin(house, steps)
    lying = await places(house)
    both = [await live(house, id) for id in (twin, steps["id"])]

    assert lying[steps["id"]] == place_of(steps["id"]) == place_of(twin) != lying[twin]
    assert both == [life(twin), life(steps["id"])]


@ON_SQLITE
async def test_a_counter_is_found_that_was_moved(house: House, steps: Counter) -> None:
    await move(house, steps["id"], ELSEWHERE)

    assert await live(house, steps["id"]) == life(steps["id"])


@ON_SQLITE
async def test_a_counter_at_anothers_place_is_not_taken_for_it(house: House, make: Make) -> None:
    one, other = [(await make())["id"] for _ in range(2)]
    await move(house, one, ELSEWHERE)
    await move(house, other, place_of(one))

    assert await live(house, one) == life(one)
    assert await live(house, other) == life(other)

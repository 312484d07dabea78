"""Long histories: every version is found, wherever it lies and whatever came between."""

import asyncio
import shutil
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from sqlite3 import IntegrityError, connect
from typing import Any

import pytest
from sqlalchemy import text

from actions.store.places import place_of
from actions.store.schema import MIGRATIONS
from gateway.store.migrate import migrate, sqlite_url
from gateway.store.statements import Statement
from tests.actions.given import Counter, Make, flags
from tests.gateway.kinds import ON_SQLITE
from tests.support.house import House

MARKED = 32
"""SQLite marks where every version lies that this divides."""
CLIENTS = 8

COUNTER = """
    INSERT INTO counters VALUES (?, 'w', NULL, 'Steps', 'UpDown', 1, 'OnlyUp', NULL, NULL, NULL, 99,
                                 '', '', '', NULL, NULL)
"""
CHANGE = """
    INSERT INTO counter_changes (counter_id, at, version, action, before, after, by_account)
    VALUES (?, ?, ?, 'set', 1, 2, 'a')
"""
LINKS = """
    SELECT one.counter_id, one.version, earlier.version FROM change_log AS one
    LEFT JOIN change_log AS earlier ON earlier.id = one.earlier ORDER BY one.id
"""


async def history_of(house: House, name: str, *, per_page: int = 100) -> list[dict[str, Any]]:
    """All of it, page by page."""
    found: list[dict[str, Any]] = []
    more: dict[str, Any] | None = {}
    while more is not None:
        answer = await house.send("counters/history", external_id=name, per_page=per_page, **more)
        page = flags(answer)["paginated"]
        found += answer["data"]
        more = {"cursor": page["next_cursor"]} if page["has_more"] else None
    return found


async def step(house: House, times: int, *names: str) -> None:
    async def client(name: str, turns: int) -> None:
        for _ in range(turns):
            await house.data("counters/increment", external_id=name)

    each, rest = divmod(times, CLIENTS)
    turns = [each + (number < rest) for number in range(CLIENTS)]
    await asyncio.gather(*(client(name, some) for name in names for some in turns))


async def first_of(house: House, question: str) -> Any:
    found = await house.gateway.database.reader.first(Statement(text(question)))
    assert found is not None
    return found


@pytest.mark.parametrize("per_page", [1, 7, 100])
async def test_no_version_is_missed_or_told_twice(house: House, make: Make, per_page: int) -> None:
    names = ("steps", "stairs")
    for name in names:
        await make(external_id=name)
    await step(house, 3 * MARKED + 1, *names)
    found = [await history_of(house, name, per_page=per_page) for name in names]
    shown = (await house.data("counters/get", external_id="stairs", _expansions=True))["history"]

    for each in found:
        assert [change["version"] for change in each] == [*range(3 * MARKED + 2, 0, -1)]
    assert shown == found[1][: len(shown)]


async def test_any_moment_is_told_wherever_its_change_lies(house: House, steps: Counter) -> None:
    begun, each = house.clock.now, MARKED + 9
    for minute in range(1, 5):
        house.clock.now = begun + timedelta(minutes=minute)
        await step(house, each, "steps")
    house.clock.now += timedelta(hours=1)
    moments = [begun + timedelta(minutes=minute, seconds=30) for minute in range(5)]
    answers = [
        await house.data("counters/at", external_id="steps", moment=moment.isoformat())
        for moment in moments
    ]

    assert [answer["value"] for answer in answers] == [
        steps["value"] + minute * each for minute in range(5)
    ]


async def test_a_counter_that_goes_takes_all_of_its_history(house: House, make: Make) -> None:
    for name in ("steps", "stairs"):
        await make(external_id=name)
    await step(house, 2 * MARKED, "steps", "stairs")
    await house.data("counters/delete", external_id="steps")
    left = await first_of(house, "SELECT count(*) FROM counter_changes")
    await make(external_id="steps")

    assert left == (2 * MARKED + 1,)
    assert [each["version"] for each in await history_of(house, "steps")] == [1]
    assert len(await history_of(house, "stairs")) == 2 * MARKED + 1


@ON_SQLITE
async def test_every_32nd_version_is_marked_until_its_counter_goes(
    house: House, steps: Counter
) -> None:
    counted = "SELECT count(*), max(version) FROM change_marks"
    await step(house, 3 * MARKED, "steps")
    marked = await first_of(house, counted)
    await house.data("counters/delete", external_id="steps")

    assert marked == (3, 3 * MARKED)
    assert await first_of(house, counted) == (0, None)


async def test_a_history_of_before_an_upgrade_goes_on(tmp_path: Path) -> None:
    folder, database = tmp_path / "earlier", tmp_path / "halyard.db"
    folder.mkdir()
    shutil.copy(MIGRATIONS.folder / "0001_counters.py", folder)
    await migrate(sqlite_url(database), [replace(MIGRATIONS, folder=folder, head="0001")])
    with closing(connect(database)) as file:
        file.executemany(COUNTER, ["a", "b"])
        came = [("a", "1", 1), ("b", "2", 1), ("a", "3", 2), ("a", "3", 3), ("b", "4", 32)]
        file.executemany(CHANGE, sorted(came))
        file.commit()
    await migrate(sqlite_url(database), [MIGRATIONS])
    with closing(connect(database)) as file:
        file.executemany(CHANGE, [("a", "5", 4), ("b", "5", 33)])
        links = file.execute(LINKS).fetchall()
        marks = file.execute("SELECT * FROM change_marks").fetchall()
        moved = file.execute("SELECT id, number, version, updated_at FROM counters").fetchall()
        places = dict(file.execute("SELECT id, rowid FROM counters"))

    assert links == [
        ("a", 1, None),
        ("b", 1, None),
        ("a", 2, 1),
        ("a", 3, 2),
        ("b", 32, 1),
        ("a", 4, 3),
        ("b", 33, 32),
    ]
    assert marks == [("b", "4", 32, 5)]
    assert moved == [("a", 2, 4, "5"), ("b", 2, 33, "5")]
    assert places == {id: place_of(id) for id in places}


async def test_a_change_of_no_counter_is_refused(tmp_path: Path) -> None:
    await migrate(sqlite_url(tmp_path / "halyard.db"), [MIGRATIONS])
    with closing(connect(tmp_path / "halyard.db")) as file:
        with pytest.raises(IntegrityError, match="a change of no counter"):
            file.execute(CHANGE, ("nobody", "1", 1))
        assert file.execute("SELECT count(*) FROM change_log").fetchone() == (0,)

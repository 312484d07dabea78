"""Many calls at once: no step is lost, none is counted twice."""

import asyncio

from tests.actions.given import Counter, Make
from tests.support.house import House


async def test_a_hundred_increments_at_once_end_at_a_hundred(house: House, steps: Counter) -> None:
    by_id, by_reference = {"id": steps["id"]}, {"external_id": "steps"}

    answers = await asyncio.gather(
        *(house.data("counters/increment", **by_id) for _ in range(50)),
        *(house.data("counters/increment", **by_reference) for _ in range(50)),
    )

    assert sorted(answer["value"] for answer in answers) == list(range(1, 101))
    assert sorted(answer["version"] for answer in answers) == list(range(2, 102))
    assert (await house.data("counters/get", **by_id))["value"] == 100


async def test_steps_of_every_kind_and_counter_mix(house: House, make: Make) -> None:
    await make(external_id="one")
    await make(external_id="two", value=1000)

    await asyncio.gather(
        *(house.data("counters/increment", external_id="one", by=3) for _ in range(20)),
        *(house.data("counters/decrement", external_id="one", by=2) for _ in range(20)),
        *(house.data("counters/decrement", external_id="two") for _ in range(20)),
    )

    values = {each["external_id"]: each["value"] for each in await house.data("counters/list")}
    assert values == {"one": 20, "two": 980}


async def test_each_of_many_answers_shows_the_history_up_to_its_own_version(
    house: House, steps: Counter
) -> None:
    answers = await asyncio.gather(
        *(
            house.data("counters/increment", external_id="steps", _expansions=["history"])
            for _ in range(30)
        )
    )

    shown = {
        answer["version"]: [each["version"] for each in answer["history"]] for answer in answers
    }
    newest = {answer["version"]: answer["history"][0] for answer in answers}
    assert shown == {
        version: list(range(version, max(version - 10, 0), -1)) for version in range(2, 32)
    }
    assert {version: (each["from"], each["to"]) for version, each in newest.items()} == {
        version: (version - 2, version - 1) for version in range(2, 32)
    }
    whole = await house.data("counters/history", external_id="steps", per_page=100)
    assert {each["version"]: each for each in whole[:-1]} == newest


async def test_of_many_updates_of_the_same_version_one_gets_through(
    house: House, steps: Counter
) -> None:
    answers = await asyncio.gather(
        *(
            house.send("counters/update", external_id="steps", goal=goal, expected_version=1)
            for goal in range(8)
        )
    )

    codes = sorted(str(answer["data"].get("code")) for answer in answers)
    assert codes == [*["Conflict"] * 7, "None"]
    assert (await house.data("counters/get", external_id="steps"))["version"] == 2


async def test_one_of_many_deletes_at_once_deletes(house: House, steps: Counter) -> None:
    answers = await asyncio.gather(
        *(house.send("counters/delete", external_id="steps") for _ in range(5))
    )

    codes = sorted(str(answer["data"].get("code")) for answer in answers)
    assert codes == ["None", *["NotFound"] * 4]
    listed = await house.send("counters/list")
    assert listed["flags"]["paginated"]["total_records"] == 0

"""Deleting counters: final, with a last look at them."""

from typing import Any

from tests.actions.given import NO_SUCH_COUNTER, Counter, Make, flags
from tests.support.house import House, Send


async def test_delete_answers_with_the_last_state(send: Send, steps: Counter) -> None:
    stepped = await send("counters/increment", external_id="steps")

    answer = await send("counters/delete", external_id="steps")

    assert answer["status"] == "success"
    assert flags(answer) == {"deletion": True}
    assert answer["data"] == stepped["data"]


async def test_the_last_state_can_be_shown_in_full_with_its_history(
    house: House, steps: Counter
) -> None:
    before = await house.data("counters/get", external_id="steps", _full=True, _expansions=True)

    last = await house.data("counters/delete", id=steps["id"], _full=True, _expansions=True)

    assert list(last.items()) == list((before | {"permitted_actions": []}).items())
    assert [each["action"] for each in last["history"]] == ["create"]


async def test_delete_is_final(house: House, steps: Counter) -> None:
    deleted = await house.data("counters/delete", external_id="steps")
    actions: dict[str, dict[str, Any]] = {
        "counters/get": {},
        "counters/update": {"name": "Back again"},
        "counters/increment": {},
        "counters/decrement": {},
        "counters/set": {"value": 1},
        "counters/history": {},
        "counters/at": {"moment": deleted["created_at"]},
        "counters/delete": {},
    }

    by_id = {path: await house.send(path, id=steps["id"], **more) for path, more in actions.items()}
    by_reference = {
        path: await house.send(path, external_id="steps", **more) for path, more in actions.items()
    }

    gone = dict.fromkeys(actions, NO_SUCH_COUNTER)
    assert {path: answer["data"] for path, answer in by_id.items()} == gone
    assert {path: answer["data"] for path, answer in by_reference.items()} == gone


async def test_a_deleted_counter_is_in_no_list_and_no_total(
    house: House, make: Make, steps: Counter
) -> None:
    other = await make()
    await house.data("counters/delete", external_id="steps")

    listed = await house.send("counters/list")

    assert listed["data"] == [other]
    assert listed["flags"]["paginated"]["total_records"] == 1


async def test_delete_frees_the_reference_for_a_counter_with_a_life_of_its_own(
    house: House, make: Make, steps: Counter
) -> None:
    await house.data("counters/increment", external_id="steps")
    await house.data("counters/delete", external_id="steps")

    again = await make(external_id="steps", value=3)

    assert (again["version"], again["value"]) == (1, 3)
    assert again["id"] != steps["id"]
    history = await house.data("counters/history", external_id="steps")
    assert [(each["version"], each["from"], each["to"]) for each in history] == [(1, None, 3)]

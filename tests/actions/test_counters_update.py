"""Changing counters: only what is sent, and only what their type has."""

from typing import Any

from tests.actions.given import NO_SUCH_COUNTER, Counter, Make, flags, foreign, no_rows
from tests.support.house import House, Send

TAKEN = "Another counter of the workspace has this external_id."


def conflict(message: str) -> dict[str, Any]:
    return {"code": "Conflict", "message": message, "retryable": False}


async def test_update_changes_what_is_sent_and_nothing_else(house: House, make: Make) -> None:
    made = await make(
        external_id="steps", value=7, goal=100, description="Since spring", metadata={"a": "b"}
    )

    answer = await house.send("counters/update", external_id="steps", name="  Steps a day ")

    assert answer["status"] == "success"
    assert flags(answer) == {"modification": True}
    assert answer["data"] == made | {
        "name": "Steps a day",
        "version": 2,
        "updated_at": answer["data"]["updated_at"],
    }
    assert answer["data"]["updated_at"] > made["updated_at"]
    full = await house.data("counters/get", external_id="steps", _full=True)
    assert full == answer["data"] | {
        "created_by": full["created_by"],
        "description": "Since spring",
        "metadata": {"a": "b"},
    }


async def test_every_field_of_an_updown_counter_but_its_value_can_be_changed(
    house: House, steps: Counter
) -> None:
    changes = {
        "external_id": "paces",
        "name": "Paces a day",
        "mode": "OnlyUp",
        "goal": 2**63 - 1,
        "overflow": "refuse",
        "description": "",
        "metadata": {"colour": "red"},
    }

    changed = await house.data("counters/update", id=steps["id"], _full=True, **changes)

    assert {name: changed[name] for name in changes} == changes
    assert changed == await house.data("counters/get", external_id="paces", _full=True)


async def test_the_date_and_milestones_of_a_counter_of_days_can_be_changed(
    house: House, make: Make
) -> None:
    await make(type="FromDate", date="2026-11-01", milestones=[3], external_id="days")

    changed = await house.data(
        "counters/update", external_id="days", date="2026-11-20", milestones=[2, 1]
    )

    cleared = await house.data("counters/update", external_id="days", milestones=None)

    assert (changed["date"], changed["value"]) == ("2026-11-20", 1)
    assert [each["days"] for each in changed["milestones"]] == [1, 2, 7]
    assert [each["days"] for each in cleared["milestones"]] == [7]


async def test_null_clears_what_is_optional(house: House, make: Make) -> None:
    made = await make(external_id="steps", goal=9, description="Old", metadata={"a": "b"})
    names = ("external_id", "goal", "description", "metadata")

    cleared = await house.data("counters/update", id=made["id"], _full=True, **dict.fromkeys(names))

    expected: dict[str, Any] = {
        "external_id": None,
        "goal": None,
        "description": None,
        "metadata": {},
    }
    assert {name: cleared[name] for name in names} == expected
    assert cleared == await house.data("counters/get", id=made["id"], _full=True)


@no_rows
async def test_null_does_not_clear_what_a_counter_must_have(send: Send) -> None:
    names = ("name", "mode", "overflow", "date", "expected_version")

    answer = await send("counters/update", external_id="steps", **dict.fromkeys(names))

    assert answer["status"] == "parameter-error"
    null = ["Field may not be null."]
    assert answer["data"]["errors"] == dict.fromkeys(names, null)


async def test_a_reference_beside_an_id_is_the_new_reference(house: House, steps: Counter) -> None:
    changed = await house.data("counters/update", id=steps["id"], external_id="paces")
    same = await house.data("counters/update", id=steps["id"], external_id="paces")

    assert (changed["id"], changed["external_id"]) == (steps["id"], "paces")
    assert (same["external_id"], same["version"]) == ("paces", 3)
    old = await house.send("counters/get", external_id="steps")
    assert old["data"] == NO_SUCH_COUNTER


async def test_a_reference_that_another_counter_has_is_refused(
    house: House, make: Make, steps: Counter
) -> None:
    other = await make(external_id="other")

    answer = await house.send(
        "counters/update", id=other["id"], external_id="steps", name="Not kept"
    )

    assert answer["data"] == conflict(TAKEN)
    assert await house.data("counters/get", external_id="other") == other


async def test_update_needs_a_counter_and_a_change(send: Send, steps: Counter) -> None:
    nothing_named = await send("counters/update", name="Steps a day")
    nothing_to_change = await send("counters/update", external_id="steps", expected_version=1)
    nobody = await send("counters/update", external_id="stepz", name="Steps a day")

    assert nothing_named["data"]["errors"] == {"id": ["Send either id or external_id."]}
    assert nothing_to_change["status"] == "parameter-error"
    assert nothing_to_change["data"]["message"] == "Send at least one field to change."
    assert nobody["data"] == NO_SUCH_COUNTER


async def test_the_expected_version_lets_an_update_through(house: House, steps: Counter) -> None:
    await house.data("counters/increment", external_id="steps")

    changed = await house.data("counters/update", external_id="steps", goal=5, expected_version=2)

    assert (changed["goal"], changed["version"]) == (5, 3)


async def test_an_update_of_a_version_passed_by_is_refused(house: House, steps: Counter) -> None:
    stepped = await house.data("counters/increment", external_id="steps")

    passed_by = await house.send("counters/update", external_id="steps", goal=5, expected_version=1)
    to_come = await house.send("counters/update", external_id="steps", goal=5, expected_version=3)

    assert passed_by["data"] == to_come["data"] == conflict("The counter is at version 2 by now.")
    assert await house.data("counters/get", external_id="steps") == stepped


async def test_a_field_of_another_type_is_refused_and_nothing_is_changed(
    house: House, make: Make
) -> None:
    made = [
        await make(external_id="UpDown"),
        await make(external_id="FromDate", type="FromDate", date="2026-11-01"),
        await make(external_id="ToDate", type="ToDate", date="2026-11-01"),
    ]
    wrong: dict[str, dict[str, Any]] = {
        "UpDown": {"date": "2026-11-02", "milestones": None},
        "FromDate": {"mode": "OnlyUp", "goal": None, "overflow": "allow"},
        "ToDate": {"goal": 5, "milestones": [5]},
    }

    answers = {
        type_: await house.send("counters/update", external_id=type_, name="Not kept", **more)
        for type_, more in wrong.items()
    }

    assert {answer["status"] for answer in answers.values()} == {"parameter-error"}
    assert {type_: answer["data"]["errors"] for type_, answer in answers.items()} == {
        type_: foreign(type_, more) for type_, more in wrong.items()
    }
    assert await house.data("counters/list") == made


async def test_a_changed_mode_and_goal_hold_from_the_next_step_on(
    house: House, steps: Counter
) -> None:
    await house.data(
        "counters/update", external_id="steps", mode="OnlyUp", goal=0, overflow="refuse"
    )

    down = await house.send("counters/decrement", external_id="steps")
    up = await house.send("counters/increment", external_id="steps")

    assert down["data"]["code"] == "InvalidOperationForCounterType"
    assert up["data"]["code"] == "GoalExceeded"


async def test_an_update_is_a_version_in_the_history(house: House, make: Make) -> None:
    await make(external_id="steps", value=7)
    await make(external_id="days", type="ToDate", date="2026-12-24")

    steps = await house.data("counters/update", external_id="steps", goal=9, _expansions=True)
    days = await house.data(
        "counters/update", external_id="days", date="2026-12-31", _expansions=True
    )

    told = [
        {name: counter["history"][0][name] for name in ("version", "action", "from", "to", "at")}
        for counter in (steps, days)
    ]
    assert told == [
        {"version": 2, "action": "update", "from": 7, "to": 7, "at": steps["updated_at"]},
        {
            "version": 2,
            "action": "update",
            "from": "2026-12-24",
            "to": "2026-12-31",
            "at": days["updated_at"],
        },
    ]

"""Goals: where a counter stops when it is told to refuse, and where it does not."""

import asyncio
from typing import Any

from tests.actions.given import Make
from tests.support.house import House

UP: dict[str, Any] = {"goal": 10, "overflow": "refuse"}
DOWN: dict[str, Any] = {"goal": -10, "overflow": "refuse", "mode": "OnlyDown"}


async def test_a_goal_lets_through_what_does_not_go_past_it(house: House, make: Make) -> None:
    cases: dict[str, tuple[dict[str, Any], int, str, dict[str, Any], int]] = {
        "up to it": (UP, 8, "increment", {"by": 2}, 10),
        "set to it": (UP, 8, "set", {"value": 10}, 10),
        "down to it": (DOWN, -8, "decrement", {"by": 2}, -10),
        "set down to it": (DOWN, -8, "set", {"value": -10}, -10),
        "back from it": (UP, 10, "decrement", {}, 9),
        "back from past it": (UP, 12, "decrement", {}, 11),
        "set back from past it": (UP, 12, "set", {"value": 11}, 11),
        "away from it": (UP, 0, "decrement", {"by": 99}, -99),
        "allowed past it": (UP | {"overflow": "allow"}, 10, "increment", {}, 11),
        "allowed down past it": (DOWN | {"overflow": "allow"}, -10, "decrement", {}, -11),
        "allowed by default": ({"goal": 10}, 10, "set", {"value": 99}, 99),
        "no goal": ({"overflow": "refuse"}, 0, "increment", {"by": 99}, 99),
    }
    for case, (goal, start, *_) in cases.items():
        await make(external_id=case, value=start, **goal)

    reached = {
        case: (await house.data(f"counters/{action}", external_id=case, **params))["value"]
        for case, (_, _, action, params, _) in cases.items()
    }

    assert reached == {case: expected for case, (*_, expected) in cases.items()}


async def test_a_goal_that_refuses_overflow_is_not_passed(house: House, make: Make) -> None:
    cases: dict[str, tuple[dict[str, Any], int, str, dict[str, Any]]] = {
        "up past it": (UP, 8, "increment", {"by": 3}),
        "up from it": (UP, 10, "increment", {}),
        "further past it": (UP, 12, "increment", {}),
        "set past it": (UP, 8, "set", {"value": 11}),
        "only up past it": (UP | {"mode": "OnlyUp"}, 10, "increment", {}),
        "down past it": (DOWN, -8, "decrement", {"by": 3}),
        "down from it": (DOWN, -10, "decrement", {}),
        "set down past it": (DOWN, -8, "set", {"value": -11}),
    }
    made = [
        await make(external_id=case, value=start, **goal)
        for case, (goal, start, *_) in cases.items()
    ]

    answers = {
        case: await house.send(f"counters/{action}", external_id=case, **params)
        for case, (_, _, action, params) in cases.items()
    }

    assert {case: answer["data"] for case, answer in answers.items()} == {
        case: {
            "code": "GoalExceeded",
            "message": f"The counter refuses to go past its goal of {goal['goal']}; "
            f"it is at {start}.",
            "retryable": False,
            "goal": goal["goal"],
            "value": start,
        }
        for case, (goal, start, *_) in cases.items()
    }
    assert await house.data("counters/list") == made


async def test_of_many_at_once_as_many_pass_as_the_goal_has_room_for(
    house: House, make: Make
) -> None:
    await make(external_id="aim", **UP)
    await make(external_id="free")

    answers = await asyncio.gather(
        *(house.send("counters/increment", external_id="aim") for _ in range(25)),
        *(house.send("counters/increment", external_id="free") for _ in range(25)),
    )

    aimed, free = answers[:25], answers[25:]
    passed = [each["data"]["value"] for each in aimed if each["status"] == "success"]
    refused = [each["data"]["code"] for each in aimed if each["status"] == "error"]
    history = await house.data("counters/history", external_id="aim")
    assert sorted(passed) == list(range(1, 11))
    assert refused == ["GoalExceeded"] * 15
    assert sorted(each["data"]["value"] for each in free) == list(range(1, 26))
    assert [each["to"] for each in history] == list(range(10, -1, -1))

"""Moving up/down counters: increment, decrement, set, and where they stop."""

from typing import Any

import pytest

from tests.actions.given import NO_SUCH_COUNTER, Counter, Make, flags, no_rows
from tests.support.house import Answer, House, Send

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)

Move = tuple[str, dict[str, Any]]

WRONG_STEPS = (0, -1, 10**12 + 1, 2**63, 1.0, "1", True, None, [1])


async def test_increment_adds_one_unless_told_otherwise(send: Send, steps: Counter) -> None:
    answer = await send("counters/increment", external_id="steps")

    assert answer["status"] == "success"
    assert flags(answer) == {"modification": True}
    assert list(answer["data"]) == list(steps)
    assert answer["data"] == steps | {
        "value": 1,
        "version": 2,
        "updated_at": answer["data"]["updated_at"],
    }
    assert answer["data"]["updated_at"] > steps["updated_at"]


async def test_decrement_takes_one_away_and_goes_below_zero(send: Send, steps: Counter) -> None:
    answer = await send("counters/decrement", id=steps["id"])

    assert flags(answer) == {"modification": True}
    assert answer["data"] == steps | {
        "value": -1,
        "version": 2,
        "updated_at": answer["data"]["updated_at"],
    }


async def test_set_gives_a_counter_its_value(send: Send, steps: Counter) -> None:
    answer = await send("counters/set", external_id="steps", value=-12500)

    assert flags(answer) == {"modification": True}
    assert answer["data"] == steps | {
        "value": -12500,
        "version": 2,
        "updated_at": answer["data"]["updated_at"],
    }


async def test_a_step_is_kept(house: House, steps: Counter) -> None:
    await house.data("counters/increment", external_id="steps", by=10**12)
    last = await house.data("counters/decrement", external_id="steps", by=1)

    assert last["value"] == 10**12 - 1
    assert await house.data("counters/get", external_id="steps") == last


@no_rows
async def test_a_step_is_an_integer_from_1_to_a_million_million(send: Send) -> None:
    up = [await send("counters/increment", external_id="steps", by=by) for by in WRONG_STEPS]
    down = [await send("counters/decrement", external_id="steps", by=by) for by in WRONG_STEPS]

    range_ = "Must be greater than or equal to 1 and less than or equal to 1000000000000."
    integer, null = "Not a valid integer.", "Field may not be null."
    sentences = [*[range_] * 4, integer, integer, integer, null, integer]
    expected = [{"by": [sentence]} for sentence in sentences]
    assert [answer["data"]["errors"] for answer in up] == expected
    assert [answer["data"]["errors"] for answer in down] == expected


@no_rows
async def test_set_needs_a_64_bit_integer(send: Send) -> None:
    wrong = [2**63, 1.0, "1", False, None]

    answers = [await send("counters/set", external_id="steps", value=each) for each in wrong]
    missing = await send("counters/set", external_id="steps")

    assert [list(answer["data"]["errors"]) for answer in answers] == [["value"]] * len(wrong)
    assert missing["data"]["message"] == "`value` is required but is missing"


@pytest.mark.parametrize(
    ("action", "edge", "one_short"),
    [("increment", INT64_MAX, INT64_MAX - 1), ("decrement", INT64_MIN, INT64_MIN + 1)],
)
async def test_a_value_reaches_the_edge_of_64_bits_and_never_wraps(
    house: House, make: Make, action: str, edge: int, one_short: int
) -> None:
    await make(external_id="wide", value=one_short)

    refused = await house.send(f"counters/{action}", external_id="wide", by=2)
    reached = await house.data(f"counters/{action}", external_id="wide")
    again = await house.send(f"counters/{action}", external_id="wide")

    assert refused["data"] == _out_of_range(one_short)
    assert reached["value"] == edge
    assert again["data"] == _out_of_range(edge)
    assert await house.data("counters/get", external_id="wide") == reached
    across = await house.data("counters/set", external_id="wide", value=-edge - 1)
    assert across["value"] == -edge - 1


async def test_a_mode_refuses_the_other_way(house: House, make: Make) -> None:
    for mode in ("OnlyUp", "OnlyDown", "UpAndDown"):
        await make(external_id=mode, value=10, mode=mode)
    up: Move = ("increment", {})
    down: Move = ("decrement", {})
    set_up, set_down, stay = (("set", {"value": value}) for value in (20, 0, 10))

    refused = {
        f"{mode} {action} {more}": await house.send(f"counters/{action}", external_id=mode, **more)
        for mode, cases in {"OnlyUp": (down, set_down), "OnlyDown": (up, set_up)}.items()
        for action, more in cases
    }
    allowed = [
        (await house.data(f"counters/{action}", external_id=mode, **more))["value"]
        for mode, cases in {
            "OnlyUp": (stay, up, set_up),
            "OnlyDown": (stay, down, set_down),
            "UpAndDown": (stay, up, down, set_up, set_down),
        }.items()
        for action, more in cases
    ]

    assert [answer["data"] for answer in refused.values()] == [
        _wrong_way("decremented", "OnlyUp", "up"),
        _wrong_way("set", "OnlyUp", "up"),
        _wrong_way("incremented", "OnlyDown", "down"),
        _wrong_way("set", "OnlyDown", "down"),
    ]
    assert allowed == [10, 11, 20, 10, 9, 0, 10, 11, 10, 20, 0]


@pytest.mark.parametrize("type_", ["FromDate", "ToDate"])
async def test_only_an_updown_counter_can_be_moved(house: House, make: Make, type_: str) -> None:
    made = await make(type=type_, date="2026-11-01", external_id="days")

    answers = [
        await house.send("counters/increment", external_id="days"),
        await house.send("counters/decrement", external_id="days", by=3),
        await house.send("counters/set", external_id="days", value=0),
    ]

    assert [answer["data"] for answer in answers] == [
        {
            "code": "InvalidOperationForCounterType",
            "message": f"Only an UpDown counter can be {done}; this one is a {type_} counter.",
            "retryable": False,
            "number": -2040,
            "type": type_,
            "mode": None,
        }
        for done in ("incremented", "decremented", "set")
    ]
    assert await house.data("counters/get", external_id="days") == made


async def test_a_step_of_nothing_is_not_found(send: Send, steps: Counter) -> None:
    answers = [
        await send("counters/increment", external_id="stepz"),
        await send("counters/decrement", id="01a2003c-06ab-73ba-9d3a-9beed55b7919"),
        await send("counters/set", external_id="stepz", value=1),
    ]

    assert [answer["data"] for answer in answers] == [NO_SUCH_COUNTER] * 3


async def test_a_refused_step_changes_nothing(house: House, make: Make) -> None:
    made = await make(external_id="up", mode="OnlyUp")

    refused = await house.send("counters/decrement", external_id="up")

    assert (refused["status"], flags(refused)) == ("error", {})
    assert await house.data("counters/get", external_id="up") == made
    assert len(await house.data("counters/history", external_id="up")) == 1


async def test_steps_show_extended_attributes_and_history_on_request(
    house: House, steps: Counter
) -> None:
    stepped = await house.data(
        "counters/increment", external_id="steps", by=5, _full=True, _expansions=True
    )

    assert list(stepped)[-5:] == [
        *("created_by", "description", "metadata", "history", "permitted_actions"),
    ]
    assert stepped["history"] == await house.data("counters/history", external_id="steps")
    assert [each["action"] for each in stepped["history"]] == ["increment", "create"]


def _out_of_range(value: int) -> Answer:
    return {
        "code": "ValueOutOfRange",
        "message": f"The value {value} cannot change by that much: "
        "it would leave the 64-bit integers.",
        "retryable": False,
        "value": value,
    }


def _wrong_way(done: str, mode: str, way: str) -> Answer:
    return {
        "code": "InvalidOperationForCounterType",
        "message": f"The counter cannot be {done} like that: its mode lets it go {way} only.",
        "retryable": False,
        "number": -2040,
        "type": "UpDown",
        "mode": mode,
    }

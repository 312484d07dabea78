"""Making counters: what is accepted, what comes back, what is refused."""

import asyncio
from typing import Any

from tests.actions.given import Counter, Make, flags, foreign, no_rows
from tests.conftest import OpenHouse
from tests.support.house import House, Send

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)

TAKEN = {
    "code": "Conflict",
    "message": "Another counter of the workspace has this external_id.",
    "retryable": False,
}


async def test_create_answers_with_the_whole_counter(send: Send) -> None:
    answer = await send(
        "counters/create", name="Daily steps", type="UpDown", external_id="steps", value=7
    )

    made = answer["data"]
    assert answer["status"] == "success"
    assert flags(answer) == {"creation": True}
    assert made == {
        "id": made["id"],
        "external_id": "steps",
        "name": "Daily steps",
        "type": "UpDown",
        "value": 7,
        "mode": "UpAndDown",
        "goal": None,
        "overflow": "allow",
        "version": 1,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }


async def test_a_counter_shows_what_its_type_has_in_a_fixed_order(make: Make) -> None:
    shown = {
        type_: " ".join(await make(type=type_, **params))
        for type_, params in {
            "UpDown": {},
            "FromDate": {"date": "2026-11-01"},
            "ToDate": {"date": "2026-12-24"},
        }.items()
    }

    first = "id external_id name type value"
    last = "version created_at updated_at"
    assert shown == {
        "UpDown": f"{first} mode goal overflow {last}",
        "FromDate": f"{first} date milestones {last}",
        "ToDate": f"{first} date {last}",
    }


async def test_ids_and_times_have_the_protocols_form(steps: Counter) -> None:
    version, variant = steps["id"][14], steps["id"][19]
    day, microseconds = steps["created_at"][:20], steps["created_at"][20:]

    assert (len(steps["id"]), steps["id"].lower()) == (36, steps["id"])
    assert (version, variant in "89ab") == ("7", True)
    assert day == "2026-11-21T12:00:00."
    assert (len(microseconds), microseconds[-1]) == (7, "Z")


async def test_a_name_has_5_to_40_code_points_of_any_script(make: Make) -> None:
    names = [
        "Steps",
        "歩数カウンタ",
        "عدد الخطوات",
        "Ω" * 40,
        "\N{HIKING BOOT}" * 40,  # 40 code points, 160 bytes, 80 UTF-16 units
        "e\N{COMBINING ACUTE ACCENT}" * 20,
        "100 % \\ \" ' -- ;",
    ]

    made = [(await make(name=name))["name"] for name in names]

    assert made == names


async def test_a_name_is_trimmed_before_it_is_counted(house: House, make: Make) -> None:
    padded = await make(name=" \t\n\N{IDEOGRAPHIC SPACE}" + "x" * 40 + "\N{NO-BREAK SPACE}\r\n")
    refused = await house.send("counters/create", name=" four  ", type="UpDown")

    assert padded["name"] == "x" * 40
    assert refused["data"] == {
        "message": "`name`: Length must be between 5 and 40.",
        "errors": {"name": ["Length must be between 5 and 40."]},
    }


async def test_names_may_repeat(make: Make) -> None:
    one, other = await make(name="Daily steps"), await make(name="Daily steps")

    assert one["name"] == other["name"]
    assert one["id"] != other["id"]


async def test_a_reference_is_unique_among_living_counters(send: Send, steps: Counter) -> None:
    answer = await send("counters/create", name="Steps again", type="UpDown", external_id="steps")

    assert answer["status"] == "error"
    assert answer["data"] == TAKEN
    assert flags(answer) == {}
    listed = await send("counters/list")
    assert listed["data"] == [steps]
    assert listed["flags"]["paginated"]["total_records"] == 1


async def test_of_many_who_want_a_reference_at_once_one_gets_it(send: Send) -> None:
    answers = await asyncio.gather(
        *(
            send("counters/create", name=f"Counter {n}", type="UpDown", external_id="mine")
            for n in range(8)
        )
    )

    made = [answer["data"] for answer in answers if answer["status"] == "success"]
    refused = [answer["data"] for answer in answers if answer["status"] == "error"]
    assert len(made) == 1
    assert refused == [TAKEN] * 7


async def test_references_are_compared_to_the_letter(make: Make, steps: Counter) -> None:
    long_s = "\N{LATIN SMALL LETTER LONG S}teps"
    others = [await make(external_id=each) for each in ("Steps", "steps ", long_s, "x" * 128)]

    assert len({steps["id"], *(other["id"] for other in others)}) == 5


async def test_a_value_may_be_any_64_bit_integer(make: Make) -> None:
    sent = [INT64_MAX, INT64_MIN, 2**53 + 1, -1]

    made = [(await make(value=value, goal=value)) for value in sent]

    assert [counter["value"] for counter in made] == sent
    assert [counter["goal"] for counter in made] == sent


@no_rows
async def test_a_value_beyond_63_bits_and_a_sign_is_a_parameter_error(send: Send) -> None:
    answer = await send("counters/create", name="Daily steps", type="UpDown", value=2**63)

    assert answer["status"] == "parameter-error"
    assert list(answer["data"]["errors"]) == ["value"]


async def test_an_integer_beyond_64_bits_is_refused_never_rounded(open_house: OpenHouse) -> None:
    house = await open_house(door="http")
    assert house.session is not None
    text = b'{"name": "Daily steps", "type": "UpDown", "value": %d}' % 2**64

    async with house.session.post(
        f"{house.url}/api/v1/counters/create",
        data=text,
        headers={"Authorization": f"Bearer {house.key}", "Content-Type": "application/json"},
    ) as response:
        answer = await response.json()

    assert answer["data"] == {
        "code": "MalformedRequest",
        "message": "The body holds an integer that does not fit 64 bits.",
        "retryable": False,
    }
    assert await house.data("counters/list") == []


async def test_create_keeps_mode_goal_and_overflow(make: Make) -> None:
    made = await make(value=-3, mode="OnlyDown", goal=-100, overflow="refuse")

    told = {name: made[name] for name in ("value", "mode", "goal", "overflow")}
    assert told == {"value": -3, "mode": "OnlyDown", "goal": -100, "overflow": "refuse"}


async def test_create_shows_the_extended_attributes_and_the_history_on_request(
    house: House, make: Make
) -> None:
    caller = await house.data("system/whoami")
    metadata = {"z": "last letter", "a": "", "ключ": "значение"}

    made = await make(description="Since spring", metadata=metadata, _full=True, _expansions=True)

    assert list(made)[-5:] == [
        *("created_by", "description", "metadata", "history", "permitted_actions"),
    ]
    assert made["created_by"] == caller["account_id"]
    assert made["description"] == "Since spring"
    assert list(made["metadata"].items()) == list(metadata.items())
    assert made["history"] == [
        {
            "version": 1,
            "action": "create",
            "from": None,
            "to": 0,
            "by_account": caller["account_id"],
            "at": made["created_at"],
        }
    ]


@no_rows
async def test_a_field_of_another_type_is_a_parameter_error(send: Send) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "UpDown": {"date": "2026-11-01", "milestones": [5]},
        "FromDate": {"value": 1, "mode": "OnlyUp", "goal": 9, "overflow": "refuse"},
        "ToDate": {"value": 1, "mode": "OnlyUp", "goal": 9, "overflow": "allow", "milestones": []},
    }

    answers = {
        type_: await send(
            "counters/create", **{"name": "Daily steps", "type": type_, "date": "2026-11-01"} | more
        )
        for type_, more in wrong.items()
    }

    assert {type_: answer["data"]["errors"] for type_, answer in answers.items()} == {
        type_: foreign(type_, more) for type_, more in wrong.items()
    }


@no_rows
async def test_a_counter_of_days_needs_its_date(send: Send) -> None:
    answer = await send("counters/create", name="Days so far", type="FromDate")

    assert answer["status"] == "parameter-error"
    assert answer["data"] == {
        "message": "`date` is required but is missing",
        "errors": {"date": ["Missing data for required field."]},
    }


@no_rows
async def test_unknown_parameters_are_named_not_ignored(send: Send) -> None:
    answer = await send("counters/create", name="Daily steps", type="UpDown", valeu=3)

    assert answer["data"] == {
        "message": "`valeu` is not a parameter of counters/create; did you mean `value`?",
        "errors": {"valeu": ["Unknown field."]},
    }


@no_rows
async def test_every_problem_is_told_under_its_field(send: Send) -> None:
    answer = await send(
        "counters/create",
        name="Days\0",
        type="FromDate",
        metadata={"colour": "re\0d"},
    )
    other = await send(
        "counters/create", name=None, type="fromdate", milestones=[7, None], metadata={"colour": 1}
    )

    nul = ["The character U+0000 is not allowed."]
    assert answer["data"]["errors"] == {"name": nul, "metadata": {"colour": nul}}
    assert other["data"]["errors"] == {
        "name": ["Field may not be null."],
        "type": ["Must be one of: UpDown, FromDate, ToDate."],
        "milestones": {"1": ["Field may not be null."]},
        "metadata": {"colour": {"value": ["Not a valid string."]}},
    }

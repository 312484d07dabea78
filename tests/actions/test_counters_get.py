"""Showing one counter: how it is named, and how much of it is shown."""

from tests.actions.given import NO_SUCH_COUNTER, Counter, flags, no_rows
from tests.support.house import Answer, House, Send

UNKNOWN_ID = "01a2003c-06ab-73ba-9d3a-9beed55b7919"


async def test_get_shows_a_counter_by_its_id(send: Send, steps: Counter) -> None:
    answer = await send("counters/get", id=steps["id"])

    assert answer["status"] == "success"
    assert flags(answer) == {}
    assert answer["data"] == steps


async def test_get_shows_a_counter_by_the_callers_own_reference(send: Send, steps: Counter) -> None:
    answer = await send("counters/get", external_id="steps")

    assert answer["data"] == steps


async def test_what_does_not_exist_is_not_found(send: Send, steps: Counter) -> None:
    by_id = await send("counters/get", id=UNKNOWN_ID)
    by_reference = await send("counters/get", external_id="Steps")

    assert by_id["data"] == by_reference["data"] == NO_SUCH_COUNTER


@no_rows
async def test_every_action_on_a_counter_takes_an_id_or_a_reference_and_not_both(
    send: Send,
) -> None:
    actions: dict[str, dict[str, object]] = {
        "counters/get": {},
        "counters/increment": {},
        "counters/decrement": {},
        "counters/set": {"value": 1},
        "counters/history": {},
        "counters/at": {"moment": "2026-11-21T12:00:00Z"},
        "counters/delete": {},
    }
    both = {"id": UNKNOWN_ID, "external_id": "steps"}

    neither = {path: await send(path, **more) for path, more in actions.items()}
    twice = {path: await send(path, **both, **more) for path, more in actions.items()}

    sentence = ["Send either id or external_id."]
    assert _errors(neither) == {path: {"id": sentence} for path in actions}
    assert _errors(twice) == {path: {"external_id": sentence} for path in actions}


@no_rows
async def test_an_id_is_a_uuid_in_lower_case(send: Send) -> None:
    wrong = [UNKNOWN_ID.upper(), UNKNOWN_ID.replace("-", ""), f"{{{UNKNOWN_ID}}}", "steps", ""]

    answers = {each: await send("counters/get", id=each) for each in wrong}

    assert _errors(answers) == {each: {"id": ["Not a valid id."]} for each in wrong}


async def test_full_adds_the_extended_attributes_to_this_one_answer(
    house: House, steps: Counter
) -> None:
    caller = await house.data("system/whoami")

    full = await house.data("counters/get", external_id="steps", _full=True)
    plain = await house.data("counters/get", external_id="steps", _full=False)
    after = await house.data("counters/get", external_id="steps")

    more = {"created_by": caller["account_id"], "description": None, "metadata": {}}
    assert list(full.items()) == list((steps | more).items())
    assert plain == after == steps


async def test_expansions_are_named_or_all_or_none(house: House, steps: Counter) -> None:
    named = await house.data("counters/get", external_id="steps", _expansions=["history"])
    all_ = await house.data("counters/get", external_id="steps", _expansions=True)
    none = await house.data("counters/get", external_id="steps", _expansions=False)
    empty = await house.data("counters/get", external_id="steps", _expansions=[])

    history = await house.data("counters/history", external_id="steps")
    assert named == steps | {"history": history}
    assert all_ == named | {"permitted_actions": all_["permitted_actions"]}
    assert none == empty == steps


async def test_the_history_expansion_shows_the_last_ten_versions(
    house: House, steps: Counter
) -> None:
    for _ in range(11):
        await house.data("counters/increment", external_id="steps")

    shown = await house.data("counters/get", external_id="steps", _expansions=["history"])

    whole = await house.data("counters/history", external_id="steps")
    assert [each["version"] for each in shown["history"]] == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    assert shown["history"] == whole[:10]


@no_rows
async def test_unknown_expansions_and_things_like_booleans_are_refused(send: Send) -> None:
    unknown = await send("counters/get", external_id="steps", _expansions=["members"])
    text = await send("counters/get", external_id="steps", _expansions="history")
    number = await send("counters/get", external_id="steps", _full=1)

    assert _errors({"unknown": unknown, "text": text, "number": number}) == {
        "unknown": {"_expansions": {"0": ["Must be one of: history, permitted_actions."]}},
        "text": {"_expansions": ["Not a valid list."]},
        "number": {"_full": ["Not a valid boolean."]},
    }


def _errors(answers: dict[str, Answer]) -> dict[str, object]:
    assert {answer["status"] for answer in answers.values()} == {"parameter-error"}
    return {case: answer["data"]["errors"] for case, answer in answers.items()}

"""Who may see and change which counters."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.actions.given import NO_SUCH_COUNTER, Admit, Counter
from tests.support.house import Answer, House, Send

UNKNOWN_ID = "01a2003c-06ab-73ba-9d3a-9beed55b7919"
MOMENT = "2026-11-21T12:30:00Z"
LATER = datetime(2026, 11, 21, 13, tzinfo=UTC)

READS: dict[str, dict[str, Any]] = {
    "counters/get": {"external_id": "steps"},
    "counters/history": {"external_id": "steps"},
    "counters/at": {"external_id": "steps", "moment": MOMENT},
    "counters/list": {},
}
WRITES: dict[str, dict[str, Any]] = {
    "counters/create": {"name": "Daily steps", "type": "UpDown"},
    "counters/update": {"external_id": "steps", "name": "Steps a day"},
    "counters/increment": {"external_id": "steps"},
    "counters/decrement": {"external_id": "steps"},
    "counters/set": {"external_id": "steps", "value": 1},
    "counters/delete": {"external_id": "steps"},
}


def denied(scope: str) -> Answer:
    return {
        "code": "PermissionDenied",
        "message": f"This key does not have the scope {scope}.",
        "retryable": False,
        "scope": scope,
    }


async def test_a_counter_of_another_workspace_looks_like_one_that_never_existed(
    house: House, steps: Counter, neighbour: str
) -> None:
    actions: dict[str, dict[str, Any]] = {
        "counters/get": {},
        "counters/history": {},
        "counters/at": {"moment": MOMENT},
        "counters/update": {"name": "Mine now"},
        "counters/increment": {},
        "counters/decrement": {},
        "counters/set": {"value": 1},
        "counters/delete": {},
    }
    house.clock.now = LATER

    foreign, unknown, by_reference = [
        {
            path: (await house.send(path, key=neighbour, **reference, **more))["data"]
            for path, more in actions.items()
        }
        for reference in ({"id": steps["id"]}, {"id": UNKNOWN_ID}, {"external_id": "steps"})
    ]

    assert foreign == unknown == by_reference == dict.fromkeys(actions, NO_SUCH_COUNTER)
    assert await house.data("counters/get", external_id="steps") == steps


async def test_lists_and_totals_are_a_workspaces_own(
    house: House, steps: Counter, neighbour: str
) -> None:
    theirs = await house.data(
        "counters/create", key=neighbour, name="Next door", type="UpDown", external_id="door"
    )

    listed = await house.send("counters/list", key=neighbour)
    filtered = await house.send("counters/list", key=neighbour, filters={"type": "UpDown"})
    ours = await house.send("counters/list")

    assert listed["data"] == filtered["data"] == [theirs]
    assert ours["data"] == [steps]
    totals = [each["flags"]["paginated"]["total_records"] for each in (listed, filtered, ours)]
    assert totals == [1, 1, 1]


async def test_a_reference_may_repeat_across_workspaces(
    house: House, steps: Counter, neighbour: str
) -> None:
    theirs = await house.data(
        "counters/create", key=neighbour, name="Their steps", type="UpDown", external_id="steps"
    )

    await asyncio.gather(
        *(house.data("counters/increment", external_id="steps") for _ in range(10)),
        *(house.data("counters/decrement", key=neighbour, external_id="steps") for _ in range(7)),
        *(house.data("counters/increment", key=neighbour, id=theirs["id"]) for _ in range(2)),
    )

    ours = await house.data("counters/get", external_id="steps")
    after = await house.data("counters/get", key=neighbour, external_id="steps")
    assert (ours["id"], ours["value"]) == (steps["id"], 10)
    assert (after["id"], after["value"]) == (theirs["id"], -5)


async def test_a_viewer_reads_and_does_not_write(
    house: House, steps: Counter, admit: Admit
) -> None:
    viewer = await admit(role="viewer")
    house.clock.now = LATER

    assert await _outcomes(house, viewer, READS) == dict.fromkeys(READS, "success")
    assert await _outcomes(house, viewer, WRITES) == dict.fromkeys(WRITES, denied("counters:write"))
    assert await house.data("counters/list") == [steps]


async def test_a_key_narrowed_to_reading_does_not_write(
    house: House, steps: Counter, admit: Admit
) -> None:
    narrowed = await admit(role="owner", key_scopes=["counters:read"])

    assert await _outcomes(house, narrowed, WRITES) == dict.fromkeys(
        WRITES, denied("counters:write")
    )
    assert await house.data("counters/list", key=narrowed) == [steps]


async def test_an_account_narrowed_to_another_section_does_not_read(
    house: House, steps: Counter, admit: Admit
) -> None:
    elsewhere = await admit(role="editor", scopes=["system:read"])

    assert await _outcomes(house, elsewhere, READS) == dict.fromkeys(READS, denied("counters:read"))


async def test_scopes_never_widen_a_role(house: House, steps: Counter, admit: Admit) -> None:
    viewer = await admit(role="viewer", key_scopes=["counters:read", "counters:write"])

    answer = await house.send("counters/increment", key=viewer, external_id="steps")

    assert answer["data"] == denied("counters:write")


async def test_an_editor_writes_under_their_own_name(
    house: House, steps: Counter, admit: Admit
) -> None:
    editor = await admit(role="editor")
    caller = await house.data("system/whoami", key=editor)

    stepped = await house.data(
        "counters/increment", key=editor, external_id="steps", _full=True, _expansions=True
    )

    assert [each["by_account"] for each in stepped["history"]] == [
        caller["account_id"],
        stepped["created_by"],
    ]


async def test_without_a_key_nothing_is_shown(send: Send, steps: Counter) -> None:
    answers = [await send(path, key=None, **more) for path, more in (READS | WRITES).items()]

    assert {answer["data"]["code"] for answer in answers} == {"AccessDenied"}


async def _outcomes(
    house: House, key: str, calls: dict[str, dict[str, Any]]
) -> dict[str, Answer | str]:
    """What each call comes to: `success`, or the error's data."""
    answers = {path: await house.send(path, key=key, **more) for path, more in calls.items()}
    return {
        path: answer["data"] if answer["status"] == "error" else answer["status"]
        for path, answer in answers.items()
    }

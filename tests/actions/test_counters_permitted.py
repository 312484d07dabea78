"""What a caller may do with a counter is told on request."""

from typing import Any

from tests.actions.given import Admit, Counter, Make
from tests.support.house import House

ALL = [
    *("counters/get", "counters/update", "counters/increment", "counters/decrement"),
    *("counters/set", "counters/delete", "counters/history", "counters/at"),
]
OF_DAYS = [
    *("counters/get", "counters/update", "counters/delete", "counters/history", "counters/at"),
]


async def permitted(house: House, path: str, **params: Any) -> list[str]:
    shown = await house.data(path, _expansions=["permitted_actions"], **params)
    found: list[str] = shown["permitted_actions"]
    return found


async def test_an_editor_may_step_an_updown_counter_only(house: House, make: Make) -> None:
    await make(external_id="steps")
    await make(external_id="days", type="ToDate", date="2026-12-24")

    assert await permitted(house, "counters/get", external_id="steps") == ALL
    assert await permitted(house, "counters/get", external_id="days") == OF_DAYS


async def test_a_viewer_may_read(house: House, steps: Counter, admit: Admit) -> None:
    viewer = await admit(role="viewer")
    narrowed = await admit(role="owner", key_scopes=["counters:read"])
    reads = ["counters/get", "counters/history", "counters/at"]

    for key in (viewer, narrowed):
        assert await permitted(house, "counters/get", key=key, external_id="steps") == reads
        (listed,) = await house.data("counters/list", key=key, _expansions=True)
        assert listed["permitted_actions"] == reads


async def test_a_step_and_an_update_tell_it_too(house: House, steps: Counter) -> None:
    assert await permitted(house, "counters/increment", external_id="steps") == ALL
    assert await permitted(house, "counters/update", external_id="steps", goal=5) == ALL


async def test_with_what_is_gone_nothing_can_be_done(house: House, steps: Counter) -> None:
    assert await permitted(house, "counters/delete", external_id="steps") == []

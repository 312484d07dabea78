"""`permitted_actions` names what can be done with an object, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from actions.catalogue import SECTIONS
from gateway.registry import Registered, Registry
from tests.conftest import OpenHouse
from tests.contract.examples import naming, references
from tests.contract.subjects import SUBJECTS, WHO, World, world

REGISTRY = Registry(SECTIONS)
CASES = [(section, state) for section, states in SUBJECTS.items() for state in states]


def test_there_are_objects_of_each_section_that_tells_what_is_permitted() -> None:
    told = {each.works_on for each in REGISTRY if each.works_on is not None}

    assert told == SUBJECTS.keys()


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("section", "state"), CASES, ids=[f"{section}-{state}" for section, state in CASES]
)
async def test_what_is_named_can_be_done_and_nothing_else(
    open_house: OpenHouse, section: str, state: str
) -> None:
    house = await open_house(rate_limit="off")
    seen = {
        (caller, registered.path): await _prove(
            await world(house, caller), registered, section, state
        )
        for caller in WHO[section]
        for registered in REGISTRY
        if registered.works_on == section
    }

    assert any(seen.values())


async def _prove(here: World, registered: Registered, section: str, state: str) -> bool:
    """Compare what is told with what is answered; returns whether the caller sees the object."""
    id = await SUBJECTS[section][state](here)
    before = await _shown(here, section, id)
    if before is None:
        return False
    is_named = registered.path in before.pop("permitted_actions")
    by = [name for name, of in references(registered).items() if of == section]
    if not by and id != here.workspace_id:
        assert not is_named  # what takes no reference is done to one's own
        return True

    params = _mildest(registered, before, here) | ({by[0]: id} if by else {})
    answer = await here.house.post(registered.path, here.caller, params)

    where = (registered.path, before, answer)
    assert answer["status"] != "parameter-error", where
    if is_named:
        assert answer["status"] == "success", where
    else:
        # What is so already is no error.
        assert answer["status"] == "error" or answer["data"] == before, where
    return True


def _mildest(registered: Registered, before: dict[str, Any], here: World) -> dict[str, Any]:
    """The parameters, beside the reference, with which the action asks for least."""
    now = here.house.clock.now
    soon = (now + timedelta(minutes=1)).isoformat()
    mild: dict[str, dict[str, Any]] = {
        "counters/at": {"moment": now.isoformat()},
        "counters/set": {"value": before.get("value")},
        "counters/increment": {"by": 1},
        "counters/decrement": {"by": 1},
        "counters/update": {"name": "Steps a day"},
        "accounts/update": {"name": "Renamed"},
        "keys/create": {"name": "Mildest", "scopes": [], "expires_at": soon},
    }
    return mild.get(registered.path) or naming(registered)


async def _shown(here: World, section: str, id: str) -> dict[str, Any] | None:
    """The object as the caller sees it, with what is permitted; None for who may not see it."""
    wanted: dict[str, Any] = {"_expansions": ["permitted_actions"]}
    path = f"{section}/get"
    if section == "keys" or (section == "workspaces" and id != here.workspace_id):
        path, wanted = f"{section}/list", {**wanted, "per_page": 100, "order": "desc"}
    elif section != "workspaces":
        wanted["id"] = id
    answer = await here.house.post(path, here.caller, wanted)
    if answer["status"] == "error":
        return None
    found = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
    (shown,) = [each for each in found if each["id"] == id]
    return dict(shown)

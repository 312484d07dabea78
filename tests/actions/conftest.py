"""Facts that tests of the sections ask for by name."""

from typing import Any

import pytest

from tests.actions.given import Admit, Counter, Make
from tests.support.house import House
from tests.support.people import add_account, add_workspace


@pytest.fixture
def make(house: House) -> Make:
    """Makes a counter, UpDown and called Daily steps unless told otherwise."""

    async def make_(**params: Any) -> Counter:
        wanted = {"name": "Daily steps", "type": "UpDown", **params}
        counter: Counter = await house.data("counters/create", **wanted)
        return counter

    return make_


@pytest.fixture
async def steps(make: Make) -> Counter:
    """An UpDown counter that is at 0, with the reference `steps`."""
    return await make(external_id="steps")


@pytest.fixture
def admit(house: House) -> Admit:
    """Gives the first workspace one more account, and returns its key."""

    async def admit_(**wanted: Any) -> str:
        caller = await house.data("system/whoami")
        key = await add_account(house, caller["workspace_id"], **wanted)
        return key.text

    return admit_


@pytest.fixture
async def neighbour(house: House) -> str:
    """The key of the owner of another workspace, which lives on Kiritimati, at UTC+14."""
    key = await add_account(house, await add_workspace(house, "Pacific/Kiritimati"))
    return key.text

"""Nothing of one workspace is visible from another: not even, by the time, that it is there."""

from datetime import timedelta

import pytest

from actions.bootstrap import new_id
from actions.catalogue import SECTIONS
from gateway.access.keys import make_key
from gateway.registry import Registered, Registry
from tests.conftest import OpenHouse
from tests.contract.examples import MAKERS, naming, references
from tests.support.asked import AskedDatabase
from tests.support.house import Answer, House
from tests.support.people import add_account, add_workspace
from tests.support.watching import watched

CASES = [
    (registered, name, section)
    for registered in Registry(SECTIONS)
    for name, section in references(registered).items()
]
"""Every action that names objects, with each of its ways to do so; new ones come by themselves."""

LISTS = ("accounts/list", "counters/list", "keys/list")


@pytest.mark.parametrize(
    ("registered", "name", "section"),
    CASES,
    ids=[f"{registered.path}-{name}" for registered, name, _ in CASES],
)
async def test_what_is_another_workspaces_looks_like_what_never_was(
    open_house: OpenHouse, registered: Registered, name: str, section: str
) -> None:
    house = await open_house()
    neighbour = (await add_account(house, await add_workspace(house))).text
    # The operator sees no more of others than anybody; but workspaces are the operator's.
    owner, stranger = neighbour, house.key
    if section == "workspaces":
        owner, stranger = house.key, neighbour
    id, external_id = await MAKERS[section](house, owner)
    house.clock.now += timedelta(hours=10)  # what the examples name lies in the past by then
    before = [await house.data(path, key=owner) for path in LISTS]

    foreign = external_id if name == "external_id" else id
    of_another, asked = await _outcome(
        house, registered, naming(registered, **{name: foreign}), stranger
    )
    of_nobody, asked_of_nobody = await _outcome(
        house, registered, naming(registered, **{name: _nobodys(name, section)}), stranger
    )

    assert of_another == of_nobody
    assert of_nobody["status"] == "error"
    # The time is the database's: the same questions take as long.
    assert asked == asked_of_nobody
    assert bool(asked) == (of_nobody["data"]["code"] != "PermissionDenied")
    assert [await house.data(path, key=owner) for path in LISTS] == before


def _nobodys(name: str, section: str) -> str:
    """A reference that nothing ever had."""
    if name == "external_id":
        return "nothing"
    return make_key("live").id if section == "keys" else new_id()


async def _outcome(
    house: House, registered: Registered, params: dict[str, object], key: str
) -> tuple[Answer, list[object]]:
    """The answer, but for what differs in any two; and the statements that it took."""
    database = AskedDatabase(house.gateway.database)
    answer = await watched(house, database=database).call(registered.path, key, **params)
    del answer["time"], answer["flags"]["request_id"]
    return answer, database.asked

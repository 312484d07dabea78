"""Whatever changes workspaces, accounts or keys is on record, now and whenever one is added."""

import pytest

from actions.catalogue import SECTIONS
from gateway.registry import Registered, Registry
from tests.conftest import OpenHouse
from tests.contract.examples import runnable
from tests.support.audited import trail

OF_ACCESS = {"workspaces", "accounts", "keys"}
"""The sections whose every write is audited."""

WRITES = [each for each in Registry(SECTIONS) if each.section in OF_ACCESS and each.writes]


@pytest.mark.parametrize("registered", WRITES, ids=[each.path for each in WRITES])
async def test_a_write_of_access_leaves_a_row(
    open_house: OpenHouse, registered: Registered
) -> None:
    house = await open_house()
    params = await runnable(house, registered)

    answer = await house.post(registered.path, house.key, params)

    assert registered.is_audited
    assert answer["status"] == "success"
    found = [
        (each["action"], each["outcome"])
        for each in await trail(house)
        if each["request_id"] == answer["flags"]["request_id"]
    ]
    assert found
    assert set(found) == {(registered.path, "success")}


def test_the_sections_are_there() -> None:
    assert {each.section for each in WRITES} == OF_ACCESS

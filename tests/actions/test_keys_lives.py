"""No key outlives the one that makes or rotates it."""

from datetime import timedelta

import pytest

from tests.actions.given import Admit, refusal
from tests.actions.test_keys import new_key, works
from tests.support.house import NOON, Answer, House

OUTLIVES = "This key cannot make one that outlives it: it expires at 2026-11-21T13:00:00.000000Z."
AN_HOUR = NOON.replace(microsecond=0) + timedelta(hours=1)


async def test_a_key_that_expires_makes_none_that_outlives_it(house: House, admit: Admit) -> None:
    expiring = await admit(role="admin", expires_at=AN_HOUR)
    account = await house.data("accounts/create", name="Dashboard", role="viewer")

    async def create(**life: str) -> Answer:
        return await house.send(
            "keys/create", key=expiring, account_id=account["id"], name="Mine", **life
        )

    for_ever, longer = await create(), await create(expires_at="2026-11-21T13:00:00.000001Z")
    as_long = await create(expires_at="2026-11-21T13:00:00Z")

    assert refusal(for_ever) == refusal(longer) == ("PermissionDenied", OUTLIVES)
    assert as_long["data"]["expires_at"] == "2026-11-21T13:00:00.000000Z"


async def test_a_key_that_expires_rotates_none_that_outlives_it(house: House, admit: Admit) -> None:
    expiring = await admit(role="admin", expires_at=AN_HOUR)
    for_ever = await new_key(house)
    longer = await new_key(house, expires_at="2026-11-21T13:00:00.000001Z")
    shorter = await new_key(house, expires_at="2026-11-21T12:59:00Z")
    house.clock.now = NOON + timedelta(minutes=30)
    house.gateway.pipeline.shared.forget(for_ever["id"])

    refused = [
        await house.send("keys/rotate", key=expiring, id=each["id"]) for each in (for_ever, longer)
    ]
    new = await house.data("keys/rotate", key=expiring, id=shorter["id"])

    assert [refusal(each) for each in refused] == [("PermissionDenied", OUTLIVES)] * 2
    assert await works(house, for_ever["key"])
    # As long a life would be until 13:29.
    assert new["expires_at"] == "2026-11-21T13:00:00.000000Z"


@pytest.mark.parametrize("overlap", [0, 60])
async def test_rotating_itself_does_not_lengthen_a_life(
    house: House, admit: Admit, overlap: int
) -> None:
    expiring = await admit(role="admin", expires_at=AN_HOUR)
    id = (await house.data("system/whoami", key=expiring))["key_id"]
    house.clock.now = NOON + timedelta(minutes=30)

    first = await house.data("keys/rotate", key=expiring, id=id, overlap_seconds=overlap)
    second = await house.data("keys/rotate", key=first["key"], id=first["id"])

    assert await works(house, second["key"])
    assert first["expires_at"] == second["expires_at"] == "2026-11-21T13:00:00.000000Z"

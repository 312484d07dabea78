"""Who did what is told to those who may know it, the newest first."""

from typing import Any

import pytest

from tests.actions.given import Admit, Make, flags
from tests.conftest import OpenHouse
from tests.support.audited import told, trail
from tests.support.house import NOON, Answer, House


@pytest.fixture
async def deleted(house: House, make: Make) -> list[str]:
    """The ids of five counters that were deleted, the first first."""
    ids = [(await make())["id"] for _ in range(5)]
    for id in ids:
        await house.data("counters/delete", id=id)
    return ids


async def test_a_deletion_is_told_with_all_that_is_known_of_it(
    house: House, make: Make, door: str
) -> None:
    counter = await make()
    answer = await house.send("counters/delete", id=counter["id"])
    caller = await house.data("system/whoami")
    (record,) = await trail(house)

    at = answer["data"]["updated_at"]
    assert record == {
        "id": record["id"],
        "at": record["at"],
        "account_id": caller["account_id"],
        "key_id": caller["key_id"],
        "action": "counters/delete",
        "object_id": counter["id"],
        "address": "127.0.0.1" if door == "http" else None,
        "request_id": answer["flags"]["request_id"],
        "outcome": "success",
        "count": 1,
        "keep_until": record["at"].replace("2026-11-21", "2027-12-26"),
    }
    assert at < record["at"] < NOON.replace(minute=1).isoformat()


async def test_what_is_no_deletion_of_a_counter_is_in_its_history_and_not_here(
    house: House, make: Make
) -> None:
    await make(external_id="steps")
    await house.data("counters/increment", external_id="steps")
    await house.data("counters/update", external_id="steps", name="Steps a day")
    await house.send("counters/delete", external_id="nothing")
    await house.send("counters/delete", external_id=3)

    assert await trail(house) == []


async def test_the_newest_come_first(house: House, deleted: list[str]) -> None:
    assert [each["object_id"] for each in await trail(house)] == deleted[::-1]


async def rest(house: House, page: Answer) -> list[Answer]:
    """The two pages of two after this one."""
    found = [page]
    for _ in range(2):
        cursor = found[-1]["flags"]["paginated"]["next_cursor"]
        found.append(await house.send("audit/list", per_page=2, cursor=cursor))
    return found[1:]


async def test_a_cursor_goes_on_where_the_page_ended_whatever_came_since(
    house: House, make: Make, deleted: list[str]
) -> None:
    first = await house.send("audit/list", per_page=2)
    paginated = first["flags"]["paginated"]
    await house.data("counters/delete", id=(await make())["id"])
    second = await house.send("audit/list", per_page=2, cursor=paginated["next_cursor"])
    # Two pages more: the fifth deletion, and the three rows of the workspace's founding.
    third, last = await rest(house, second)

    assert (paginated["per_page"], paginated["has_more"]) == (2, True)
    pages = [first, second, third, last]
    found = [each for page in pages for each in page["data"]]
    assert [each["object_id"] for each in found[:5]] == deleted[::-1]
    assert [each["action"] for each in found[5:]] == ["workspaces/create"] * 3
    assert flags(last) == {"paginated": {"per_page": 2, "next_cursor": None, "has_more": False}}


async def test_a_cursor_is_bound_to_its_filters_and_its_account(
    house: House, deleted: list[str], admit: Admit
) -> None:
    wanted = {"outcome": "success"}
    answer = await house.send("audit/list", per_page=2, filters=wanted)
    cursor = answer["flags"]["paginated"]["next_cursor"]
    same = await house.send("audit/list", per_page=2, filters=wanted, cursor=cursor)
    other = await house.send("audit/list", per_page=2, cursor=cursor)
    key = await admit(role="admin")
    others = await house.send("audit/list", key=key, filters=wanted, cursor=cursor)

    assert [each["object_id"] for each in same["data"]] == deleted[2:0:-1]
    assert other["status"] == others["status"] == "parameter-error"
    assert list(other["data"]["errors"]) == ["cursor"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"action": "counters/delete"}, 5),
        ({"action": {"operator": "starts_with", "value": "counters/"}}, 6),
        ({"action": "counters/update"}, 0),
        ({"outcome": {"operator": "not_eq", "value": "success"}}, 1),
        ({"outcome": {"operator": "in", "value": ["success", "PermissionDenied"]}}, 6),
        ({"at": {"operator": "gte", "value": "2026-11-21T12:00:00Z"}}, 6),
        ({"at": {"operator": "lt", "value": "2026-11-21T12:00:00Z"}}, 0),
        ({"account_id": "01a20026-1f7c-7274-a170-00ae645cce6b"}, 0),
        ({"object_id": "nothing"}, 0),
    ],
)
async def test_filters_narrow_it(
    house: House, deleted: list[str], admit: Admit, filters: dict[str, Any], found: int
) -> None:
    await house.send("counters/set", key=await admit(role="viewer"), id=deleted[0], value=1)

    assert len(await trail(house, filters=filters)) == found


async def test_an_object_and_an_account_are_found_by_their_ids(
    house: House, deleted: list[str]
) -> None:
    caller = await house.data("system/whoami")
    by_account = await trail(house, filters={"account_id": caller["account_id"]}, per_page=3)
    by_object = await trail(house, filters={"object_id": deleted[1]})

    assert [each["object_id"] for each in by_account] == deleted[:1:-1]
    assert [each["object_id"] for each in by_object] == [deleted[1]]


async def test_a_filter_that_is_none_is_refused(house: House) -> None:
    answer = await house.send("audit/list", filters={"address": "127.0.0.1"})

    assert answer["data"]["code"] == "FilterError"
    assert answer["data"]["issue_code"] == "UnsupportedAttribute"


async def test_another_workspaces_trail_is_its_own(
    house: House, deleted: list[str], neighbour: str
) -> None:
    assert await trail(house, key=neighbour) == []


@pytest.mark.parametrize("role", ["viewer", "editor"])
async def test_the_trail_is_for_admins(house: House, admit: Admit, role: str) -> None:
    answer = await house.send("audit/list", key=await admit(role=role))

    assert answer["data"]["code"] == "PermissionDenied"
    assert answer["data"]["scope"] == "audit:admin"
    assert await told(house, key=await admit(role="admin")) == [
        ("audit/list", "PermissionDenied", 1)
    ]


async def test_rows_are_kept_as_long_as_the_setting_says(open_house: OpenHouse) -> None:
    house = await open_house(audit_days=30)
    made = await house.data("counters/create", name="Daily steps", type="UpDown")
    await house.data("counters/delete", id=made["id"])
    (record,) = await trail(house)

    assert record["keep_until"][:10] == "2026-12-21"

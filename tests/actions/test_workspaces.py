"""Workspaces: one's own, and all of them for the operator."""

import pytest

from gateway.access.keys import parse_key
from tests.actions.given import NOT_FOUND, Admit, flags, no_rows, refusal
from tests.support.audited import trail
from tests.support.house import Answer, House, Send

OPERATORS_ONLY = "Only owners of the operator's workspace may do this."


async def test_everybody_sees_their_own(house: House, neighbour: str) -> None:
    ours, theirs = [await house.data("workspaces/get", key=key) for key in ("", neighbour)]

    assert (ours["name"], ours["timezone"], ours["suspended_at"]) == ("Main", "UTC", None)
    assert (theirs["name"], theirs["timezone"]) == ("Next door", "Pacific/Kiritimati")
    assert ours["id"] != theirs["id"]


async def test_owners_change_name_and_timezone(house: House) -> None:
    before = await house.data("workspaces/get")
    await house.data("system/whoami")

    answer = await house.send("workspaces/update", name=" Home ", timezone="Asia/Tokyo")

    assert flags(answer) == {"modification": True}
    assert answer["data"] == before | {"name": "Home", "timezone": "Asia/Tokyo"}
    caller = await house.data("system/whoami")
    assert (caller["workspace_name"], caller["timezone"]) == ("Home", "Asia/Tokyo")


async def test_nobody_but_owners_changes_the_workspace(house: House, admit: Admit) -> None:
    admin = await admit(role="admin")

    answer = await house.send("workspaces/update", key=admin, name="Mine")

    assert refusal(answer) == ("PermissionDenied", "Only the workspace's owners may do this.")
    assert answer["data"]["scope"] == "workspaces:admin"
    assert (await house.data("workspaces/get"))["name"] == "Main"


@no_rows
async def test_an_update_needs_a_change_that_fits(send: Send) -> None:
    nothing = await send("workspaces/update")
    wrong = await send("workspaces/update", name="", timezone="Mars/Olympus", operator=True)

    assert nothing["data"]["message"] == "Send at least one field to change."
    assert set(wrong["data"]["errors"]) == {"name", "timezone", "operator"}


async def test_the_operator_makes_a_workspace_with_an_owner_and_a_key(house: House) -> None:
    answer = await house.send("workspaces/create", name="Second", timezone="Asia/Tokyo")

    assert flags(answer) == {"creation": True}
    made = answer["data"]
    assert list(made) == [
        *("id", "name", "timezone", "created_at", "suspended_at", "account", "key"),
    ]
    caller = await house.data("system/whoami", key=made["key"])
    assert (caller["workspace_id"], caller["role"]) == (made["id"], "owner")
    assert made["account"] == {
        "id": caller["account_id"],
        "name": "Owner",
        "role": "owner",
        "rate_limit": None,
    }
    assert await house.data("accounts/list", key=made["key"]) == [
        await house.data("accounts/get", key=made["key"], id=caller["account_id"])
    ]
    assert made["key"] not in house.log.text


async def test_workspaces_are_listed_for_the_operator(house: House) -> None:
    for name in ("b", "a", "C"):
        await house.data("workspaces/create", name=name)
    found = await house.data("workspaces/list", sort_by="name")
    await house.data("workspaces/suspend", id=found[0]["id"])

    suspended = await house.send("workspaces/list", filters={"suspended": True})
    page = await house.send("workspaces/list", sort_by="name", per_page=2, page=2)

    assert [each["name"] for each in found] == ["C", "Main", "a", "b"]
    assert [each["name"] for each in suspended["data"]] == ["C"]
    assert suspended["flags"]["paginated"]["total_records"] == 1
    assert [each["name"] for each in page["data"]] == ["a", "b"]


async def test_a_suspended_workspace_stops_at_once_and_can_be_resumed(house: House) -> None:
    made = await house.data("workspaces/create", name="Second")
    before = await house.send("system/whoami", key=made["key"])

    suspended = await house.send("workspaces/suspend", id=made["id"])
    again = await house.send("workspaces/suspend", id=made["id"])
    during = await house.send("system/whoami", key=made["key"])
    resumed = await house.send("workspaces/resume", id=made["id"])
    still = await house.send("workspaces/resume", id=made["id"])
    after = await house.send("system/whoami", key=made["key"])

    assert before["status"] == after["status"] == "success"
    assert flags(suspended) == flags(resumed) == {"modification": True}
    assert flags(again) == flags(still) == {}
    assert suspended["data"]["suspended_at"] is not None
    assert again["data"] == suspended["data"]
    assert refusal(during) == ("WorkspaceSuspended", "The workspace is suspended.")
    assert resumed["data"] == suspended["data"] | {"suspended_at": None}
    assert still["data"] == resumed["data"]


async def test_the_operators_own_workspace_is_not_suspended(house: House) -> None:
    own = await house.data("workspaces/get")

    answer = await house.send("workspaces/suspend", id=own["id"])

    assert refusal(answer) == ("Conflict", "The operator's own workspace cannot be suspended.")
    assert await house.data("workspaces/get") == own


@pytest.mark.parametrize("path", ["workspaces/suspend", "workspaces/resume"])
async def test_a_workspace_that_never_was_is_not_found(house: House, path: str) -> None:
    answer = await house.send(path, id="01a2003c-06ab-73ba-9d3a-9beed55b7919")

    assert answer["data"] == NOT_FOUND


async def test_everybody_elses_calls_of_the_operators_actions_are_denied(
    house: House, neighbour: str, admit: Admit
) -> None:
    own = await house.data("workspaces/get")
    admin = await admit(role="admin")

    async def answers(key: str) -> list[Answer]:
        return [
            await house.send("workspaces/create", key=key, name="Mine"),
            await house.send("workspaces/list", key=key),
            await house.send("workspaces/suspend", key=key, id=own["id"]),
            await house.send("workspaces/resume", key=key, id=own["id"]),
        ]

    for key in (neighbour, admin):
        denied = [refusal(each) for each in await answers(key)]
        assert {code for code, _ in denied} == {"PermissionDenied"}
        assert OPERATORS_ONLY in {sentence for _, sentence in denied}
    assert len(await house.data("workspaces/list")) == 2


async def test_permitted_actions_are_those_on_the_very_workspace(
    house: House, neighbour: str
) -> None:
    own = await house.data("workspaces/get", _expansions=True)
    theirs = await house.data("workspaces/get", key=neighbour, _expansions=True)
    listed = await house.data("workspaces/list", _expansions=True)
    suspended = await house.data("workspaces/suspend", id=theirs["id"], _expansions=True)

    assert own["permitted_actions"] == ["workspaces/get", "workspaces/update"]
    assert theirs["permitted_actions"] == ["workspaces/get", "workspaces/update"]
    assert {each["id"]: each["permitted_actions"] for each in listed} == {
        own["id"]: ["workspaces/get", "workspaces/update"],
        theirs["id"]: ["workspaces/suspend"],
    }
    assert suspended["permitted_actions"] == ["workspaces/resume"]


async def test_a_workspace_begins_its_trail_with_all_that_it_was_made_with(house: House) -> None:
    answer = await house.send("workspaces/create", name="Second")
    made, request_id = answer["data"], answer["flags"]["request_id"]
    key = parse_key(made["key"])
    (operators,) = await trail(house)
    theirs = await trail(house, key=made["key"], founding=True)

    assert key is not None
    assert (operators["action"], operators["object_id"]) == ("workspaces/create", made["id"])
    assert operators["account_id"] is not None
    assert {each["object_id"] for each in theirs} == {made["id"], made["account"]["id"], key.id}
    assert {each["action"] for each in theirs} == {"workspaces/create"}
    assert {each["request_id"] for each in theirs} == {request_id} == {operators["request_id"]}


async def test_a_workspace_is_told_what_the_operator_did_and_not_who_it_was(
    house: House, door: str
) -> None:
    made = await house.data("workspaces/create", name="Second")
    await house.data("workspaces/suspend", id=made["id"])
    await house.data("workspaces/resume", id=made["id"])
    done = ["workspaces/resume", "workspaces/suspend"]

    ours = (await trail(house))[:2]
    theirs = (await trail(house, key=made["key"]))[:2]

    assert [each["action"] for each in ours] == [each["action"] for each in theirs] == done
    assert {each["object_id"] for each in (*ours, *theirs)} == {made["id"]}
    address = "127.0.0.1" if door == "http" else None
    assert {each["address"] for each in ours} == {address}
    who = {(each["account_id"], each["key_id"], each["address"]) for each in theirs}
    assert who == {(None, None, None)}


async def test_what_the_operator_does_to_their_own_workspace_is_told_once(house: House) -> None:
    own = await house.data("workspaces/get")
    await house.data("workspaces/resume", id=own["id"])

    assert [each["action"] for each in await trail(house)] == ["workspaces/resume"]

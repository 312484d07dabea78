"""Service accounts: made, listed, changed and deleted, by those who hold what they give."""

import asyncio
from typing import Any

import pytest

from gateway.access.accounts import all_accounts
from tests.actions.given import (
    NOT_FOUND,
    OWNERS_ONLY,
    Admit,
    account_of,
    flags,
    no_rows,
    refusal,
)
from tests.support.house import House, Send

IDLE = "`scopes`: The role viewer does not have counters:write, and a list of scopes only narrows."
EVERYTHING = [
    *("accounts/get", "accounts/update", "accounts/delete", "keys/create", "keys/list"),
]
"""What can be done with an account."""
LAST_OWNER = {
    "code": "Conflict",
    "message": "A workspace keeps one owner with every scope, and this is the last.",
    "retryable": False,
}


async def test_create_answers_with_the_whole_account(house: House) -> None:
    answer = await house.send(
        "accounts/create",
        name="  Dashboard ",
        role="editor",
        scopes=["counters:write", "counters:read", "counters:read"],
        rate_limit="600/60",
        rate_limits={"counters/list": "10/1"},
        allowed_ips=["10.0.0.0/8", "2001:DB8::1/128", "192.0.2.7"],
    )

    assert answer["status"] == "success"
    assert flags(answer) == {"creation": True}
    made = answer["data"]
    assert list(made.items()) == [
        ("id", made["id"]),
        ("name", "Dashboard"),
        ("role", "editor"),
        ("scopes", ["counters:read", "counters:write"]),
        ("rate_limit", "600/60"),
        ("rate_limits", {"counters/list": "10/1"}),
        ("allowed_ips", ["10.0.0.0/8", "2001:db8::1", "192.0.2.7"]),
        ("created_at", made["created_at"]),
        ("updated_at", made["created_at"]),
        ("last_used_at", None),
    ]
    assert await house.data("accounts/get", id=made["id"]) == made


async def test_what_is_not_said_is_null(house: House) -> None:
    made = await house.data("accounts/create", name="Dashboard", role="viewer")

    names = ("scopes", "rate_limit", "rate_limits", "allowed_ips")
    assert [made[name] for name in names] == [None] * 4


@no_rows
@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"role": "Owner"}, "role"),
        ({"role": None}, "role"),
        ({"scopes": None}, "scopes"),
        ({"scopes": ["counters"]}, "scopes"),
        ({"scopes": ["counters:fly"]}, "scopes"),
        ({"scopes": ["counter:read"]}, "scopes"),
        ({"scopes": ["counters:write"]}, "scopes"),
        ({"rate_limit": "100"}, "rate_limit"),
        ({"rate_limit": "0/60"}, "rate_limit"),
        ({"rate_limit": "Off"}, "rate_limit"),
        ({"rate_limit": 100}, "rate_limit"),
        ({"rate_limits": {"counters/lst": "1/1"}}, "rate_limits"),
        ({"rate_limits": {"counters": "1/1"}}, "rate_limits"),
        ({"rate_limits": {"counters/list": "x"}}, "rate_limits"),
        ({"allowed_ips": []}, "allowed_ips"),
        ({"allowed_ips": ["10.0.0.1/8"]}, "allowed_ips"),
        ({"allowed_ips": ["everywhere"]}, "allowed_ips"),
        ({"rolle": "viewer"}, "rolle"),
    ],
)
async def test_what_does_not_fit_is_refused_by_name(
    house: House, params: dict[str, Any], field: str
) -> None:
    wanted = {"name": "Dashboard", "role": "viewer", **params}

    answer = await house.send("accounts/create", **wanted)

    assert answer["status"] == "parameter-error"
    assert list(answer["data"]["errors"]) == [field]
    assert answer["data"]["message"].startswith(f"`{field}")
    assert len(await house.data("accounts/list")) == 1


@no_rows
async def test_host_bits_and_idle_scopes_are_refused_with_a_clear_sentence(send: Send) -> None:
    bits = await send("accounts/create", name="A", role="viewer", allowed_ips=["10.1.0.0/8"])
    idle = await send("accounts/create", name="A", role="viewer", scopes=["counters:write"])
    unknown = await send("accounts/create", name="A", role="viewer", scopes=["counter:read"])

    assert [each["data"]["message"] for each in (bits, idle, unknown)] == [
        "`allowed_ips.0`: Has bits set beyond its prefix; the range is 10.0.0.0/8.",
        IDLE,
        "`scopes`: No action has the scope counter:read.",
    ]


async def test_update_changes_what_is_sent_and_null_clears(house: House) -> None:
    made = await house.data(
        "accounts/create",
        name="Dashboard",
        role="editor",
        scopes=["counters:read"],
        rate_limit="600/60",
        rate_limits={"counters/list": "10/1"},
        allowed_ips=["10.0.0.0/8"],
    )

    answer = await house.send("accounts/update", id=made["id"], name=" Board ", scopes=None)
    renamed = answer["data"]
    cleared = await house.data(
        "accounts/update",
        id=made["id"],
        **dict.fromkeys(("rate_limit", "rate_limits", "allowed_ips")),
    )

    assert flags(answer) == {"modification": True}
    assert renamed == made | {
        "name": "Board",
        "scopes": None,
        "updated_at": renamed["updated_at"],
    }
    assert renamed["updated_at"] > made["updated_at"]
    assert [cleared[each] for each in ("rate_limit", "rate_limits", "allowed_ips")] == [None] * 3
    assert cleared == await house.data("accounts/get", id=made["id"])


@no_rows
async def test_update_needs_an_account_and_a_change(house: House) -> None:
    id = await account_of(house, "")
    nothing = await house.send("accounts/update", id=id)
    null = await house.send("accounts/update", id=id, name=None, role=None)
    nobody = await house.send("accounts/update", name="Board")

    assert nothing["data"]["message"] == "Send at least one field to change."
    assert set(null["data"]["errors"]) == {"name", "role"}
    assert nobody["data"]["message"] == "`id` is required but is missing"


async def test_a_change_of_role_holds_for_the_next_call(house: House, admit: Admit) -> None:
    key = await admit(role="viewer")
    id = await account_of(house, key)
    before = await house.send("counters/create", key=key, name="Daily steps", type="UpDown")

    await house.data("accounts/update", id=id, role="editor")
    after = await house.send("counters/create", key=key, name="Daily steps", type="UpDown")

    assert refusal(before)[0] == "PermissionDenied"
    assert after["status"] == "success"


async def test_a_deleted_account_is_gone_with_its_keys_at_once(house: House, admit: Admit) -> None:
    key = await admit(role="editor")
    id = await account_of(house, key)
    before = await house.data("accounts/get", id=id)

    answer = await house.send("accounts/delete", id=id)

    assert flags(answer) == {"deletion": True}
    assert answer["data"] == before
    assert refusal(await house.send("system/whoami", key=key))[0] == "InvalidAPIKey"
    assert (await house.send("accounts/get", id=id))["data"] == NOT_FOUND
    assert [each["account_id"] for each in await house.data("keys/list")] != [id]
    assert (await house.send("accounts/delete", id=id))["data"] == NOT_FOUND


async def test_a_list_is_sorted_filtered_and_paged(house: House) -> None:
    for name, role in (("b", "viewer"), ("a", "editor"), ("B", "viewer"), ("Z", "admin")):
        await house.data("accounts/create", name=name, role=role)

    by_name = await house.data("accounts/list", sort_by="name")
    viewers = await house.send("accounts/list", filters={"role": "viewer"}, order="desc")
    page = await house.send("accounts/list", sort_by="name", per_page=2, page=2)
    unused = await house.data(
        "accounts/list", filters={"last_used_at": {"operator": "gt", "value": NOON_TEXT}}
    )

    assert [each["name"] for each in by_name] == ["B", "Owner", "Z", "a", "b"]
    assert [each["name"] for each in viewers["data"]] == ["B", "b"]
    assert viewers["flags"]["paginated"]["total_records"] == 2
    assert [each["name"] for each in page["data"]] == ["Z", "a"]
    assert page["flags"]["paginated"]["total_pages"] == 3
    assert unused == []


NOON_TEXT = "2026-11-21T12:00:00Z"


@pytest.mark.parametrize(
    ("own", "wanted", "sentence"),
    [
        (
            {"role": "admin"},
            {"role": "owner"},
            "This key cannot grant the role owner: its own is admin.",
        ),
        (
            {"role": "admin", "key_scopes": ["accounts:admin", "counters:read"]},
            {"role": "viewer"},
            "This key is narrowed to a list of scopes, and can grant nothing beyond that list.",
        ),
        (
            {"role": "owner", "scopes": ["accounts:admin", "counters:read"]},
            {"role": "editor", "scopes": ["counters:read", "counters:write"]},
            "This key cannot grant the scope counters:write: it does not have it.",
        ),
        (
            {"role": "admin", "rate_limit": "100/60"},
            {"role": "viewer", "rate_limit": "101/60"},
            "This account cannot grant a limit of 101/60: its own is 100/60.",
        ),
        (
            {"role": "admin"},
            {"role": "viewer", "rate_limit": "off"},
            "This account cannot grant a limit of off: its own is 100/60.",
        ),
        (
            {"role": "admin", "rate_limit": "10/60"},
            {"role": "viewer"},
            "This account cannot grant a limit of 100/60: its own is 10/60.",
        ),
        (
            {"role": "admin", "rate_limits": {"counters/list": "1/60"}},
            {"role": "viewer", "rate_limits": {"counters/list": "2/60"}},
            "This account cannot grant a limit of 2/60: its own is 1/60.",
        ),
    ],
)
async def test_nobody_grants_more_than_they_hold(
    house: House, admit: Admit, own: dict[str, Any], wanted: dict[str, Any], sentence: str
) -> None:
    key = await admit(**own)
    before = await house.data("accounts/list")

    made = await house.send("accounts/create", key=key, name="Mine", **wanted)

    assert refusal(made) == ("PermissionDenied", sentence)
    assert made["data"]["scope"] == "accounts:admin"
    assert await house.data("accounts/list") == before


async def test_nobody_gives_another_account_more_than_they_hold(house: House, admit: Admit) -> None:
    key = await admit(role="admin", key_scopes=["accounts:admin"], rate_limit="100/60")
    other = await account_of(house, await admit(role="viewer", scopes=["system:read"]))

    promoted = await house.send("accounts/update", key=key, id=other, role="owner")
    widened = await house.send("accounts/update", key=key, id=other, scopes=None)
    unlimited = await house.send("accounts/update", key=key, id=other, rate_limit="off")
    renamed = await house.data("accounts/update", key=key, id=other, name="Theirs")

    codes = [refusal(each)[0] for each in (promoted, widened, unlimited)]
    assert codes == ["PermissionDenied"] * 3
    assert (renamed["role"], renamed["scopes"]) == ("viewer", ["system:read"])


async def test_what_is_held_can_be_given(house: House, admit: Admit) -> None:
    key = await admit(role="admin", key_scopes=["accounts:admin", "counters:read"])

    made = await house.data(
        "accounts/create",
        key=key,
        name="Mine",
        role="admin",
        scopes=["accounts:admin", "counters:read"],
        rate_limit="50/60",
        rate_limits={"counters/list": "1/2"},
    )

    assert (made["role"], made["rate_limit"]) == ("admin", "50/60")


async def test_only_owners_touch_owners(house: House, admit: Admit) -> None:
    admin, owner = await admit(role="admin"), await admit(role="owner")
    id = await account_of(house, owner)

    changed = await house.send("accounts/update", key=admin, id=id, name="Mine")
    deleted = await house.send("accounts/delete", key=admin, id=id)
    by_owner = await house.send("accounts/update", id=id, role="viewer")

    assert refusal(changed) == refusal(deleted) == ("PermissionDenied", OWNERS_ONLY)
    assert by_owner["data"]["role"] == "viewer"


async def test_the_last_owner_stays(house: House, admit: Admit) -> None:
    await admit(role="owner", scopes=["counters:read"])
    id = await account_of(house, "")
    before = await house.data("accounts/get", id=id)

    answers = [
        await house.send("accounts/delete", id=id),
        await house.send("accounts/update", id=id, role="admin"),
        await house.send("accounts/update", id=id, scopes=["accounts:admin", "accounts:read"]),
    ]

    assert [each["data"] for each in answers] == [LAST_OWNER] * 3
    assert await house.data("accounts/get", id=id) == before


async def test_an_owner_may_go_when_another_stays(house: House, admit: Admit) -> None:
    other = await admit(role="owner")
    id = await account_of(house, "")

    gone = await house.send("accounts/delete", id=id)

    assert gone["status"] == "success"
    assert refusal(await house.send("system/whoami"))[0] == "InvalidAPIKey"
    (left,) = await house.data("accounts/list", key=other)
    assert left["role"] == "owner"


async def test_owners_who_race_to_remove_each_other_leave_one(house: House, admit: Admit) -> None:
    keys = [house.key, *[await admit(role="owner") for _ in range(5)]]
    ids = [await account_of(house, key) for key in keys]
    ring = zip(keys, [*ids[1:], ids[0]], strict=True)
    calls = [
        house.send("accounts/delete", key=key, id=id)
        if place % 2
        else house.send("accounts/update", key=key, id=id, role="viewer")
        for place, (key, id) in enumerate(ring)
    ]

    answers = await asyncio.gather(*calls)

    refused = [refusal(each)[0] for each in answers if each["status"] == "error"]
    assert set(refused) <= {"Conflict", "InvalidAPIKey", "PermissionDenied"}
    accounts = await kept_owners(house)
    assert accounts >= 1


async def test_an_owner_removed_by_many_at_once_is_not_the_last(house: House, admit: Admit) -> None:
    """Each of two owners is deleted by the other at the same time: one of them stays."""
    other = await admit(role="owner")
    ours, theirs = await account_of(house, ""), await account_of(house, other)

    first, second = await asyncio.gather(
        house.send("accounts/delete", id=theirs),
        house.send("accounts/delete", key=other, id=ours),
    )

    assert sorted((first["status"], second["status"])) == ["error", "success"]
    assert await kept_owners(house) == 1


async def kept_owners(house: House) -> int:
    """How many there are, whoever may still ask."""
    found = await all_accounts(house.gateway.database.reader)
    return len([each for each in found if each.is_full_owner])


async def test_permitted_actions_depend_on_who_asks_about_whom(house: House, admit: Admit) -> None:
    admin, viewer = await admit(role="admin"), await admit(role="viewer")
    id = await account_of(house, viewer)
    owner = await account_of(house, "")

    async def permitted(key: str, id: str) -> list[str]:
        shown = await house.data("accounts/get", key=key, id=id, _expansions=["permitted_actions"])
        found: list[str] = shown["permitted_actions"]
        return found

    assert await permitted(admin, id) == EVERYTHING
    # The last owner stays.
    assert await permitted("", owner) == [each for each in EVERYTHING if each != "accounts/delete"]
    await admit(role="owner")
    assert await permitted("", owner) == EVERYTHING
    assert (
        await permitted(admin, owner)
        == await permitted(viewer, id)
        == [
            "accounts/get",
            "keys/list",
        ]
    )


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"role": "viewer"}, ["accounts/get", "keys/list"]),
        # An admin touches no owner's account; but this one is an owner's no more.
        ({"role": "admin"}, EVERYTHING),
        ({"scopes": ["accounts:read"]}, ["accounts/get"]),
    ],
)
async def test_who_changes_their_own_account_is_told_what_is_left_to_them(
    house: House, admit: Admit, change: dict[str, Any], left: list[str]
) -> None:
    await admit(role="owner")
    id = await account_of(house, "")

    changed = await house.data("accounts/update", id=id, _expansions=True, **change)
    after = await house.data("accounts/get", id=id, _expansions=True)

    assert changed["permitted_actions"] == after["permitted_actions"] == left

"""The system section, through every door: ping and whoami."""

import pytest

from tests.actions.given import Admit, flags, no_rows
from tests.support.house import House, Send


@no_rows
async def test_ping_needs_no_key(send: Send) -> None:
    answer = await send("system/ping", key=None)

    assert list(answer) == ["status", "time", "flags", "data"]
    assert answer["status"] == "success"
    assert flags(answer) == {}
    assert answer["data"] == {"pong": True}


@no_rows
async def test_ping_ignores_any_key_sent(send: Send) -> None:
    answer = await send("system/ping", key="not a key")

    assert answer["status"] == "success"


@no_rows
async def test_ping_takes_no_parameters(send: Send) -> None:
    answer = await send("system/ping", key=None, loud=True)

    assert answer["data"] == {
        "message": "`loud` is not a parameter of system/ping",
        "errors": {"loud": ["Unknown field."]},
    }


async def test_whoami_tells_account_and_workspace(house: House) -> None:
    answer = await house.send("system/whoami")

    told = answer["data"]
    assert list(told.items()) == [
        ("account_id", told["account_id"]),
        ("account_name", "Owner"),
        ("role", "owner"),
        ("scopes", None),
        ("workspace_id", told["workspace_id"]),
        ("workspace_name", "Main"),
        ("timezone", "UTC"),
        ("key_id", house.key[len("hal_live_") :][:12]),
        ("now", told["now"]),
    ]
    assert told["now"].startswith("2026-11-21T12:00:00.0000")
    assert told["account_id"] != told["workspace_id"]


async def test_whoami_tells_the_scopes_that_account_and_key_both_allow(
    house: House, admit: Admit
) -> None:
    key = await admit(
        role="editor",
        scopes=["system:read", "counters:write", "counters:read"],
        key_scopes=["system:read", "hits:read", "counters:read"],
    )

    told = await house.data("system/whoami", key=key)

    assert (told["role"], told["scopes"]) == ("editor", ["counters:read", "system:read"])


async def test_whoami_tells_the_workspaces_own_zone(house: House, neighbour: str) -> None:
    told = await house.data("system/whoami", key=neighbour)

    assert (told["workspace_name"], told["timezone"]) == ("Next door", "Pacific/Kiritimati")


@no_rows
async def test_whoami_needs_a_key(send: Send) -> None:
    answer = await send("system/whoami", key=None)

    assert answer["data"]["code"] == "AccessDenied"


@no_rows
@pytest.mark.parametrize("key", ["x", "hal_live_nonsense", "hal_live_" + "0" * 50])
async def test_a_bad_key_is_refused_without_a_reason(send: Send, key: str) -> None:
    answer = await send("system/whoami", key=key)

    assert answer["data"] == {
        "code": "InvalidAPIKey",
        "message": "The API key is not valid.",
        "retryable": False,
    }


async def test_an_account_narrowed_to_another_section_may_not_ask_who_it_is(
    house: House, admit: Admit
) -> None:
    key = await admit(scopes=["counters:read"])

    answer = await house.send("system/whoami", key=key)

    assert (answer["data"]["code"], answer["data"]["scope"]) == ("PermissionDenied", "system:read")

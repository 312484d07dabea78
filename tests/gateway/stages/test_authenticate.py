"""Who is calling, and may they? Both are asked before the body is read."""

import pytest

from gateway.access.keys import make_key
from tests.gateway.calls import answer_of
from tests.support.house import House
from tests.support.people import admit, key_of, revoke, suspend

BROKEN = b"{"
"""A body that would be refused, if anybody looked at it."""


async def test_no_key_is_access_denied(toybox: House) -> None:
    answer = await answer_of(toybox, "toys/keep", key=None, text=BROKEN)

    assert answer["data"] == {
        "code": "AccessDenied",
        "message": "This action needs an API key: send it as Authorization: Bearer <key>.",
        "retryable": False,
    }


@pytest.mark.parametrize("kind_of_key", ["blank", "short", "miswritten", "unknown"])
async def test_a_wrong_key_is_invalid_and_never_says_why(toybox: House, kind_of_key: str) -> None:
    wrong = {
        "blank": " ",
        "short": "x",
        "miswritten": "hal_live_" + "0" * 50,
        "unknown": make_key("live").text,
    }
    answer = await answer_of(toybox, "toys/keep", key=wrong[kind_of_key], text=BROKEN)

    assert answer["data"] == {
        "code": "InvalidAPIKey",
        "message": "The API key is not valid.",
        "retryable": False,
    }


async def test_a_revoked_key_looks_like_one_that_never_was(toybox: House) -> None:
    key, _ = await admit(toybox)
    await revoke(toybox, key.id)
    revoked = await answer_of(toybox, "toys/keep", key=key.text, text=BROKEN)
    unknown = await answer_of(toybox, "toys/keep", key=make_key("live").text, text=BROKEN)

    assert {**revoked, "time": 0} == {**unknown, "time": 0}


async def test_a_suspended_workspace_is_told_so(toybox: House) -> None:
    key, workspace_id = await admit(toybox)
    await suspend(toybox, workspace_id)
    answer = await answer_of(toybox, "toys/keep", key=key.text, text=BROKEN)

    assert answer["data"]["code"] == "WorkspaceSuspended"
    assert answer["data"]["message"] == "The workspace is suspended."


@pytest.mark.parametrize(
    ("wanted", "path", "code"),
    [
        ({"role": "viewer"}, "toys/things", None),
        ({"role": "viewer"}, "toys/keep", "PermissionDenied"),
        ({"role": "editor"}, "toys/keep", None),
        ({"role": "admin"}, "toys/tally", None),
        ({"role": "owner", "scopes": ["toys:read"]}, "toys/keep", "PermissionDenied"),
        ({"role": "owner", "key_scopes": ["toys:read"]}, "toys/keep", "PermissionDenied"),
        ({"role": "owner", "key_scopes": ["toys:write"]}, "toys/keep", None),
        ({"role": "owner", "key_scopes": ["toys:write"]}, "toys/things", "PermissionDenied"),
        ({"role": "viewer", "scopes": ["toys:write"]}, "toys/keep", "PermissionDenied"),
    ],
)
async def test_role_and_scopes_must_cover_the_actions_scope(
    toybox: House, wanted: dict[str, str], path: str, code: str | None
) -> None:
    answer = await answer_of(toybox, path, key=await key_of(toybox, **wanted), name="pear")

    assert (answer["status"] == "success") is (code is None)
    assert code is None or answer["data"]["code"] == code


async def test_permission_is_denied_before_the_body_is_read(toybox: House) -> None:
    viewer = await key_of(toybox, role="viewer")
    answer = await answer_of(toybox, "toys/keep", key=viewer, text=BROKEN)

    assert answer["data"] == {
        "code": "PermissionDenied",
        "message": "This key does not have the scope toys:write.",
        "retryable": False,
        "scope": "toys:write",
    }

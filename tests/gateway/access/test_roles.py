"""Which scopes a role covers, and how lists of scopes narrow it."""

import pytest

from gateway.access.identity import Identity
from gateway.access.roles import Role, covers, is_scope

VERBS = ["read", "write", "admin"]
TABLE = {
    Role.VIEWER: ["read"],
    Role.EDITOR: ["read", "write"],
    Role.ADMIN: ["read", "write", "admin"],
    Role.OWNER: ["read", "write", "admin"],
}


def identity(role: Role, scopes: frozenset[str] | None = None) -> Identity:
    return Identity(
        workspace_id="w",
        workspace_name="Main",
        timezone="UTC",
        account_id="a",
        account_name="Owner",
        role=role,
        scopes=scopes,
        key_id="k",
    )


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", Role)
def test_a_role_covers_its_verbs_in_every_section(role: Role, verb: str) -> None:
    assert covers(role, f"counters:{verb}") is (verb in TABLE[role])
    assert covers(role, f"a_section_of_mine:{verb}") is (verb in TABLE[role])


@pytest.mark.parametrize(
    ("role", "scopes", "scope", "may"),
    [
        (Role.OWNER, None, "toys:write", True),
        (Role.OWNER, {"toys:write"}, "toys:write", True),
        (Role.OWNER, {"toys:read"}, "toys:write", False),
        (Role.OWNER, {"counters:write"}, "toys:write", False),
        (Role.OWNER, set(), "toys:read", False),
        (Role.VIEWER, {"toys:write"}, "toys:write", False),
        (Role.VIEWER, {"toys:write", "toys:read"}, "toys:read", True),
    ],
)
def test_a_list_of_scopes_narrows_the_role_and_never_widens_it(
    role: Role, scopes: set[str] | None, scope: str, may: object
) -> None:
    narrowed = None if scopes is None else frozenset(scopes)

    assert identity(role, narrowed).may(scope) is may


@pytest.mark.parametrize("text", ["toys:read", "toys:write", "toys:admin", "a_1:read", "x:admin"])
def test_a_scope_is_a_section_and_a_verb(text: str) -> None:
    assert is_scope(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "toys", "toys:", ":read", "toys:fly", "Toys:read", "toys:Read", "1toys:read", "_t:read",
        "toys:read ", "toys:read\n", "toys:read:write", "toys/read", "*:read", "toys:*",
    ],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    assert not is_scope(text)

"""Nobody grants more than they hold: roles, scopes, limits."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.access.faults import PermissionDenied
from gateway.access.grants import (
    may_grant,
    may_last_until,
    may_touch,
    narrowed,
    refuse_limits,
)
from gateway.access.identity import Identity
from gateway.access.own_limits import Limits
from gateway.access.roles import Reserved, Role


def identity(
    role: str = "admin",
    scopes: set[str] | None = None,
    rate_limit: str | None = None,
    rate_limits: dict[str, str] | None = None,
    *,
    is_operator: bool = False,
) -> Identity:
    return Identity(
        workspace_id="w",
        workspace_name="Main",
        timezone="UTC",
        account_id="a",
        account_name="Admin",
        role=Role(role),
        scopes=None if scopes is None else frozenset(scopes),
        key_id="k",
        rate_limit=rate_limit,
        rate_limits=rate_limits,
        is_operator=is_operator,
    )


@pytest.mark.parametrize("caller", Role)
@pytest.mark.parametrize("wanted", Role)
def test_a_role_is_granted_up_to_ones_own(caller: Role, wanted: Role) -> None:
    order = list(Role)

    may = may_grant(identity(caller), narrowed(wanted))

    assert may is (order.index(wanted) <= order.index(caller))


@pytest.mark.parametrize(
    ("held", "role", "lists", "may"),
    [
        (None, "editor", [["a:write"]], True),
        ({"a:read"}, "viewer", [], False),
        ({"a:read"}, "viewer", [["a:read"]], True),
        ({"a:read"}, "editor", [["a:read", "a:write"]], False),
        ({"a:read"}, "editor", [["a:read", "a:write"], ["a:read"]], True),
        ({"a:read"}, "viewer", [[]], True),
        # What the role does not cover is not granted by naming it.
        ({"a:read"}, "viewer", [["a:read", "b:write"]], True),
        ({"a:read"}, "owner", [["a:read"]], False),
    ],
)
def test_a_narrowed_key_grants_no_more_than_its_scopes(
    held: set[str] | None, role: str, lists: list[list[str]], may: object
) -> None:
    assert may_grant(identity(scopes=held), narrowed(Role(role), *lists)) is may


@pytest.mark.parametrize("caller", Role)
@pytest.mark.parametrize("other", Role)
def test_only_owners_touch_owners(caller: Role, other: Role) -> None:
    assert may_touch(identity(caller), other) is (other != "owner" or caller == "owner")


@pytest.mark.parametrize(
    ("role", "is_operator", "reserved", "may"),
    [
        ("owner", False, Reserved.OWNERS, True),
        ("owner", False, Reserved.OPERATORS, False),
        ("owner", True, Reserved.OPERATORS, True),
        ("admin", True, Reserved.OPERATORS, False),
        ("admin", True, Reserved.OWNERS, False),
    ],
)
def test_reserved_actions_are_for_owners(
    role: str, *, is_operator: bool, reserved: Reserved, may: object
) -> None:
    assert identity(role, is_operator=is_operator).is_among(reserved) is may


@pytest.mark.parametrize(
    ("wanted", "held", "excess"),
    [
        ("100/60", "100/60", None),
        ("100/60", "off", None),
        ("off", "off", None),
        ("off", "100/60", ("off", "100/60")),
        ("101/60", "100/60", ("101/60", "100/60")),
        ("100/59", "100/60", ("100/59", "100/60")),
        ("50/60", "100/60", None),
        ("1/1", "100/60", None),
        ("2/1", "100/60", ("2/1", "100/60")),
        # In the long run the same, and at once more.
        ("200/120", "100/60", ("200/120", "100/60")),
    ],
)
def test_a_limit_exceeds_another_when_it_ever_allows_more(
    wanted: str, held: str, excess: tuple[str, str] | None
) -> None:
    assert Limits(wanted, {}).excess(Limits(held, {})) == excess


@pytest.mark.parametrize(
    ("wanted", "held", "may"),
    [
        ({}, {}, True),
        ({"a/b": "10/60"}, {}, True),
        ({"a/b": "101/60"}, {}, False),
        ({"a/b": "off"}, {}, False),
        ({"a/b": "5/60"}, {"a/b": "5/60"}, True),
        ({"a/b": "6/60"}, {"a/b": "5/60"}, False),
        # Without a limit of its own, the action has the general one.
        ({}, {"a/b": "5/60"}, False),
        ({"a/b": "200/60"}, {"a/b": "off"}, True),
        # Everybody's limit of an action is not to be raised either.
        ({"c/d": "20/60"}, {}, True),
        ({"c/d": "21/60"}, {}, False),
        ({}, {"c/d": "10/60"}, False),
    ],
)
def test_limits_by_action_are_held_to_as_well(
    wanted: dict[str, str], held: dict[str, str], may: object
) -> None:
    caller, default = identity(rate_limits=held), Limits("100/60", {"c/d": "20/60"})

    try:
        refuse_limits(caller, None, wanted, everybodys=default, scope="accounts:admin")
    except PermissionDenied:
        refused = True
    else:
        refused = False

    assert refused is not may


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("own", "wanted", "may"),
    [
        (None, None, True),
        (None, NOON, True),
        (NOON, None, False),
        (NOON, NOON, True),
        (NOON, NOON + timedelta(microseconds=1), False),
        (NOON, NOON - timedelta(seconds=1), True),
    ],
)
def test_a_key_lasts_no_longer_than_its_makers(
    own: datetime | None, wanted: datetime | None, may: object
) -> None:
    assert may_last_until(identity()._replace(key_expires_at=own), wanted) is may

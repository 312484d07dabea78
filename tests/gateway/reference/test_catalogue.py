"""A registry as data: every action that somebody may use, described for people and machines."""

from typing import Any

import pytest

from gateway.access.identity import Identity
from gateway.access.own_limits import Limits
from gateway.access.roles import Role
from gateway.errors import UnknownAction
from gateway.reference.catalogue import RegistryCatalogue
from gateway.registry import Registry
from gateway.settings import Settings
from tests.gateway import toys

KEYS = [
    "action", "summary", "scope", "effect", "params", "result", "errors", "example", "deprecated",
]  # fmt: skip
FREE = ["toys/greet", "toys/old_greet", "toys/brief", "toys/wait"]
READING = ["toys/things", "toys/past", "toys/past_too"]


@pytest.fixture
def catalogue() -> RegistryCatalogue:
    return RegistryCatalogue(Registry([toys.section]), Settings(rate_limits={"toys/keep": "5/60"}))


def somebody(role: Role, scopes: frozenset[str] | None = None) -> Identity:
    return Identity(
        workspace_id="w",
        workspace_name="Main",
        timezone="UTC",
        account_id="a",
        account_name="Somebody",
        role=role,
        scopes=scopes,
        key_id="k",
    )


OWNER, VIEWER = somebody(Role.OWNER), somebody(Role.VIEWER)


def the_one(catalogue: RegistryCatalogue, action: str) -> dict[str, Any]:
    (described,) = catalogue.describe(OWNER, action)
    return described


def test_every_action_is_described_in_the_same_way(catalogue: RegistryCatalogue) -> None:
    described = catalogue.describe(OWNER, None)

    assert len(described) == len(toys.section.actions)
    assert {tuple(each) for each in described} == {tuple(KEYS)}


@pytest.mark.parametrize(
    ("identity", "usable"),
    [
        (VIEWER, {*FREE, *READING}),
        (somebody(Role.OWNER, frozenset()), {*FREE}),
        (somebody(Role.OWNER, frozenset({"toys:read"})), {*FREE, *READING}),
        (somebody(Role.VIEWER, frozenset({"toys:write"})), {*FREE}),
    ],
)
def test_only_what_somebody_may_use_is_described(
    catalogue: RegistryCatalogue, identity: Identity, usable: set[str]
) -> None:
    described = catalogue.describe(identity, None)

    assert {each["action"] for each in described} == usable


@pytest.mark.parametrize("action", ["toys/nothing", "nothing/greet", "toys", "", "toys/greet/x"])
def test_an_action_that_is_not_there_is_unknown(catalogue: RegistryCatalogue, action: str) -> None:
    with pytest.raises(UnknownAction):
        catalogue.describe(OWNER, action)


def test_an_action_that_somebody_may_not_use_is_as_unknown_as_one_that_is_not_there(
    catalogue: RegistryCatalogue,
) -> None:
    with pytest.raises(UnknownAction) as refused:
        catalogue.describe(VIEWER, "toys/tally")

    near = refused.value.values["did_you_mean"]
    assert isinstance(near, list)
    assert "toys/tally" not in near
    assert set(near) <= {*FREE, *READING}


def test_a_write_is_described_with_its_scope_effect_and_errors(
    catalogue: RegistryCatalogue,
) -> None:
    tally = the_one(catalogue, "toys/tally")

    assert tally["summary"] == "Add to a tally, which begins at 0 and holds 1000 at most."
    assert (tally["scope"], tally["effect"]) == ("toys:write", "modifies")
    assert tally["example"] == {"name": "apples"}
    assert tally["deprecated"] is None
    assert tally["errors"] == [
        {
            "code": "Unlucky",
            "message": "A tally takes no step of 13.",
            "retryable": False,
            "attributes": [],
        }
    ]


def test_an_action_on_its_way_out_is_described_as_such(catalogue: RegistryCatalogue) -> None:
    described = the_one(catalogue, "toys/old_greet")

    assert (described["scope"], described["effect"]) == (None, "reads")
    assert described["deprecated"] == {
        "since": "2026-03-01",
        "sunset": "2027-09-30",
        "use": "toys/greet",
    }


def test_the_limits_are_the_settings_and_what_actions_declare(catalogue: RegistryCatalogue) -> None:
    assert catalogue.limits == Limits("100/60", {"toys/keep": "5/60"})

"""Who may call what: every role and action, as the reviewed table beside this file says."""

from pathlib import Path

import pytest

from actions.catalogue import SECTIONS
from gateway import NO_KEY
from gateway.access.identity import Identity
from gateway.access.roles import Role
from gateway.registry import Registry
from tests.conftest import OpenHouse
from tests.support.people import add_account, add_workspace

REGISTRY = Registry(SECTIONS)
TABLE = Path(__file__).with_name("permissions.txt")
CALLERS = ("nobody", *Role, "operator")
"""Nobody sends no key; an operator is an owner of the operator's workspace."""


def identity_of(caller: str) -> Identity:
    return Identity(
        workspace_id="w",
        workspace_name="Main",
        timezone="UTC",
        account_id="a",
        account_name="Somebody",
        role=Role.OWNER if caller == "operator" else Role(caller),
        scopes=None,
        key_id="k",
        is_operator=caller == "operator",
    )


def test_the_table_is_what_the_actions_declare() -> None:
    """A new action fails this until somebody has thought about its line, and written it."""
    lines = [_line("action", "scope", [*map(str, CALLERS)])]
    for each in REGISTRY:
        scope = each.action.scope
        marks = [
            _mark(scope == NO_KEY if who == "nobody" else each.permits(identity_of(who)))
            for who in CALLERS
        ]
        lines.append(_line(each.path, "none" if scope == NO_KEY else scope, marks))

    assert TABLE.read_text(encoding="utf-8").splitlines() == lines


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("kind", ["sqlite"])
async def test_calls_are_let_through_as_the_table_says(open_house: OpenHouse, caller: str) -> None:
    house = await open_house()
    key: str | None = None
    if caller == "operator":
        key = house.key
    elif caller != "nobody":
        key = (await add_account(house, await add_workspace(house), role=caller)).text
    refusal = "AccessDenied" if caller == "nobody" else "PermissionDenied"

    header, *rows = [line.split() for line in TABLE.read_text(encoding="utf-8").splitlines()]
    column = header.index(caller)
    for row in rows:
        answer = await house.post(row[0], key, REGISTRY_EXAMPLES[row[0]])
        is_refused = answer["status"] == "error" and answer["data"]["code"] == refusal
        assert _mark(not is_refused) == row[column], (row[0], answer)


REGISTRY_EXAMPLES = {each.path: each.action.example for each in REGISTRY}


def _mark(yes: object) -> str:
    return "x" if yes else "-"


def _line(path: str, scope: str, marks: list[str]) -> str:
    return f"{path:<24}{scope:<20}" + "".join(f"{mark:<10}" for mark in marks).rstrip()

"""Every action is as `system/describe` tells, for whoever calls it, whatever they send."""

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.registry import Registered
from tests.contract.examples import references
from tests.contract.from_schema import params_from
from tests.contract.json_schema import misfits
from tests.contract.line import Line
from tests.contract.strategies import ACTIONS, fixed

EXAMPLES = 16
"""For each action and database; each is sent by everybody."""

STRANGE = {
    "accounts": "01a2003c-06ab-73ba-9d3a-9beed55b7919",
    "counters": "01a2003c-06ab-73ba-9d3a-9beed55b7919",
    "keys": "0123456789Az",
    "workspaces": "01a2003c-06ab-73ba-9d3a-9beed55b7919",
}
"""By section, an id that nothing ever had."""

OF_AN_OPERATOR = "workspaces"
"""The section whose ids only an operator may name."""

_EDITOR = {"name": "Subject", "role": "editor"}
_COUNTER = {"name": "Subject", "type": "UpDown"}

_COIN = st.booleans()


class Crew:
    """Who calls on a line to one gateway, none of whom can be locked out, and what about."""

    def __init__(self, line: Line) -> None:
        self.line = line
        described = line.call_json("system/describe", {})["data"]["actions"]
        self.results = {each["action"]: each["result"] for each in described}
        self.params = {
            each["action"]: params_from(each["params"], each["example"]) for each in described
        }
        self.owner, self.viewer = self._hire("owner"), self._hire("viewer")
        seen = line.call_json("system/describe", {}, key=self.viewer)["data"]["actions"]
        self.viewable = {each["action"] for each in seen}
        next_door = {"name": "Next door", "rate_limit": "off"}
        self.neighbour: str = line.call_json("workspaces/create", next_door)["data"]["key"]
        self._ids: dict[str, str] = {}
        for section in STRANGE:
            self.renew(section)

    def renew(self, section: str) -> None:
        """Make an object of the section, to be called about."""
        if section == "counters":
            self.line.furnish()
        self._ids[section] = self._made(f"{section}/create", **self._new(section))

    def _new(self, section: str) -> dict[str, Any]:
        if section == "keys":
            return {"name": "Subject", "account_id": self._made("accounts/create", **_EDITOR)}
        return {"accounts": _EDITOR, "counters": _COUNTER, "workspaces": {"name": "Subject"}}[
            section
        ]

    def naming(
        self, registered: Registered, params: Mapping[str, Any], *, strange: bool = False
    ) -> dict[str, Any]:
        """The parameters with references: to objects that are there, or to what never was.

        Of two ways to name one object, only the sent one is used, or the id.
        """
        named, ids = references(registered), STRANGE if strange else self._ids
        if {"id", "external_id"} <= named.keys():
            del named["id" if "external_id" in params else "external_id"]
        real = {
            name: ("nothing" if strange else "steps") if name == "external_id" else ids[section]
            for name, section in named.items()
        }
        others = {name: params[name] for name in params if name not in ("id", "external_id")}
        return {**others, **real}

    def _made(self, path: str, **params: Any) -> str:
        id: str = self.line.call_json(path, params)["data"]["id"]
        return id

    def _hire(self, role: str) -> str:
        """The key of a new account without a limit."""
        account = self._made("accounts/create", name="Hired", role=role, rate_limit="off")
        made = self.line.call_json("keys/create", {"account_id": account, "name": "Hired"})
        key: str = made["data"]["key"]
        return key


@pytest.fixture(scope="session")
def crew(either_line: Line) -> Crew:
    return Crew(either_line)


@pytest.mark.parametrize("registered", ACTIONS, ids=[each.path for each in ACTIONS])
@given(data=st.data())
@fixed(EXAMPLES)
def test_an_action_is_as_described_for_everybody(
    crew: Crew, registered: Registered, data: st.DataObject
) -> None:
    path = registered.path
    params = data.draw(crew.params[path])
    names_what_is_there = bool(references(registered)) and data.draw(_COIN)
    if names_what_is_there:
        _check_strangeness(crew, registered, params)
        params = crew.naming(registered, params)

    nobody = crew.line.call_json(path, params, key=None)
    viewer = crew.line.call_json(path, params, key=crew.viewer)
    once = (b"Idempotency-Key", uuid.uuid4().hex.encode())
    owner = crew.line.call_json(path, params, once, key=crew.owner)
    if registered.writes and registered.needs_key and owner["status"] == "success":
        again = crew.line.call_json(path, params, once, key=crew.owner)
        assert again["flags"]["idempotent_replay"] is True
        assert {**again["data"], "key": None} == {**owner["data"], "key": None}

    assert not registered.needs_key or nobody["data"]["code"] == "AccessDenied"
    assert path in crew.viewable or viewer["data"]["code"] == "PermissionDenied"
    for answer in (nobody, viewer, owner):
        if answer["status"] == "success":
            assert list(misfits(answer["data"], crew.results[path])) == []
    if names_what_is_there and owner["status"] == "success" and registered.writes:
        crew.renew(registered.section)


def _check_strangeness(crew: Crew, registered: Registered, params: Mapping[str, Any]) -> None:
    """To a neighbour, what is another's is what never was, whatever else is sent."""
    if registered.section == OF_AN_OPERATOR or not references(registered):
        return
    anothers, nobodys = (
        crew.line.call_json(
            registered.path,
            crew.naming(registered, params, strange=strange),
            key=crew.neighbour,
        )
        for strange in (False, True)
    )
    assert _outcome(anothers) == _outcome(nobodys)


def _outcome(answer: Mapping[str, Any]) -> Any:
    flags = {name: flag for name, flag in answer["flags"].items() if name != "request_id"}
    return answer["status"], answer["data"], flags

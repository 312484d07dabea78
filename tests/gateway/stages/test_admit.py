"""What is withdrawn while a call waits stops working before the call runs."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from actions.catalogue import SECTIONS
from gateway.access.authenticator import Authenticator
from gateway.call import Call
from gateway.envelope import Envelope
from gateway.pipeline import Pipeline
from gateway.store.idempotency import claimant_of
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.calls import call_of, names_kept
from tests.gateway.web.wire import HttpAnswer, Wire, request, wired
from tests.support.house import House
from tests.support.watching import WatchedTurns

OF_ACCESS = tuple(each for each in SECTIONS if each.migrations is None)
"""The sections whose rows are the engine's own."""

BODY = b'{"name":"pear"}'


@dataclass
class Editor:
    """Somebody who may write, in a workspace other than the operator's."""

    house: House
    key: str
    ids: dict[str, str]
    """What is theirs, by the section that changes it."""
    boss: str
    """The key of the workspace's owner."""

    async def meets(self, path: str, **params: Any) -> None:
        """Something is done with what is theirs."""
        section = path.partition("/")[0]
        key = self.house.key if section == "workspaces" else self.boss
        answer = await self.house.send(path, key=key, id=self.ids[section], **params)
        assert answer["status"] == "success", answer


@pytest.fixture
async def editor(open_house: OpenHouse) -> Editor:
    house = await open_house(door="http", sections=(*OF_ACCESS, toys.section), body_timeout=10)
    workspace = await house.data("workspaces/create", name="Second")
    boss = workspace["key"]
    account = await house.data("accounts/create", key=boss, name="Editor", role="editor")
    key = await house.data("keys/create", key=boss, account_id=account["id"], name="Key")
    ids = {"keys": key["id"], "accounts": account["id"], "workspaces": workspace["id"]}
    return Editor(house, key["key"], ids, boss)


WITHDRAWN = [
    ("keys/revoke", {}, "InvalidAPIKey"),
    ("keys/rotate", {}, "InvalidAPIKey"),
    ("accounts/update", {"role": "viewer"}, "PermissionDenied"),
    ("accounts/update", {"scopes": ["toys:read"]}, "PermissionDenied"),
    ("accounts/delete", {}, "InvalidAPIKey"),
    ("workspaces/suspend", {}, "WorkspaceSuspended"),
]
BANISHED = ("accounts/update", {"allowed_ips": ["203.0.113.0/24"]}, "InvalidAPIKey")
CHANGED = [
    ("accounts/update", {"name": "Renamed"}),
    ("accounts/update", {"role": "admin"}),
    ("accounts/update", {"allowed_ips": ["127.0.0.0/8"]}),
]


async def begin_call(wire: Wire, editor: Editor) -> None:
    """Send the head of a write, and wait until the gateway wants the body."""
    head = request(
        "/api/v1/toys/keep",
        Authorization=f"Bearer {editor.key}",
        Content_Type="application/json",
        Content_Length=str(len(BODY)),
        Expect="100-continue",
    )
    assert (await wire.call(head)).line == "HTTP/1.1 100 Continue"


async def answer_after(editor: Editor, path: str, params: dict[str, Any]) -> HttpAnswer:
    """The answer to a write whose body came after something was done."""
    async with wired(editor.house) as wire:
        await begin_call(wire, editor)
        await editor.meets(path, **params)
        return await wire.call(BODY)


@pytest.mark.parametrize(("path", "params", "code"), [*WITHDRAWN, BANISHED])
async def test_what_is_withdrawn_while_the_body_comes_works_no_more(
    editor: Editor, path: str, params: dict[str, Any], code: str
) -> None:
    answer = await answer_after(editor, path, params)

    assert answer.code == code
    assert await names_kept(editor.house) == []
    line = editor.house.log.lines[-1]
    known = editor.ids["accounts"] if code == "PermissionDenied" else None
    assert (line["code"], line["account"]) == (code, known)


@pytest.mark.parametrize(("path", "params"), CHANGED)
async def test_who_still_may_is_answered_and_charged_once(
    editor: Editor, path: str, params: dict[str, Any]
) -> None:
    answer = await answer_after(editor, path, params)

    assert answer.code == "success"
    assert answer.headers["RateLimit-Remaining"] == "99"
    assert await names_kept(editor.house) == ["pear"]


async def test_a_body_that_comes_late_is_taken_where_nothing_happened(editor: Editor) -> None:
    async with wired(editor.house) as wire:
        await begin_call(wire, editor)
        answer = await wire.call(BODY)

    assert answer.code == "success"
    assert answer.headers["RateLimit-Remaining"] == "99"


async def twin_after(editor: Editor, path: str, params: dict[str, Any]) -> tuple[Call, Envelope]:
    """A keyed write that waited for its twin while something was done, and its answer."""
    gateway, turns = editor.house.gateway, WatchedTurns()
    db = gateway.database.reader
    authenticator = Authenticator(db, now=editor.house.clock, clock=lambda: 0.0)
    pipeline = Pipeline(
        registry=gateway.registry,
        database=gateway.database,
        authenticator=authenticator,
        limiter=gateway.pipeline.limiter,
        failures=gateway.pipeline.failures,
        shared=gateway.pipeline.shared,
        turns=turns,
    )
    first = ("k", claimant_of(editor.ids["accounts"], "toys/keep"))
    assert turns.begin(first) is None
    call = call_of(editor.house, "toys/keep", key=editor.key, once="k", name="pear")
    answering = asyncio.create_task(pipeline.answer(call))
    async with asyncio.timeout(10):
        await turns.somebody_waits.wait()
    await editor.meets(path, **params)
    authenticator.forget(editor.ids[path.partition("/")[0]])
    turns.end(first)
    return call, await answering


@pytest.mark.parametrize(("path", "params", "code"), WITHDRAWN)
async def test_what_is_withdrawn_while_a_twin_runs_works_no_more(
    editor: Editor, path: str, params: dict[str, Any], code: str
) -> None:
    call, envelope = await twin_after(editor, path, params)

    assert envelope.code == code
    assert await names_kept(editor.house) == []
    assert (call.caller is None) is (code != "PermissionDenied")


@pytest.mark.parametrize(("path", "params"), CHANGED)
async def test_whose_twin_ran_and_who_still_may_is_answered_and_charged_once(
    editor: Editor, path: str, params: dict[str, Any]
) -> None:
    _, envelope = await twin_after(editor, path, params)

    assert envelope.status == "success"
    assert dict(envelope.headers)["RateLimit-Remaining"] == "99"
    assert await names_kept(editor.house) == ["pear"]


async def test_a_key_that_is_lost_on_the_way_counts_as_one_bad_key(editor: Editor) -> None:
    lost = await answer_after(editor, "keys/revoke", {})
    bad = request("/api/v1/toys/keep", Authorization=f"Bearer {editor.key}")
    async with wired(editor.house) as wire:
        answers = [await wire.call(bad) for _ in range(20)]

    assert [lost.code, *(each.code for each in answers[:-1])] == ["InvalidAPIKey"] * 20
    assert answers[-1].code == "RateLimited"

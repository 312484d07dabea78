"""What an action wants done after the commit is done then, once, and not at all without one."""

from typing import Any

import asyncpg
import pytest

from gateway import Action, ActionError, Context, Effect, Section
from tests.conftest import OpenHouse
from tests.gateway import toy_store as store
from tests.gateway.calls import answer_of, names_kept
from tests.gateway.kinds import ON_POSTGRES, ON_SQLITE
from tests.gateway.test_tracing import GOOD, PARENT, TRACE
from tests.gateway.toy_shapes import Name, NameShape
from tests.support.house import House


class Sour(ActionError):
    message = "It is too sour."


class Told:
    """What the callbacks did: the names that were told."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.tries = 0


class Keep(Action[Name, Name]):
    """Keep a thing, and tell of it once it is kept."""

    scope = "news:write"
    takes = NameShape()
    gives = NameShape()
    raises = (Sour,)
    effect = Effect.CREATES

    async def run(self, params: Name, context: Context) -> Name:
        told: Told = context.started
        told.tries += 1
        await store.add(context.db, id=context.new_id(), name=params.name, made_at=context.now)
        context.after_commit(lambda: told.names.append(params.name))
        context.after_commit(lambda: told.names.append(params.name.upper()))
        if params.name == "lime":
            raise Sour
        if params.name == "deadlock" and told.tries == 1:
            raise asyncpg.DeadlockDetectedError
        return params


class KeepAndTrip(Keep):
    """Keep a thing, and trip over telling of it."""

    async def run(self, params: Name, context: Context) -> Name:
        context.after_commit(_trip)
        return await super().run(params, context)


class Look(Action[Name, Name]):
    """Read, and want something done all the same."""

    scope = "news:read"
    takes = NameShape()
    gives = NameShape()

    async def run(self, params: Name, context: Context) -> Name:
        context.after_commit(lambda: None)
        return params


def _trip() -> None:
    raise RuntimeError


async def _start(_: Any) -> Told:
    return Told()


SECTION = Section("news", "News", actions=(Keep, KeepAndTrip, Look), on_start=_start)


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    return await open_house(sections=(SECTION,))


@pytest.fixture
def told(house: House) -> Told:
    found: Told = house.gateway.pipeline.shared.sections["news"]
    return found


async def test_what_is_kept_is_told_in_order(house: House, told: Told) -> None:
    await house.data("news/keep", name="pear")

    assert told.names == ["pear", "PEAR"]


async def test_what_is_rolled_back_is_not_told(house: House, told: Told) -> None:
    await house.send("news/keep", name="lime")

    assert told.names == []
    assert await names_kept(house) == []


@ON_POSTGRES
async def test_what_was_run_again_is_told_once(house: House, told: Told) -> None:
    await house.data("news/keep", name="deadlock")

    assert (told.tries, told.names) == (2, ["deadlock", "DEADLOCK"])


async def test_a_callback_that_fails_changes_no_answer_and_stops_no_other(
    house: House, told: Told
) -> None:
    answer = await answer_of(house, "news/keep_and_trip", name="pear", traceparent=GOOD)

    assert answer["status"] == "success"
    assert told.names == ["pear", "PEAR"]
    (failure,) = [line for line in house.log.lines if line["event"] == "callback.failed"]
    assert failure["request_id"] == "call"
    assert (failure["trace_id"], failure["parent_id"]) == (TRACE, PARENT)


@ON_SQLITE
async def test_who_only_reads_commits_nothing(house: House) -> None:
    answer = await house.send("news/look", name="pear")

    assert answer["data"]["code"] == "InternalServerError"

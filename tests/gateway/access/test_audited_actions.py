"""A write that is audited leaves its row in its own transaction, or neither."""

from typing import ClassVar

import pytest

from gateway import ActionError, Conflict, Context, Effect, Section, errors
from gateway.access.audit.rows import AuditRow
from gateway.errors import PermissionDenied
from gateway.registry import RegistrationError, Registry
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.calls import names_kept
from tests.gateway.toy_shapes import Name, Riddle, Thing
from tests.gateway.toys import Keep, Tally
from tests.support.audited import kept
from tests.support.house import House


class KeepOnRecord(Keep):
    """Keep a thing, and have it on record."""

    audited = True


class KeepUnderAName(KeepOnRecord):
    """Keep a thing, and have it on record by its name."""

    async def run(self, params: Name, context: Context) -> Thing:
        thing = await super().run(params, context)
        context.audit(params.name)
        return thing


class KeepAPair(KeepOnRecord):
    """Keep a thing, and have another on record beside it."""

    async def run(self, params: Name, context: Context) -> Thing:
        context.audit(params.name)
        context.audit_beside("plum", "quince")
        return await super().run(params, context)


class KeepAPairOffRecord(Keep):
    """Keep a thing, and try to have others on record."""

    async def run(self, params: Name, context: Context) -> Thing:
        context.audit_beside("plum")
        return await super().run(params, context)


class KeepAndThink(KeepOnRecord):
    """Keep a thing, and refuse it after all."""

    raises: ClassVar[tuple[type[ActionError], ...]] = (Conflict, PermissionDenied)

    async def run(self, params: Name, context: Context) -> Thing:
        context.audit(params.name)
        await super().run(params, context)
        raise PermissionDenied(scope="toys:admin")


class KeepAndStumble(KeepOnRecord):
    """Keep a thing, and crash."""

    async def run(self, params: Name, context: Context) -> Thing:
        await super().run(params, context)
        raise RuntimeError


class KeepInvisibly(KeepOnRecord):
    """Keep a thing, and give what cannot be shown."""

    gives = toys.KeepAndMumble.gives  # type: ignore[assignment]

    async def run(self, params: Name, context: Context) -> Thing:
        await super().run(params, context)
        return Riddle(object())  # type: ignore[return-value]


SECTION = Section(
    "toys",
    "Toys on record",
    actions=(
        KeepOnRecord, KeepUnderAName, KeepAPair, KeepAPairOffRecord, KeepAndThink, KeepAndStumble,
        KeepInvisibly, Keep,
    ),
    migrations=toys.section.migrations,
    settings=toys.BenchSettings,
    on_start=toys.start,
)  # fmt: skip


@pytest.fixture
async def house(open_house: OpenHouse, door: str) -> House:
    return await open_house(door=door, sections=(SECTION,))


async def records(house: House) -> list[AuditRow]:
    """The rows of the first workspace, what waits to be written included."""
    await house.gateway.audit.write()
    return await kept(house)


async def test_what_was_done_is_on_record_with_the_results_id(house: House, door: str) -> None:
    answer = await house.send("toys/keep_on_record", name="pear")
    (record,) = await records(house)

    assert record.action == "toys/keep_on_record"
    assert record.object_id == answer["data"]["id"]
    assert record.request_id == answer["flags"]["request_id"]
    assert record.address == ("127.0.0.1" if door == "http" else None)
    assert (record.outcome, record.count) == ("success", 1)


async def test_an_action_can_name_the_object_itself(house: House) -> None:
    await house.data("toys/keep_under_a_name", name="pear")

    assert [each.object_id for each in await records(house)] == ["pear"]


async def test_an_action_can_name_more_objects_each_with_a_row(house: House) -> None:
    answer = await house.send("toys/keep_a_pair", name="pear")
    found = await records(house)

    assert {each.object_id for each in found} == {"pear", "plum", "quince"}
    assert len({each.id for each in found}) == 3
    assert {each.request_id for each in found} == {answer["flags"]["request_id"]}


async def test_an_action_that_is_not_audited_names_no_objects(house: House) -> None:
    answer = await house.send("toys/keep_a_pair_off_record", name="pear")

    assert answer["data"]["code"] == "InternalServerError"
    assert await names_kept(house) == []


async def test_a_refusal_names_the_object_that_was_named_before(house: House) -> None:
    await house.send("toys/keep_and_think", name="pear")

    (record,) = await records(house)
    assert (record.object_id, record.outcome) == ("pear", "PermissionDenied")
    assert await names_kept(house) == []


@pytest.mark.parametrize("action", ["keep_and_stumble", "keep_invisibly"])
async def test_what_is_rolled_back_leaves_no_row(house: House, action: str) -> None:
    answer = await house.send(f"toys/{action}", name="pear")

    assert answer["data"]["code"] == "InternalServerError"
    assert await records(house) == []
    assert await names_kept(house) == []


async def test_a_conflict_leaves_no_row(house: House) -> None:
    await house.data("toys/keep", name="pear")
    answer = await house.send("toys/keep_on_record", name="pear")

    assert answer["data"]["code"] == errors.Conflict.code()
    assert await records(house) == []


async def test_a_write_that_declares_nothing_leaves_no_row(house: House) -> None:
    await house.data("toys/keep", name="pear")

    assert await records(house) == []


class TallyOnRecord(Tally):
    """Add to a tally, and have it on record."""

    audited = True


class TallyAway(Tally):
    """Take a tally away."""

    effect = Effect.DELETES


class GreetOnRecord(toys.Greet):
    """Greet, and have it on record."""

    audited = True


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (TallyOnRecord, "play/tally_on_record: what is audited, as deletions are, is an Action"),
        (TallyAway, "play/tally_away: what is audited, as deletions are, is an Action"),
        (GreetOnRecord, "play/greet_on_record: only a write is audited"),
    ],
)
def test_what_cannot_be_audited_is_refused(action: type[Keep], sentence: str) -> None:
    with pytest.raises(RegistrationError) as refused:
        Registry([Section("play", "Play", (action,))])

    assert str(refused.value) == sentence

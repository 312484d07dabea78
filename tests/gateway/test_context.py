"""Everything that a running action may touch comes to it with the call."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gateway import NO_KEY, Action, Context, Section
from gateway.codec.encode import encode
from gateway.errors import AccessDenied
from schemas.base import Shape
from tests.conftest import OpenHouse
from tests.gateway import toys
from tests.gateway.kinds import ON_SQLITE
from tests.gateway.toy_shapes import Name, NameShape, Thing, ThingShape
from tests.support.house import NOON, House

pytestmark = ON_SQLITE

Asks = Callable[[Context], Any]


class Ask(Action[Name, Name]):
    """Put the test's question to the context."""

    scope = "probe:read"
    takes: Shape[Any] = NameShape()
    gives: Shape[Any] = NameShape()

    async def run(self, params: Name, context: Context) -> Name:
        probe: Probe = context.started
        try:
            probe.heard = probe.asks(context)
        except Exception as refused:
            probe.heard = refused
            raise
        return params


class AskFreely(Ask):
    """Put it without anybody's key."""

    scope = NO_KEY


class AskAndShow(Action[Name, Thing]):
    """Put it, and give what has more to show than was asked for."""

    scope = "probe:read"
    takes = NameShape()
    gives = ThingShape()

    async def run(self, params: Name, context: Context) -> Thing:
        probe: Probe = context.started
        thing = Thing(context.new_id(), params.name, context.now, params.name[::-1])
        probe.heard = probe.asks(context), encode(context.render(thing))
        return thing


class Probe:
    """The question of a test, and what the context said to it."""

    asks: Asks
    heard: Any = None


async def start(_: Mapping[str, Any]) -> Probe:
    return Probe()


SECTION = Section("probe", "Probe", (Ask, AskFreely, AskAndShow), on_start=start)


@pytest.fixture
async def asked(open_house: OpenHouse) -> House:
    return await open_house(sections=(toys.section, SECTION), environment="test")


async def told(house: House, asks: Asks, path: str = "probe/ask", **said: Any) -> Any:
    """What the context of a call says to the question."""
    probe: Probe = house.gateway.pipeline.shared.sections["probe"]
    probe.asks = asks
    await house.send(path, **said)
    return probe.heard


async def test_it_knows_who_calls(asked: House) -> None:
    identity = await told(asked, lambda context: context.identity)

    assert (identity.account_name, identity.workspace_name) == ("Owner", "Main")


async def test_without_a_key_there_is_nobody_to_know(asked: House) -> None:
    refused = await told(asked, lambda context: context.identity, "probe/ask_freely")

    assert isinstance(refused, AccessDenied)


async def test_its_time_is_the_clocks(asked: House) -> None:
    asked.clock.now = NOON
    now = await told(asked, lambda context: (context.now, context.now), "probe/ask_freely")

    assert now[0] is now[1]
    assert (now[0] - NOON).total_seconds() < 0.001


async def test_its_ids_are_new_each_time(asked: House) -> None:
    one, other = await told(asked, lambda context: (context.new_id(), context.new_id()))

    assert one < other
    assert one[14] == "7"


async def test_it_has_the_settings_the_catalogue_and_what_the_section_started(
    asked: House,
) -> None:
    gateway = asked.gateway

    assert await told(asked, lambda context: context.settings) is gateway.settings
    assert await told(asked, lambda context: context.settings.environment) == "test"
    assert await told(asked, lambda context: context.catalogue) is gateway.pipeline.shared.catalogue
    assert isinstance(await told(asked, lambda context: context.started), Probe)


async def test_only_a_list_has_a_listing(asked: House) -> None:
    refused = await told(asked, lambda context: context.listing)

    assert isinstance(refused, TypeError)


async def test_its_log_names_the_section_and_the_call(asked: House) -> None:
    await told(asked, lambda context: context.log.info("probe.was_here", depth=3))

    line, call = asked.log.lines
    assert (line["event"], line["section"], line["depth"]) == ("probe.was_here", "probe", 3)
    assert line["request_id"] == call["request_id"]


async def test_it_renders_what_the_answer_will_show(asked: House) -> None:
    _, plain = await told(asked, lambda _: None, "probe/ask_and_show", name="abc")
    expands, rendered = await told(
        asked,
        lambda context: context.expands("mirrored"),
        "probe/ask_and_show",
        name="abc",
        _expansions=["mirrored"],
    )

    assert b"mirrored" not in plain
    assert expands is True
    assert b'"mirrored":"cba"' in rendered


@pytest.mark.parametrize("value", [object(), {1}, 2**64, {"a": object()}, b"x"])
async def test_a_flag_is_a_json_value(asked: House, value: object) -> None:
    refused = await told(asked, lambda context: context.flag("odd", value))

    assert isinstance(refused, TypeError)

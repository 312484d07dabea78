"""A section as a user writes one, with tables, migrations and settings of its own; and trouble."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from marshmallow import Schema, fields, validate

from gateway import (
    NO_KEY,
    Action,
    ActionError,
    Batch,
    BatchAction,
    BatchContext,
    Conflict,
    Context,
    CursorPage,
    Cursors,
    Deprecation,
    Effect,
    Filter,
    ListAction,
    Page,
    Pages,
    Section,
)
from gateway.store.database import DuplicateError
from schemas.fields import Text
from tests.gateway import toy_store as store
from tests.gateway.toy_shapes import (
    Coin,
    CoinShape,
    Name,
    NameShape,
    Riddle,
    RiddleShape,
    Step,
    StepShape,
    Thing,
    ThingShape,
    Total,
    TotalShape,
)

SECRET = "the cellar key hangs behind the clock"
"""What a crashing toy says; nobody outside may read it."""

SLOW, SILENT = "slow", "silent"
"""Tallies that wait for the test, and that are never answered."""

UNLUCKY, CRASHING, TELLING = 13, -13, 7
"""Steps that a tally refuses, that break it, and after which it tells what it had."""


@dataclass
class Bench:
    """What the section starts: here a test sees and steers what the actions do."""

    size: int
    groups: list[int] = field(default_factory=list)
    """How many calls each run of `toys/tally` had."""
    forbidden: set[str] = field(default_factory=set)
    """Names of tallies that take no step any more."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: bool = False

    async def wait(self) -> None:
        """An action waits here for the test."""
        self.arrived.set()
        await self.go_on.wait()

    async def reached(self) -> None:
        """A test waits here for the action."""
        async with asyncio.timeout(10):
            await self.arrived.wait()


class BenchSettings(Schema):
    size = fields.Integer(load_default=3, validate=validate.Range(min=1))


async def start(settings: Mapping[str, Any]) -> Bench:
    return Bench(settings["size"])


async def stop(bench: Bench) -> None:
    bench.stopped = True


class TooSour(ActionError):
    message = "It is too sour: {flavour}."
    attributes: ClassVar = {"flavour": "lemon"}


class Unlucky(ActionError):
    message = "A tally takes no step of 13."


class Greet(Action[Name, Name]):
    """Give the name back."""

    scope = NO_KEY
    takes = NameShape()
    gives = NameShape()
    raises = (TooSour,)
    example: ClassVar = {"name": "Ada"}

    async def run(self, params: Name, context: Context) -> Name:
        if params.name == "lemon":
            raise TooSour(flavour=params.name)
        return params


class OldGreet(Greet):
    """Give the name back, as it was done before."""

    deprecated = Deprecation(date(2026, 3, 1), date(2027, 9, 30), "toys/greet")


class Brief(Greet):
    """Give the name back, if the body is short."""

    body_limit = 32


class Wait(Greet):
    """Give the name back when the test says so."""

    async def run(self, params: Name, context: Context) -> Name:
        await context.started.wait()
        return params


class Keep(Action[Name, Thing]):
    """Keep a thing."""

    scope = "toys:write"
    takes = NameShape()
    gives = ThingShape()
    raises: ClassVar[tuple[type[ActionError], ...]] = (Conflict,)
    effect = Effect.CREATES

    async def run(self, params: Name, context: Context) -> Thing:
        thing = Thing(context.new_id(), params.name, context.now, params.name[::-1])
        try:
            await store.add(context.db, id=thing.id, name=thing.name, made_at=thing.made_at)
        except DuplicateError:
            raise Conflict(problem="There is such a thing already.") from None
        return thing


class KeepSlowly(Keep):
    """Keep a thing, and answer when the test says so."""

    async def run(self, params: Name, context: Context) -> Thing:
        thing = await super().run(params, context)
        await context.started.wait()
        return thing


class KeepAndCrash(Keep):
    """Keep a thing, and crash."""

    async def run(self, params: Name, context: Context) -> Thing:
        await super().run(params, context)
        raise RuntimeError(SECRET)


class KeepAndCancel(Keep):
    """Keep a thing, and cancel oneself."""

    async def run(self, params: Name, context: Context) -> Thing:
        await super().run(params, context)
        raise asyncio.CancelledError


class KeepAndRefuse(Keep):
    """Keep a thing, and refuse it after all."""

    raises = (TooSour,)

    async def run(self, params: Name, context: Context) -> Thing:
        await super().run(params, context)
        raise TooSour(flavour=params.name)


class KeepAndSurprise(Keep):
    """Keep a thing, and raise an error that is not declared."""

    async def run(self, params: Name, context: Context) -> Thing:
        await super().run(params, context)
        raise TooSour(flavour=SECRET)


class KeepAndMumble(Action[Name, Riddle]):
    """Keep a thing, and give what cannot be shown."""

    scope = "toys:write"
    takes = NameShape()
    gives = RiddleShape()
    effect = Effect.CREATES

    async def run(self, params: Name, context: Context) -> Riddle:
        await Keep().run(params, context)
        return Riddle(object())


class KeepAndFlag(Keep):
    """Keep a thing, and set a flag: its name, or what is no JSON value if the name is `odd`."""

    async def run(self, params: Name, context: Context) -> Thing:
        context.flag("toy", object() if params.name == "odd" else params.name)
        return await super().run(params, context)


class Mint(Action[Name, Coin]):
    """Keep a thing, and tell a secret of it this once."""

    scope = "toys:write"
    takes = NameShape()
    gives = CoinShape()
    effect = Effect.CREATES

    async def run(self, params: Name, context: Context) -> Coin:
        thing = await Keep().run(params, context)
        return Coin(thing.id, SECRET)


class Things(ListAction[Name, Thing]):
    """List the things."""

    scope = "toys:read"
    takes = NameShape()
    gives = ThingShape()
    listing = Pages(("name", "made_at"), {"name": Filter.text(Text())})

    async def run(self, params: Name, context: Context) -> Page[Thing]:
        rows, total = await store.page(context.db, context.listing)
        found = [Thing(id, name, made_at, name[::-1]) for id, name, made_at in rows]
        return Page(found, total)


class Past(ListAction[Name, Thing]):
    """List the things from wherever the last call stopped."""

    scope = "toys:read"
    takes = NameShape()
    gives = ThingShape()
    listing = Cursors()

    async def run(self, params: Name, context: Context) -> CursorPage[Thing]:
        (last,) = context.listing.after or ("",)
        most = context.listing.per_page
        rows = await store.after(context.db, last, most + 1)
        found = [Thing(id, name, made_at) for id, name, made_at in rows[:most]]
        return CursorPage(found, [found[-1].name] if len(rows) > most else None)


class PastToo(Past):
    """List them once more."""


class Tally(BatchAction[Step, Total]):
    """Add to a tally, which begins at 0 and holds 1000 at most."""

    scope = "toys:write"
    takes = StepShape()
    gives = TotalShape()
    raises = (Unlucky,)
    effect = Effect.MODIFIES
    example: ClassVar = {"name": "apples"}

    async def run_many(self, calls: Batch[Step, Total], context: BatchContext) -> None:
        bench: Bench = context.shared.sections["toys"]
        names = [call.params.name for call in calls]
        bench.groups.append(len(names))
        if SLOW in names:
            await bench.wait()
        kept = await store.totals(context.db, set(names))
        for call in calls:
            name, by = call.params
            with call.answering():
                total = calls.state(name, kept.get(name, 0)) + by
                call.change(name, total, (name, total))
                if by == UNLUCKY or name in bench.forbidden:
                    raise Unlucky
                if by == CRASHING:
                    raise RuntimeError(SECRET)
                if by == TELLING and total > by:
                    call.flag("had", total - by)
                if name != SILENT:
                    call.answer(Total(name, total))
        await store.save(context.db, dict(calls.changes))


section = Section(
    "toys",
    "Toys",
    actions=(
        *(Greet, OldGreet, Brief, Wait, Keep, KeepSlowly, Things, Past, PastToo, Tally),
        *(
            KeepAndCancel,
            KeepAndCrash,
            KeepAndRefuse,
            KeepAndSurprise,
            KeepAndMumble,
            KeepAndFlag,
            Mint,
        ),
    ),
    migrations=store.MIGRATIONS,
    settings=BenchSettings,
    on_start=start,
    on_stop=stop,
)

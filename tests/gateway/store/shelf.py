"""Writes for tests of the store: things put on a shelf, alone or many at once."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from actions.bootstrap import new_id
from gateway.store.database import Database, Lane, Transaction, Work
from gateway.store.postgres import POOL_MAX
from tests.gateway import toy_store
from tests.support.house import NOON

T = TypeVar("T")


class Spoilt(Exception):
    """What a write of a bad thing raises."""


def keep(name: str) -> Work[str]:
    """A write that keeps the thing, and is spoilt by a `bad` one after it did so."""

    async def work(db: Transaction) -> str:
        await toy_store.add(db, id=new_id(), name=name, made_at=NOON)
        if name.startswith("bad"):
            raise Spoilt(name)
        return name.upper()

    return work


class Gate:
    """A write that holds up whoever comes after it, until the test opens it."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, db: Transaction) -> None:
        self.reached.set()
        await self.opened.wait()


@asynccontextmanager
async def every_connection_held(db: Database) -> AsyncIterator[None]:
    """Every connection of a PostgreSQL database has a write that does not end."""
    gates = [Gate() for _ in range(POOL_MAX)]
    writing: list[asyncio.Task[None]] = []
    for gate in gates:  # one by one, since some databases here let few writes wait
        writing += await begun(db.write(gate))
        async with asyncio.timeout(10):
            await gate.reached.wait()
    try:
        yield
    finally:
        for gate in gates:
            gate.opened.set()
        await asyncio.gather(*writing)


class Shelves(Lane[str]):
    """A lane that keeps each call's thing, and is spoilt by a `bad` one."""

    def __init__(self) -> None:
        self.served: list[list[str]] = []

    async def serve(self, db: Transaction, calls: Sequence[str], *, again: bool = False) -> None:
        self.served.append(list(calls))
        for name in calls:
            await keep(name)(db)


async def begun(*works: Coroutine[Any, Any, T]) -> "list[asyncio.Task[T]]":
    """The works as tasks that have come to where they wait."""
    tasks = [asyncio.create_task(work) for work in works]
    await asyncio.sleep(0)
    return tasks


async def outcomes(tasks: "Sequence[asyncio.Task[Any]]") -> list[Any]:
    """What each came to: its result, or its exception's class."""
    found = await asyncio.gather(*tasks, return_exceptions=True)
    return [type(each) if isinstance(each, BaseException) else each for each in found]


def commits_in(file: Path) -> int:
    """How many transactions the write-ahead log beside a SQLite file holds.

    A frame that ends a transaction names the size of the database after it, others have 0 there.
    """
    log = file.with_name(f"{file.name}-wal").read_bytes()
    page, salts = int.from_bytes(log[8:12]), log[16:24]
    frames = (log[at : at + 24] for at in range(32, len(log), 24 + page))
    return sum(1 for frame in frames if frame[8:16] == salts and any(frame[4:8]))

"""Counters at rest, for peers that use aiosqlite itself: one connection writes, one reads."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import aiosqlite

from tests.benchmarks.peers import database

Row = tuple[Any, ...]


class KeyReused(Exception):
    """An idempotency key that other parameters had before."""


class Replay(Exception):
    """The answer that the first call with an idempotency key got, as it was kept."""

    def __init__(self, data: str) -> None:
        self.data = data


class Rows:
    """The counters in the database; one write at a time, each committed before it returns."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def open(self, folder: Path) -> Self:
        self._writer, self._reader = [
            await aiosqlite.connect(folder / database.FILE, isolation_level=None) for _ in range(2)
        ]
        await self._writer.execute("PRAGMA synchronous = FULL")
        return self

    async def close(self) -> None:
        await self._writer.close()
        await self._reader.close()

    async def increment(self, values: Mapping[str, Any]) -> Row | None:
        """The counter's new row; None where there is no such counter."""
        async with self._turn:
            return await self._increment(values)

    async def increment_once(
        self, values: Mapping[str, Any], claim: Mapping[str, Any], show: Callable[[Row], str]
    ) -> Row | None:
        """The same, with what is shown of it kept under the claim (account, key, fingerprint).

        Raises Replay when the claim was made before, KeyReused when for something else.
        """
        async with self._turn:
            await self._writer.execute("BEGIN IMMEDIATE")
            try:
                row = await self._increment(values)
                if row is not None:
                    await self._writer.execute(database.KEEP, {**claim, "data": show(row)})
                await self._writer.execute("COMMIT")
            except sqlite3.IntegrityError:
                await self._writer.execute("ROLLBACK")
            except BaseException:
                await self._writer.execute("ROLLBACK")
                raise
            else:
                return row
        ((fingerprint, data),) = await self._reader.execute_fetchall(database.KEPT, claim)
        raise Replay(data) if fingerprint == claim["fingerprint"] else KeyReused

    async def page(self, page: int, per_page: int) -> list[Row]:
        """The rows of a page; the last column of each tells how many there are in all."""
        values = {"most": per_page, "skipped": (page - 1) * per_page}
        return list(await self._reader.execute_fetchall(database.LIST, values))  # type: ignore[arg-type]

    async def _increment(self, values: Mapping[str, Any]) -> Row | None:
        found = await self._writer.execute_fetchall(database.INCREMENT, values)
        row = next(iter(found), None)
        return None if row is None else tuple(row)

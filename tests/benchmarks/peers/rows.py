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
        file = folder / database.FILE
        # The first statement of a write begins a transaction, and no statement has to ask for it.
        self._writer = await aiosqlite.connect(file, isolation_level="IMMEDIATE")
        self._reader = await aiosqlite.connect(file, isolation_level=None)
        await self._writer.execute("PRAGMA synchronous = FULL")
        return self

    async def close(self) -> None:
        await self._writer.close()
        await self._reader.close()

    async def increment(self, account: str, id: str, by: int) -> Row | None:
        """The counter's new row; None where there is no such counter."""
        async with self._turn:
            return await self._write(account, id, by)

    async def increment_once(
        self, claim: Mapping[str, Any], show: Callable[[Row], str], id: str, by: int
    ) -> Row | None:
        """The same, with what is shown of it kept under the claim (account, key, fingerprint).

        Raises Replay when the claim was made before, KeyReused when for something else.
        """
        async with self._turn:
            try:
                return await self._write(
                    claim["account"], id, by, lambda row: {**claim, "data": show(row)}
                )
            except sqlite3.IntegrityError:
                pass  # somebody had the key before
        ((fingerprint, data),) = await self._reader.execute_fetchall(database.KEPT, claim)
        raise Replay(data) if fingerprint == claim["fingerprint"] else KeyReused

    async def page(self, page: int, per_page: int) -> list[Row]:
        """The rows of a page; the last column of each tells how many there are in all."""
        values = database.page_values(page, per_page)
        return list(await self._reader.execute_fetchall(database.LIST, values))  # type: ignore[arg-type]

    async def _write(
        self,
        account: str,
        id: str,
        by: int,
        answer: Callable[[Row], Mapping[str, Any]] | None = None,
    ) -> Row | None:
        """One transaction: the step, its history, and the answer that is kept of it, if any."""
        try:
            found = await self._writer.execute_fetchall(
                database.INCREMENT, database.step_values(id, by)
            )
            row = next((tuple(each) for each in found), None)
            if row is not None:
                change = database.change_values(row, by, account)
                await self._writer.execute(database.ADD_CHANGE, change)
                if answer is not None:
                    await self._writer.execute(database.KEEP, answer(row))
            await self._writer.commit()
        except BaseException:
            await self._writer.rollback()
            raise
        return row

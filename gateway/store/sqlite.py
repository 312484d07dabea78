"""SQLite through aiosqlite: one writer that commits in groups, and readers that never wait."""

import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self

from gateway.store.database import DatabaseError, DuplicateError, Lane, Transaction, Work
from gateway.store.groups import GROUP_MAX, QUEUE_MAX, Entry, GroupQueue, at_once
from gateway.store.sizes import GroupSizes
from gateway.store.sqlite_checkpoints import LOG_PAGES, Checkpoints
from gateway.store.sqlite_readers import SqliteReaders
from gateway.store.sqlite_writer import SqliteWriter, StepsConnection, TransactionError

READERS = 4

_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: an acknowledged commit outlives a power cut
    "foreign_keys": 1,
    "busy_timeout": 5000,  # milliseconds
    "temp_store": 2,  # in memory
    "journal_size_limit": 67_108_864,  # bytes
}

WRITER_CACHE = 65_536
"""kB of pages that the writer keeps, as far as there are that many.

With 10 million counters, an increment has the system read 1.4 pages instead of the 2.2 that it is
with SQLite's 2,000 kB, which do not even hold what the group loaded until it is saved.
"""


class SqliteDatabase:
    """A SQLite file. Its write-ahead log lies beside it, so it must be on a local disk.

    At most `waiting_max` writes wait for their commit.
    """

    def __init__(self, path: Path, *, waiting_max: int = QUEUE_MAX) -> None:
        self._path = path
        self.group_sizes = GroupSizes(GROUP_MAX)
        self._queue = GroupQueue(at_once(self._commit), self.group_sizes, bound=waiting_max)
        self._connections: list[StepsConnection] = []
        self._readers: SqliteReaders | None = None

    async def open(self) -> Self:
        """Open every connection. Raises DatabaseError when the file cannot be used."""
        try:
            self._writer = SqliteWriter(
                await self._connect(cache_size=-WRITER_CACHE, wal_autocheckpoint=LOG_PAGES)
            )
            self._checkpoints = Checkpoints(await self._connect())
            readers = [await self._connect(query_only=1) for _ in range(READERS)]
        except sqlite3.Error as fault:
            await self.close()
            raise DatabaseError(f"The database {self._path} cannot be opened: {fault}.") from fault
        except DatabaseError:
            await self.close()
            raise
        self._readers = SqliteReaders(readers)
        return self

    @property
    def reader(self) -> SqliteReaders:
        assert self._readers is not None  # noqa: S101 - it is open
        return self._readers

    @property
    def waiting(self) -> int:
        return self._queue.waiting

    async def write(self, work: Work[Any]) -> Any:
        return await self._queue.put(Entry(work=work))

    def join(self, lane: Lane[Any], call: Any) -> Coroutine[Any, Any, None]:
        return self._queue.put(Entry(lane=lane, call=call))

    def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Nothing is ever told here."""

    async def check(self) -> None:
        async def nothing(_: Transaction) -> None:
            pass

        try:
            # BEGIN IMMEDIATE takes the write lock, which a file that cannot be written refuses.
            await self.write(nothing)
        except (sqlite3.Error, ValueError) as fault:
            raise DatabaseError(f"The database {self._path} cannot be written.") from fault

    async def close(self) -> None:
        await self._queue.drain()
        if self._readers is not None:
            await self._readers.close()
        for connection in self._connections:
            await connection.close()
        self._connections.clear()

    async def _connect(self, **pragmas: int) -> StepsConnection:
        connection = StepsConnection(str(self._path))
        await connection.open()
        self._connections.append(connection)
        for name, wanted in (_PRAGMAS | pragmas).items():
            await connection.execute_fetchall(f"PRAGMA {name} = {wanted}")
            ((found,),) = await connection.execute_fetchall(f"PRAGMA {name}")
            if found != wanted:
                raise DatabaseError(
                    f"The database {self._path} runs with {name} = {found} instead of {wanted}."
                )
        return connection

    async def _commit(self, group: list[Entry]) -> None:
        """One transaction for the whole group; what fails in it is undone by itself."""
        units = _units(group)
        try:
            for place, unit in enumerate(units, start=1):
                await self._serve(unit, first=place == 1, last=place == len(units))
            if self._writer.is_open:
                await self._writer.tell(commit=True)
        except BaseException:
            await self._writer.undo()
            raise
        self._checkpoints.saw_committed(len(group))

    async def _serve(
        self, unit: list[Entry], *, first: bool, last: bool = False, again: bool = False
    ) -> None:
        """Serve one work, or all the calls of one lane, undoing it when it fails.

        The first unit needs no savepoint: undoing it is starting the transaction again. The last
        one is committed with what it deferred, unless it fails. Where that may help, a lane serves
        its calls once more together before each is tried alone; `again` says that it does.
        """
        writer = self._writer
        if not first:
            await writer.tell("SAVEPOINT unit")
        try:
            await _run(unit, writer, again=again)
            await writer.tell(*(() if first else ("RELEASE unit",)), commit=last)
        except TransactionError:
            raise
        except Exception as failure:  # noqa: BLE001 - it is the unit's outcome, whatever it is
            await writer.undo(None if first else "unit")
            may_help = len(unit) == 1 or isinstance(failure, DuplicateError)
            if unit[0].lane is not None and may_help and not again:
                await self._serve(unit, first=first, last=last, again=True)
            elif len(unit) == 1:
                unit[0].outcome = failure
            else:
                for entry in unit:
                    await self._serve([entry], first=False, again=True)


def _units(group: list[Entry]) -> list[list[Entry]]:
    """The group's works one by one, and the calls of each lane together."""
    units: list[list[Entry]] = []
    lanes: dict[Lane[Any], list[Entry]] = {}
    for entry in group:
        if entry.lane is None:
            units.append([entry])
        elif entry.lane in lanes:
            lanes[entry.lane].append(entry)
        else:
            lanes[entry.lane] = [entry]
            units.append(lanes[entry.lane])
    return units


async def _run(unit: list[Entry], db: Transaction, *, again: bool) -> None:
    lane, work = unit[0].lane, unit[0].work
    if lane is not None:
        await lane.serve(db, [entry.call for entry in unit], again=again)
    elif work is not None:
        unit[0].outcome = await work(db)

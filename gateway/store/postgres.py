"""PostgreSQL through asyncpg: pooled transactions, and a group for each lane."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Self, TypeAlias

import asyncpg

from gateway.store.database import (
    DatabaseError,
    DuplicateError,
    Lane,
    LockedError,
    Queries,
    QueueFullError,
    Work,
)
from gateway.store.groups import GROUP_MAX, QUEUE_MAX, Commit, Entry, GroupQueue
from gateway.store.listener import Listener
from gateway.store.sizes import GroupSizes
from gateway.store.statements import Row, Statement, dialect_named

POOL_MAX = 10
PATIENCE = 5.0
"""Seconds that a check waits for a connection and its answer."""
TRIES = 5
"""How often a transaction that others made impossible is run before its caller is told."""

_DIALECT = dialect_named("postgresql")

_DURABLE = {
    "synchronous_commit": ("on", "remote_apply"),
    "fsync": ("on",),
    "full_page_writes": ("on",),
}

_UNLUCKY = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)

# Our joins are of rows that we name with rows that have those keys. The planner takes any list for
# 100 rows, and would rather read a table of some 10,000 rows whole than ask its index so often:
# a group's idempotency keys took almost half of its rate so, and take less than a quarter without.
_SESSION = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "application_name": "halyard",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "lock_timeout": "10s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
}

# The driver's classes are generic for type checkers only.
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Bare: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class PostgresQueries(Queries):
    """Queries on one connection, or on a pool: then each is a transaction of its own."""

    def __init__(self, connection: "Connection | Pool") -> None:
        self._connection = connection

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        compiled = statement.on(_DIALECT)
        try:
            found = await self._connection.fetch(compiled.sql, *compiled.arguments(values))
        except asyncpg.UniqueViolationError as fault:
            raise DuplicateError from fault
        except asyncpg.LockNotAvailableError as fault:
            raise LockedError from fault
        return compiled.rows(found)

    async def notify(self, channel: str, text: str) -> None:
        await self._connection.execute("SELECT pg_notify($1, $2)", channel, text)


class PostgresDatabase:
    """A PostgreSQL database, which any number of gateways may share.

    At most `waiting_max` plain writes wait for a connection, and as many calls of each lane. A
    write joins a commit when it has one.
    """

    def __init__(
        self, url: str, *, waiting_max: int = QUEUE_MAX, patience: float = PATIENCE
    ) -> None:
        self._url = url
        self._patience = patience
        self._waiting_max = waiting_max
        self.group_sizes = GroupSizes(GROUP_MAX)
        self._lanes: dict[Lane[Any], GroupQueue] = {}
        self._without_connection = 0
        self._listeners: list[Listener] = []

    async def open(self) -> Self:
        """Connect. Raises DatabaseError when the server cannot be reached or might lose commits."""
        try:
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=1,
                max_size=POOL_MAX,
                timeout=10,
                init=_speak,
                reset=_keep,
                server_settings=_SESSION,
            )
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            # The address may hold a password, so it is not repeated.
            reason = type(fault).__name__
            raise DatabaseError(f"The PostgreSQL database cannot be reached ({reason}).") from fault
        self._reader = PostgresQueries(self._pool)
        for name, wanted in _DURABLE.items():
            found = await self._pool.fetchval("SELECT current_setting($1)", name)
            if found not in wanted:
                await self.close()
                raise DatabaseError(
                    f"PostgreSQL runs with {name} = {found}: commits could be lost."
                )
        return self

    @property
    def reader(self) -> PostgresQueries:
        return self._reader

    @property
    def waiting(self) -> int:
        return self._without_connection + sum(each.waiting for each in self._lanes.values())

    async def write(self, work: Work[Any]) -> Any:
        if self._without_connection >= self._waiting_max:
            raise QueueFullError("Too many writes wait for a connection.")
        self._without_connection += 1
        try:
            connection = await self._pool.acquire()
        finally:
            self._without_connection -= 1
        # A task of its own: once begun, the outcome does not depend on the caller's patience.
        queue = GroupQueue(partial(self._committing, connection), self.group_sizes)
        return await queue.put(Entry(work=work))

    async def join(self, lane: Lane[Any], call: Any) -> None:
        queue = self._lanes.get(lane)
        if queue is None:
            queue = self._lanes[lane] = GroupQueue(
                self._connected, self.group_sizes, bound=self._waiting_max
            )
        await queue.put(Entry(lane=lane, call=call))

    def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        self._listeners.append(Listener(self._url, channel, heard))

    async def check(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                found = await self._pool.fetchval("SELECT pg_is_in_recovery()")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            raise DatabaseError("The PostgreSQL database does not answer.") from fault
        if found:
            raise DatabaseError("The PostgreSQL database is a standby and cannot be written.")

    async def close(self) -> None:
        for listener in self._listeners:
            await listener.stop()
        for queue in self._lanes.values():
            await queue.drain()
        await self._pool.close()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Commit]:
        """A connection of the pool's to commit on, waited for where all are in use."""
        async with self._committing(await self._pool.acquire()) as commit:
            yield commit

    @asynccontextmanager
    async def _committing(self, connection: Connection) -> AsyncIterator[Commit]:
        try:
            yield partial(_commit, connection)
        finally:
            await self._pool.release(connection)


async def _commit(connection: Connection, group: list[Entry]) -> None:
    """One transaction for a group, which is one work or calls of one lane."""
    lane, work = group[0].lane, group[0].work
    if lane is None:
        assert work is not None  # noqa: S101 - an entry has one of the two
        group[0].outcome = await _transaction(connection, work)
        return
    calls = [entry.call for entry in group]
    try:
        await _transaction(connection, lambda db: lane.serve(db, calls))
    except Exception as failure:  # noqa: BLE001 - it becomes the outcome of a call
        if len(group) == 1:
            group[0].outcome = failure
            return
        # Where the connection broke, all fail: what was sent last may have been the commit.
        for entry in group:
            await _commit(connection, [entry])


async def _transaction(
    connection: Connection, work: Callable[[PostgresQueries], Awaitable[Any]]
) -> Any:
    """Run `work` and commit; what a deadlock or a serialization failure undid is run again."""
    for tries_left in reversed(range(TRIES)):
        try:
            async with connection.transaction():
                return await work(PostgresQueries(connection))
        except _UNLUCKY:
            if not tries_left:
                raise
    return None


async def _speak(connection: "Bare") -> None:
    """UUIDs travel as text: the house knows them as lower-case strings."""
    await connection.set_type_codec(
        "uuid", encoder=str, decoder=str, schema="pg_catalog", format="text"
    )


async def _keep(connection: "Bare") -> None:
    """Nothing to reset between uses: a transaction leaves nothing behind. Saves a round trip."""

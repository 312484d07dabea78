"""The one writer of a SQLite file: queries whose statements share visits to the driver's thread.

A visit costs changes of threads, and the loop's next turn. So what gives no answer waits for what
does, or for the commit: a group of calls is two visits instead of five, and the loop reads the
next calls while the disk syncs. That took 7,100 increments a second to 7,700.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import aiosqlite

from gateway.store.database import DuplicateError, Queries
from gateway.store.statements import Row, RowsInsert, Statement, dialect_named

T = TypeVar("T")

_DIALECT = dialect_named("sqlite")
_DUPLICATES = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)

STATEMENTS_KEPT = 256
"""Compiled statements of a connection; an insert of rows is one for each number of rows."""

Step = tuple[str, Sequence[Any]]
"""A statement's text and its values."""

_BEGIN: Step = ("BEGIN IMMEDIATE", ())
_COMMIT: Step = ("COMMIT", ())


class TransactionError(sqlite3.Error):
    """The transaction could not be begun, held open or committed, whatever was to be done in it."""


class StepsConnection(aiosqlite.Connection):
    """A connection whose thread runs several statements in one visit, in a transaction."""

    def __init__(self, path: str) -> None:
        super().__init__(lambda: _connect(path), 64)

    async def open(self) -> None:
        """Raises sqlite3.Error when the file cannot be opened."""
        opened: aiosqlite.Connection = await self
        assert opened is self  # noqa: S101 - awaiting a connection opens it

    async def perform(self, steps: Sequence[Step]) -> list[Any]:
        """Run the steps; returns the rows of the last one. Raises TransactionError."""
        return await self._visit(_perform, steps)

    async def undo(self) -> None:
        """Roll back what is not committed, if there is any."""
        await self._visit(_undo)

    def send(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Have the thread do the work and tell nobody. Raises ValueError once it is closed."""
        self._tx.put_nowait((None, partial(work, self._conn)))

    async def _visit(self, function: Callable[..., T], *values: Any) -> T:
        result: T = await self._execute(  # type: ignore[no-untyped-call]
            function, self._conn, *values
        )
        return result


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, cached_statements=STATEMENTS_KEPT)


def _perform(connection: sqlite3.Connection, steps: Sequence[Step]) -> list[Any]:
    found: list[Any] = []
    if steps[:1] != (_BEGIN,) and not connection.in_transaction:
        # SQLite rolls back by itself when the disk is full, for one: nothing may be added then.
        raise TransactionError("The transaction was ended by a failure in it.")
    for step in steps:
        try:
            found = connection.execute(*step).fetchall()
        except sqlite3.Error as fault:
            if step is _BEGIN or step is _COMMIT:
                raise TransactionError(str(fault)) from fault
            raise
    return found


def _undo(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


class SqliteWriter(Queries):
    """Queries on the writing connection, in a transaction that begins with the first of them."""

    alone = True

    def __init__(self, connection: StepsConnection) -> None:
        self._connection = connection
        self._deferred: list[Step] = []
        self._open = False

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        return statement.on(_DIALECT).rows(await self._perform(*_steps(statement, values)))

    async def defer(self, statement: Statement, **values: Any) -> None:
        self._deferred += _steps(statement, values)

    async def tell(self, *texts: str, commit: bool = False) -> None:
        """Run what was deferred, then these, and commit if asked to. Raises TransactionError."""
        if texts or commit or self._deferred:
            await self._perform(*((text, ()) for text in texts), commit=commit)

    async def undo(self, savepoint: str | None = None) -> None:
        """Undo everything since the savepoint, or all of the transaction, which is over then."""
        self._deferred = []
        if savepoint is None:
            await self._connection.undo()
            self._open = False
        else:
            await self.tell(f"ROLLBACK TO {savepoint}", f"RELEASE {savepoint}")

    @property
    def is_open(self) -> bool:
        """Whether something is done that is not committed."""
        return self._open

    async def _perform(self, *steps: Step, commit: bool = False) -> list[Any]:
        begin, end = () if self._open else (_BEGIN,), (_COMMIT,) if commit else ()
        due = (*begin, *self._deferred, *steps, *end)
        self._deferred, self._open = [], True
        try:
            found = await self._connection.perform(due)
        except sqlite3.IntegrityError as fault:
            if fault.sqlite_errorcode in _DUPLICATES:
                raise DuplicateError from fault
            raise
        self._open = not commit
        return found


def _steps(statement: Statement, values: Mapping[str, Any]) -> Iterable[Step]:
    if isinstance(statement, RowsInsert):
        return statement.spread(_DIALECT, **values)
    compiled = statement.on(_DIALECT)
    return ((compiled.sql, compiled.arguments(values)),)

"""The readers of a SQLite file: the questions of one turn of the loop share a visit to a thread.

A visit costs changes of threads and a turn of the loop, more than the answer to a short question:
with 64 callers, a counter's read took 0.81 of the processor time that it took by itself.
(Asking on the loop's own thread, without any visit, took 0.93.)
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any

from gateway.store.database import Queries
from gateway.store.sqlite_writer import StepsConnection
from gateway.store.statements import Row, Statement, dialect_named

PATIENCE = 0.002
"""Seconds after which a visit is long, or twice that at most: then another reader takes over what
waits behind it. (One look at that rhythm: a timer for each visit is a part of what it costs.)"""

_DIALECT = dialect_named("sqlite")


class _Question:
    """A question on its way, and what became of it."""

    __slots__ = ("fault", "future", "rows", "sql", "values")

    def __init__(self, sql: str, values: Sequence[Any], future: asyncio.Future[list[Any]]) -> None:
        self.sql = sql
        self.values = values
        self.future = future
        self.rows: list[Any] = []
        self.fault: BaseException | None = None

    def tell(self) -> None:
        if self.future.done():  # its caller was cancelled
            return
        if self.fault is None:
            self.future.set_result(self.rows)
        else:
            self.future.set_exception(self.fault)


class _Visit:
    """Questions that one reader answers in their order, and those it has answered."""

    __slots__ = ("done", "due", "reader")

    def __init__(self, reader: StepsConnection, due: deque[_Question]) -> None:
        self.reader = reader
        self.due = due
        self.done: deque[_Question] = deque()

    def answer(self, connection: sqlite3.Connection) -> None:
        """Answer what is due until nothing is; both threads may take from it."""
        # All of it was asked before, so one snapshot may answer it: half the locks to take.
        together = len(self.due) > 1
        try:
            if together:
                connection.execute("BEGIN")
            self._answer_each(connection)
        except sqlite3.Error as fault:
            while question := _next(self.due):
                question.fault = fault
                self.done.append(question)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _answer_each(self, connection: sqlite3.Connection) -> None:
        while question := _next(self.due):
            if question.future.done():
                continue
            try:
                question.rows = connection.execute(question.sql, question.values).fetchall()
            except Exception as fault:  # noqa: BLE001 - it is the question's, whatever it is
                question.fault = fault
            self.done.append(question)

    def tell(self) -> None:
        """Tell those who asked what is answered by now."""
        while question := _next(self.done):
            question.tell()


class SqliteReaders(Queries):
    """Queries on reading connections, each of which sees all that was committed before it.

    One reader at a time answers all that was asked while the one before it was at work. A reader
    that takes long, for a slow question or a slow disk, keeps its question and no other.
    """

    def __init__(self, connections: Sequence[StepsConnection]) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = list(connections)
        self._all = len(self._idle)
        self._waiting: deque[_Question] = deque()
        self._visit: _Visit | None = None
        """The visit that is under way and not long yet."""
        self._is_due = False
        self._is_watched = False
        self._rested: asyncio.Future[None] | None = None
        """What is told, while somebody closes, once nothing is asked any more."""

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        compiled = statement.on(_DIALECT)
        future: asyncio.Future[list[Any]] = self._loop.create_future()
        self._ask(_Question(compiled.sql, compiled.arguments(values), future))
        return compiled.rows(await future)

    async def close(self) -> None:
        """Answer what was asked; whoever asks from now on gets a ValueError."""
        if self._rested is None:
            self._rested = self._loop.create_future()
            self._rest()
        await asyncio.shield(self._rested)

    def _ask(self, question: _Question) -> None:
        if self._rested is not None:
            raise ValueError("The database is closed.")
        self._waiting.append(question)
        if self._visit is None and not self._is_due:
            # Those who run in the same turn of the loop come along.
            self._is_due = True
            self._loop.call_soon(self._go)

    def _go(self) -> None:
        self._is_due = False
        if self._visit is not None or not self._waiting or not self._idle:
            return
        visit = self._visit = _Visit(self._idle.pop(), self._waiting)
        self._waiting = deque()
        if not self._is_watched:
            self._watch()

        def answer(connection: sqlite3.Connection) -> None:
            try:
                visit.answer(connection)
            finally:
                self._loop.call_soon_threadsafe(self._end, visit)

        visit.reader.send(answer)

    def _watch(self) -> None:
        """Look at the visit that is under way now once more, after a while."""
        visit = self._visit
        self._is_watched = visit is not None
        if visit is not None:
            self._loop.call_later(PATIENCE, self._look, visit)

    def _look(self, visit: _Visit) -> None:
        if visit is self._visit:
            self._take_over(visit)
        self._watch()

    def _take_over(self, visit: _Visit) -> None:
        """Let another reader answer what waits behind a long question, or came meanwhile."""
        self._visit = None
        rest: deque[_Question] = deque()
        while question := _next(visit.due):
            rest.append(question)
        rest.extend(self._waiting)
        self._waiting = rest
        visit.tell()
        self._go()

    def _end(self, visit: _Visit) -> None:
        if visit is self._visit:
            self._visit = None
        self._idle.append(visit.reader)
        visit.tell()
        self._go()
        self._rest()

    def _rest(self) -> None:
        at_work = self._waiting or len(self._idle) < self._all
        if self._rested is not None and not at_work and not self._rested.done():
            self._rested.set_result(None)


def _next(questions: deque[_Question]) -> _Question | None:
    """The first of the questions, taken out; None when the other thread has taken the last."""
    try:
        return questions.popleft()
    except IndexError:
        return None

"""What the rest of the house knows of a database: queries, transactions, groups."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar

from gateway.store.sizes import GroupSizes
from gateway.store.statements import Row, Statement

T = TypeVar("T")
C_contra = TypeVar("C_contra", contravariant=True)


class DatabaseError(Exception):
    """A database that cannot be used, told in one sentence for whoever operates it."""


class QueueFullError(DatabaseError):
    """More writes wait for their commit than may; this one was not taken on."""


class DuplicateError(Exception):
    """A row that the database refuses because a unique one like it is there already."""


class LockedError(Exception):
    """Another transaction holds a row, and did not let go of it in time."""


class Queries(ABC):
    """Questions to the database. Values go by the names of the statement's bind parameters.

    Raises DuplicateError when a statement would break a unique constraint, LockedError when it
    waited for another transaction in vain.
    """

    alone: ClassVar[bool] = False
    """Whether from its first statement on nobody else can write until the transaction ends."""

    @abstractmethod
    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        """Every row."""

    async def first(self, statement: Statement, **values: Any) -> Row | None:
        """The first row, or None."""
        found = await self.all(statement, **values)
        return found[0] if found else None

    async def run(self, statement: Statement, **values: Any) -> None:
        """Run it for what it does."""
        await self.all(statement, **values)

    async def defer(self, statement: Statement, **values: Any) -> None:
        """Run it for what it does, at the latest before the commit; its failure rolls back.

        Where a round trip can be saved, it waits for the transaction's next question or its end.
        So what it raises may come from there: no action can handle it.
        """
        await self.run(statement, **values)

    async def notify(self, channel: str, text: str) -> None:  # noqa: B027 - see below
        """Tell whoever listens to `channel`, once this transaction is committed.

        On SQLite, which has no such way to other processes, nobody is told.
        """


Transaction: TypeAlias = Queries
"""Queries inside a transaction, committed or rolled back by whoever opened it."""


Work = Callable[[Transaction], Awaitable[T]]


class Lane(Protocol[C_contra]):
    """Whoever serves the calls of one kind together: a batch action, wrapped by the pipeline."""

    async def serve(
        self, db: Transaction, calls: Sequence[C_contra], *, again: bool = False
    ) -> None:
        """Serve all the calls; an exception rolls all of it back, and each is tried alone.

        On SQLite all are tried once more together first, where it was a DuplicateError or there is
        one call only. `again` says that they may have been tried before, and undone.
        """


class Database(Protocol):
    """A database with its transactions; `reader` sees only what is committed."""

    @property
    def group_sizes(self) -> GroupSizes:
        """The sizes of the groups that were committed."""

    @property
    def waiting(self) -> int:
        """How many writes wait for their turn."""

    @property
    def reader(self) -> Queries:
        """Queries outside any transaction."""

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return once it is committed; what it raises rolls back.

        Raises QueueFullError, with nothing done, when too many wait already.

        When the caller is cancelled before the work began, nothing is written; after that, the
        outcome is awaited and returned.
        """

    def join(self, lane: Lane[Any], call: Any) -> Coroutine[Any, Any, None]:
        """Have `lane` serve `call` with the others that came meanwhile; return once committed.

        Cancelling is as for `write`.
        """

    def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Have `heard` called with what is told on `channel`, until the database is closed.

        What is told while the connection is away is missed: whoever needs it must not rely on it.
        """

    async def check(self) -> None:
        """Raise DatabaseError unless writing is possible now."""

    async def close(self) -> None:
        """Finish what was begun, then let go of every connection."""

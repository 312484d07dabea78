"""A database that notes what it is asked, for whoever must not tell two things apart by it."""

from typing import Any

from gateway.store.database import Database, Lane, Queries
from gateway.store.statements import Row, Statement


class _AskedQueries(Queries):
    def __init__(self, db: Queries, asked: list[object]) -> None:
        self._db = db
        self._asked = asked
        self.alone = db.alone  # type: ignore[misc] # it is as the other one is

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        self._asked.append(statement)
        return await self._db.all(statement, **values)

    async def defer(self, statement: Statement, **values: Any) -> None:
        self._asked.append(statement)
        await self._db.defer(statement, **values)

    async def notify(self, channel: str, text: str) -> None:
        self._asked.append(channel)
        await self._db.notify(channel, text)


class _AskedLane:
    def __init__(self, lane: Lane[Any], asked: list[object]) -> None:
        self._lane = lane
        self._asked = asked

    async def serve(self, db: Queries, calls: Any, *, again: bool = False) -> None:
        await self._lane.serve(_AskedQueries(db, self._asked), calls, again=again)


class AskedDatabase:
    """The same database, with every statement that was run in `asked`, in order."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked: list[object] = []
        self.reader = _AskedQueries(database.reader, self.asked)

    async def write(self, work: Any) -> Any:
        return await self._database.write(lambda db: work(_AskedQueries(db, self.asked)))

    async def join(self, lane: Lane[Any], call: Any) -> None:
        await self._database.join(_AskedLane(lane, self.asked), call)

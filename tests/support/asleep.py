"""A database whose disk is full for a while."""

from typing import Any

from gateway.store.database import Database


class Asleep:
    """A database that refuses to write until it is woken."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.woken = False

    async def write(self, work: Any) -> Any:
        if not self.woken:
            raise OSError("the disk is full")
        return await self._database.write(work)

"""What a command needs of a gateway; the composition root has the class that does it."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from gateway.access.keys import Key
from gateway.logs import Log
from gateway.settings import Settings
from gateway.store.database import Database


class Host(Protocol):
    """A gateway that can be migrated, opened, founded, served and closed."""

    async def migrate(self) -> list[str]:
        """Bring the schema up to date; returns the names of what changed."""

    async def open(self) -> None:
        """Open the database and start the sections."""

    async def open_database(self) -> None:
        """Open the database alone."""

    @property
    def database(self) -> Database:
        """The database, once it is open."""

    @property
    def now(self) -> Callable[[], datetime]:
        """Tells the present moment, in UTC."""

    @property
    def new_id(self) -> Callable[[], str]:
        """Makes a new UUIDv7, in lower case."""

    async def found(self) -> Key | None:
        """The first key of an empty database; None when somebody has one already."""

    async def listen(self) -> int:
        """Serve HTTP, and return the port."""

    async def close(self) -> None:
        """Let running calls finish, then close everything."""


class Factory(Protocol):
    def __call__(self, settings: Settings, log: Log) -> Host: ...

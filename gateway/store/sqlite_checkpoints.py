"""Checkpoints of a SQLite file beside its writes: a group of calls need not wait for them.

By itself SQLite moves what is in the log to the file within the commit that finds a thousand pages
in it. Where they are scattered, among 10 million counters, that is up to 36 ms of waiting for the
disk, for a group and for all that come behind it.

The writer still does so once the log has `LOG_PAGES`. Little is left to be moved then, and once all
is, the log begins anew: a checkpoint beside the writes never gets there, as they go on meanwhile.
"""

import sqlite3
from contextlib import suppress

from gateway.store.sqlite_writer import StepsConnection

LOG_PAGES = 4_000
"""16 MB. The index that readers go through has a part for every 4,096 pages."""

PAGES = 1_000
"""That have come to the log since the last checkpoint make the next one due, as far as writes add
as many pages as those before them."""


class Checkpoints:
    """Moves the log's pages to the file, on a connection of its own, when enough were written."""

    def __init__(self, connection: StepsConnection) -> None:
        self._connection = connection
        self._runs = False
        self._writes = 0
        """Since the last checkpoint was due."""
        self._due = PAGES // 4
        """How many make the next one due; a write that comes alone adds about four pages."""
        self._pages = 0
        """In the log, as the last checkpoint found it."""

    def wrote(self, writes: int) -> None:
        """Tell how many more writes are committed."""
        self._writes += writes
        if self._writes >= self._due and not self._runs:
            self._runs = True
            writes, self._writes = self._writes, 0
            self._connection.send(lambda connection: self._run(connection, writes))

    def _run(self, connection: sqlite3.Connection, writes: int) -> None:
        """On the connection's thread. What cannot be moved stays in the log until it can."""
        with suppress(sqlite3.Error):
            ((_, pages, _),) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            if pages > self._pages:  # and not begun anew
                self._due = max(PAGES * writes // (pages - self._pages), 1)
            self._pages = pages
        self._runs = False

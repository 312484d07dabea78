"""Checkpoints of a SQLite file beside its writes: no group of calls waits for most of their disk.

By itself SQLite moves what is in the log to the file within the commit that finds a thousand pages
in it. Where they are scattered, among 10 million counters, that is up to 36 ms of waiting for the
disk, for a group and for all that come behind it.

The writer still does so once the log has `LOG_PAGES`, since the log begins anew only when all of it
is moved, and a checkpoint beside the writes never gets there: they go on meanwhile. So one comes
right before the writer's turn, which leaves it little to move.
"""

import sqlite3
from contextlib import suppress

from gateway.store.sqlite_writer import StepsConnection

LOG_PAGES = 3_500
"""14 MB. The first part of the index that readers go through has 4,062 pages (SQLite, WAL-mode File
Format, 2.2)."""

PAGES = 1_000
"""That have come to the log since the last checkpoint make the next one due."""

BEFORE = 150
"""Pages before the writer's turn that make one due in any case, which is two groups of 64 calls."""


class Checkpoints:
    """Moves the log's pages to the file, on a connection of its own, when enough were written.

    How many pages a write adds is told by those before it.
    """

    def __init__(self, connection: StepsConnection) -> None:
        self._connection = connection
        self._runs = False
        self._writes = 0
        """Committed in all. The loop counts them, and the connection's thread tells the rest."""
        self._due = 16
        """At how many the next one is due; at first soon, to learn what a write adds."""
        self._pages, self._writes_then = 0, 0
        """How long the last one found the log, after how many writes."""
        self._pages_a_write = 1.0

    def saw_committed(self, writes: int) -> None:
        """Tell of a group of so many writes, some of which may have changed nothing."""
        self._writes += writes
        if self._writes >= self._due and not self._runs:
            self._runs = True
            self._connection.send(self._run)

    def _run(self, connection: sqlite3.Connection) -> None:
        """On the connection's thread. What cannot be moved stays in the log until it can."""
        writes = self._writes
        try:
            with suppress(sqlite3.Error):
                ((_, pages, _),) = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                if pages >= 0:  # and nobody else was at it
                    self._saw(pages, writes)
        finally:
            self._runs = False

    def _saw(self, pages: int, writes: int) -> None:
        if pages > self._pages:  # the log did not begin anew
            self._pages_a_write = (pages - self._pages) / (writes - self._writes_then)
        self._pages, self._writes_then = pages, writes
        last = LOG_PAGES - BEFORE
        until = last if pages < last < pages + PAGES else pages + PAGES
        self._due = writes + int((until - pages) / self._pages_a_write)

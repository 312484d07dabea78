"""What the database holds of the counters, read back and held against what clients were told."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import asyncpg

from tests.faults.load import CLIENTS, Outcome, Step
from tests.faults.process import Server, post

PAGE = 100

_SUMS = """
    SELECT external_id, number, counters.version, sum("after" - coalesce("before", 0)),
           count(*), min(counter_changes.version), max(counter_changes.version)
    FROM counters JOIN counter_changes ON counter_id = counters.id
    GROUP BY counters.id, external_id, number, counters.version
"""


class Ledger:
    """The counters' histories as far as they were proved, which only the rest is read of again."""

    def __init__(self, key: str, counters: list[str]) -> None:
        self.key = key
        self.counters = counters
        self._proved = dict.fromkeys(counters, (1, 0))
        """The last version that was proved of each, and its value."""

    def make(self, server: Server) -> None:
        """Make the counters."""
        for name in self.counters:
            params = {"name": f"Counter {name}", "type": "UpDown", "external_id": name}
            self._call(server, "counters/create", params)

    def prove(self, server: Server, outcome: Outcome, *, unanswered: int = CLIENTS) -> None:
        """Every acknowledged change is in the history, and the history leads to the value.

        At most `unanswered` others are there too: each client waits for one answer at a time.
        """
        written = sum(
            self._prove_one(server, name, outcome.acknowledged[name]) for name in self.counters
        )
        assert outcome.count() <= written <= outcome.count() + unanswered

    def read(self, server: Server, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every record of a list, by whichever kind of pages it has."""
        found: list[dict[str, Any]] = []
        more: dict[str, Any] | None = {}
        while more is not None:
            answer = self._call(server, path, {**params, **more, "per_page": PAGE})
            found += answer["data"]
            more = _next_page(answer["flags"]["paginated"])
        return found

    def _prove_one(self, server: Server, name: str, acknowledged: Mapping[int, Step]) -> int:
        """Returns how many changes were new."""
        version, value = self._proved[name]
        changes = self._changes_since(server, name, version)
        steps = {each["version"]: Step(each["from"], each["to"]) for each in changes}
        assert list(steps) == list(range(version + 1, version + 1 + len(changes)))
        assert acknowledged.items() <= steps.items()
        chain = [Step(0, value), *steps.values()]
        for earlier, later in pairwise(chain):
            assert later.before == earlier.after
        self._proved[name] = (version + len(steps), chain[-1].after)
        counter = self._call(server, "counters/get", {"external_id": name})["data"]
        assert (counter["version"], counter["value"]) == self._proved[name]
        return len(changes)

    def _changes_since(self, server: Server, name: str, version: int) -> list[dict[str, Any]]:
        """The changes after the version, oldest first."""
        params: dict[str, Any] = {"external_id": name, "per_page": PAGE}
        found: list[dict[str, Any]] = []
        while not found or found[-1]["version"] > version:
            answer = self._call(server, "counters/history", params)
            found += answer["data"]
            params["cursor"] = answer["flags"]["paginated"]["next_cursor"]
            if params["cursor"] is None:
                break
        return [change for change in reversed(found) if change["version"] > version]

    def _call(self, server: Server, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        answer = post(server, path, params, self.key)
        assert answer["status"] == "success", answer
        return answer


def prove_sums(database: Mapping[str, Any], counters: list[str]) -> None:
    """In the rows themselves, each value is the sum of its history, which has no gaps."""
    rows = _rows(database)
    assert sorted(row[0] for row in rows) == sorted(counters)
    for _, number, version, total, changes, first, last in rows:
        assert number == total
        assert (first, last, changes) == (1, version, version)


def prove_integrity(database: Mapping[str, Any]) -> None:
    """A SQLite file is whole; PostgreSQL sees to that itself."""
    if "database" not in database:
        assert _sqlite(database, "PRAGMA integrity_check") == [("ok",)]
        assert _sqlite(database, "PRAGMA foreign_key_check") == []


def _next_page(paginated: Mapping[str, Any]) -> dict[str, Any] | None:
    """The parameters for the page after one, if there is one."""
    if "page" not in paginated:
        return {"cursor": paginated["next_cursor"]} if paginated["has_more"] else None
    page = paginated["page"]
    return {"page": page + 1} if page < paginated["total_pages"] else None


def _rows(database: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    if "database" in database:
        return asyncio.run(_postgres(database["database"], _SUMS))
    return _sqlite(database, _SUMS)


def _sqlite(database: Mapping[str, Any], query: str) -> list[tuple[Any, ...]]:
    address = f"file:{database['data'] / 'halyard.db'}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
        return connection.execute(query).fetchall()


async def _postgres(address: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(address)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()

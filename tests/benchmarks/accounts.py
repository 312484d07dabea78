"""What a server has of the calls that it answered: lines of its log, and what it counted."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from .levels import Level
from .serving import Server
from .subjects import Account, Subject

Logged = Callable[[], Counter[str]]
"""Counts the lines of a log by their outcome, of which `success` is one."""


@dataclass(frozen=True)
class Kept:
    """Where a server keeps its counters, their history and its answers, as SQLite itself tells."""

    file: Path
    increments: str
    """A query for the sum of all counters."""
    history: str
    """A query for the number of increments in the history."""
    answers: str
    """A query for the number of the answers that are kept."""

    def count(self, query: str) -> int:
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute(query).fetchone()
        return int(found or 0)


def accounted(subject: Subject, level: Level, logged: Logged, kept: Kept) -> Subject:
    """The subject, with an account of what was really done, by each record that there is."""
    if level.kind == "increment" and not level.durable:
        return replace(subject, account=_Memory(subject, logged).account)

    def account() -> Account:
        outcomes = logged()
        records = [outcomes.pop("success", 0)]
        if level.durable:
            records += map(kept.count, (kept.increments, kept.history))
        if level.keyed:
            records.append(kept.count(kept.answers))
        return Account(tuple(records), outcomes)

    return replace(subject, account=account)


class _Memory:
    """Asks counters in memory for their values, which takes an increment of each."""

    def __init__(self, subject: Subject, logged: Logged) -> None:
        self._subject, self._logged = subject, logged
        self._own = 0

    def account(self) -> Account:
        outcomes = self._logged()
        lines = outcomes.pop("success", 0) - self._own
        server, path, key = self._subject.server, self._subject.path, self._subject.key
        answers = [server.post(path, body, key)[1] for body in self._subject.bodies]
        self._own += len(answers)
        total = sum(answer["data"]["value"] for answer in answers) - self._own
        return Account((lines, total), outcomes)


def logged_by_peer(server: Server, action: str) -> Counter[str]:
    """Count an action's lines in a peer's log by their status."""
    outcomes: Counter[str] = Counter()
    with server.output.open("rb") as lines:
        for line in lines:
            if line.startswith(b"{"):  # Sanic speaks of itself in between
                told = orjson.loads(line)
                if told.get("action") == action:
                    outcomes["success" if told["status"] == 200 else str(told["status"])] += 1
    return outcomes

"""The levels: what every server of the suite does, from a fixed answer to a durable write."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Level:
    """One kind of work."""

    name: str
    title: str
    does: str
    """A sentence for the benchmark's page."""
    path: str
    """`section/action`."""
    kind: Literal["ping", "increment", "list"]
    durable: bool = False
    keyed: bool = False
    """Whether each call has an idempotency key of its own."""


LEVELS = {
    level.name: level
    for level in (
        Level(
            "W0",
            "a fixed answer",
            "`system/ping`: an envelope of about 90 bytes. The gateway writes its line of log and"
            " its headers as for every call; the peers have the bare route and nothing else.",
            "system/ping",
            "ping",
        ),
        Level(
            "W1",
            "increment in memory",
            "A bearer key found by its SHA-256, a moving window for each account, validation,"
            " the counter's eleven fields, four `RateLimit-*` headers and `X-Request-Id`, a line"
            " of JSON.",
            "memory/increment",
            "increment",
        ),
        Level(
            "W2",
            "list of 50",
            "All of that, and a page of 50 of 200 counters, with their total, read from SQLite.",
            "counters/list",
            "list",
        ),
        Level(
            "W3",
            "durable increment",
            "All of W1 on a counter of the caller's workspace, with a row of history in the same"
            " transaction, committed to SQLite (WAL, `synchronous=FULL`) before the answer.",
            "counters/increment",
            "increment",
            durable=True,
        ),
        Level(
            "W3-keyed",
            "durable increment, idempotent",
            "W3 with an `Idempotency-Key`: in the same transaction the answer is kept under account"
            " and key; the next call with them gets it again, and other parameters are refused.",
            "counters/increment",
            "increment",
            durable=True,
            keyed=True,
        ),
    )
}

OWN = "own"
"""What results call the gateway's own actions, which are measured together and have no peers."""
TITLES = {name: level.title for name, level in LEVELS.items()} | {OWN: "Halyard's own actions"}
OWN_DOES = (
    "`whoami` (key and limit, and nothing to do), `get` (one counter from the database),"
    " `full` (a list of 50 with `_full`: of whole counters no JSON is kept, so each list is read"
    " and dumped anew), `increment` (as W3) and `keyed` (as W3-keyed, on the same gateway), in the"
    " same rounds."
)

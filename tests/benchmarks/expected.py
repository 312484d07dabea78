"""What belongs to the page beside the levels, so that what was not measured is told as such."""

from collections.abc import Iterator, Mapping, Sequence

from .parts import Part
from .scale import actions, bodies, connections, counters, memory, starts

LIMITS = "Authentication and the limit, in one process"
EXPECTED: Mapping[str, tuple[str, Sequence[str]]] = {
    "limits": (LIMITS, ()),
    "connections": (connections.TITLE, connections.ROWS),
    "memory": (memory.TITLE, memory.ROWS),
    "actions": (actions.TITLE, actions.ROWS),
    "bodies": (bodies.TITLE, bodies.ROWS),
    "starts": (starts.TITLE, starts.ROWS),
    "counters": (counters.TITLE, counters.ROWS),
}
"""Each part by its name: its title, and the first cells of the rows that it should have."""

DETAILS: Mapping[str, str] = {
    "keys": "An idempotency key, in order and in none",
    "tail": "The p99 of a durable increment",
    "limited": "A limited call, by function",
    "connection": "A connection's memory, by type",
    "start": "A start, by package",
}
"""Titles of what tells where that goes which is no processor time of a call, by name."""


def missing(name: str, part: Part | None) -> Iterator[str]:
    """The rows that a part should have and does not; all of them where there is no part."""
    found = () if part is None else [row[0] for row in part.rows]
    _, rows = EXPECTED.get(name, ("", ()))
    return (row for row in rows if row not in found)

"""Shared counters: up/down, days since, days left."""

from collections.abc import Mapping
from typing import Any

from actions.counters.reading import At, Get, History, List
from actions.counters.shelf import Shelf
from actions.counters.steps import Decrement, Increment, Set
from actions.counters.writing import Create, Delete, Update
from actions.store.schema import MIGRATIONS
from gateway import Section


async def _start(_: Mapping[str, Any]) -> Shelf:
    return Shelf()


section = Section(
    "counters",
    "Shared counters: up/down, days since, days left",
    actions=(Create, List, Get, Update, Increment, Decrement, Set, Delete, History, At),
    migrations=MIGRATIONS,
    on_start=_start,
)

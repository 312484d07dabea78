"""Shared counters: up/down, days since, days left."""

from actions.counters.reading import At, Get, History, List
from actions.counters.steps import Decrement, Increment, Set
from actions.counters.writing import Create, Delete, Update
from actions.store.schema import MIGRATIONS
from gateway import Section

section = Section(
    "counters",
    "Shared counters: up/down, days since, days left",
    actions=(Create, List, Get, Update, Increment, Decrement, Set, Delete, History, At),
    migrations=MIGRATIONS,
)

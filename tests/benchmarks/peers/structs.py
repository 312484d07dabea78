"""What the peers that use msgspec take and answer, as structs: BlackSheep, Litestar and Sanic."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, convert

from tests.benchmarks.peers import common, models


class Step(Struct, forbid_unknown_fields=True):
    id: Annotated[str, Meta(pattern=common.UUID_PATTERN)]
    by: Annotated[int, Meta(ge=1, le=common.STEP_MAX)] = 1


class Page(Struct, forbid_unknown_fields=True):
    page: Annotated[int, Meta(ge=1)] = 1
    per_page: Annotated[int, Meta(ge=1, le=common.PAGE_MAX)] = 30


class Counter(Struct):
    id: str
    external_id: str | None
    name: str
    type: str
    value: int
    mode: str
    goal: int | None
    overflow: str
    version: int
    created_at: datetime
    updated_at: datetime


class Envelope(Struct):
    status: str
    time: float
    flags: dict[str, Any]
    data: Any


def counter_of(row: tuple[Any, ...]) -> Counter:
    """A counter from a row of the database, which has its moments as text."""
    made, updated = map(datetime.fromisoformat, row[9:11])
    return Counter(*row[:9], made, updated)


def counter_shown(mapped: models.Counter) -> Counter:
    """A counter from a mapped class."""
    return convert(mapped, Counter, from_attributes=True)

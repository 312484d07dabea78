"""What FastAPI takes and answers, as pydantic models."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tests.benchmarks.peers import common


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, StringConstraints(pattern=common.UUID_PATTERN)]
    by: Annotated[int, Field(ge=1, le=common.STEP_MAX)] = 1


class Page(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    page: Annotated[int, Field(ge=1)] = 1
    per_page: Annotated[int, Field(ge=1, le=common.PAGE_MAX)] = 30


class CounterPublic(BaseModel):
    """A counter as it is shown, made from a mapped class too."""

    model_config = ConfigDict(from_attributes=True)

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


class Pong(BaseModel):
    pong: bool


class Envelope(BaseModel):
    status: str
    time: float
    flags: dict[str, Any]


class Ponged(Envelope):
    data: Pong


class Counted(Envelope):
    data: CounterPublic


class Listed(Envelope):
    data: list[CounterPublic]

"""Counters as their callers see them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from marshmallow import fields

from schemas.base import ABSENT, Absent, Shape
from schemas.fields import Choice, Day, Id, Int64, Moment, Text

TYPES = ("UpDown", "FromDate", "ToDate")
MODES = ("OnlyUp", "OnlyDown", "UpAndDown")
OVERFLOWS = ("allow", "refuse")


class Milestone(NamedTuple):
    """A number of days, the date on which they are full, and whether that has come."""

    days: int
    date: dt.date
    reached: bool


class MilestoneShape(Shape[Milestone]):
    makes = Milestone

    days = Int64(required=True)
    date = Day(required=True)
    reached = fields.Boolean(required=True)


class Change(NamedTuple):
    """One version of a counter: its value, or of a counter of days its date, before and after."""

    version: int
    action: str
    before: int | dt.date | None
    after: int | dt.date
    by_account: str
    at: dt.datetime


class ChangeShape(Shape[Change]):
    makes = Change

    version = Int64(required=True)
    action = Text(required=True)
    before = fields.Raw(required=True, data_key="from")
    after = fields.Raw(required=True, data_key="to")
    by_account = Id(required=True)
    at = Moment(required=True)


class Counter(NamedTuple):
    """A counter as its callers see it; ABSENT stands where its type has no such attribute."""

    id: str
    external_id: str | None
    name: str
    type: str
    value: int
    mode: str | Absent
    goal: int | Absent | None
    overflow: str | Absent
    date: dt.date | Absent
    milestones: list[Milestone] | Absent
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    created_by: str
    description: str | None
    metadata: Mapping[str, str]
    history: list[Change] | Absent = ABSENT
    permitted_actions: Sequence[str] = ()


class CounterShape(Shape[Counter]):
    makes = Counter
    extended = ("created_by", "description", "metadata")
    expansions = ("history", "permitted_actions")

    id = Id(required=True)
    external_id = Text(required=True, allow_none=True)
    name = Text(required=True)
    type = Choice(TYPES, required=True)
    value = Int64(required=True)
    mode = Choice(MODES)
    goal = Int64(allow_none=True)
    overflow = Choice(OVERFLOWS)
    date = Day()
    milestones = fields.List(fields.Nested(MilestoneShape))
    version = Int64(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    created_by = Id()
    description = Text(allow_none=True)
    metadata = fields.Dict(keys=Text(), values=Text())
    history = fields.List(fields.Nested(ChangeShape))
    permitted_actions = fields.List(Text())


class PastValue(NamedTuple):
    """The value that a counter had at a moment, and the version that it was then."""

    id: str
    external_id: str | None
    type: str
    value: int
    version: int
    moment: dt.datetime


class PastValueShape(Shape[PastValue]):
    makes = PastValue

    id = Id(required=True)
    external_id = Text(required=True, allow_none=True)
    type = Choice(TYPES, required=True)
    value = Int64(required=True)
    version = Int64(required=True)
    moment = Moment(required=True)

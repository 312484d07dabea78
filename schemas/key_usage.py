"""What is asked and told of the use of a key."""

import datetime as dt
from typing import Any, NamedTuple

from marshmallow import fields, post_load

from schemas.base import ABSENT, Absent, Shape
from schemas.fields import Day, Int64, Text


class UsageWanted(NamedTuple):
    """A key, and the first and last day that are asked for (`from`, `to`)."""

    id: str
    first: dt.date | Absent = ABSENT
    last: dt.date | Absent = ABSENT


class UsageWantedShape(Shape[UsageWanted]):
    makes = UsageWanted

    id = Text(1, 64, required=True)

    class Meta:
        # `from` is a word of Python's own.
        include = {"from": Day(), "to": Day()}

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> UsageWanted:
        return UsageWanted(data["id"], data.get("from", ABSENT), data.get("to", ABSENT))


class DayUse(NamedTuple):
    """One action on one day; errors and refusals are among the calls."""

    day: dt.date
    action: str
    calls: int
    errors: int
    refusals: int


class DayUseShape(Shape[DayUse]):
    makes = DayUse

    day = Day(required=True)
    action = Text(required=True)
    calls = Int64(required=True)
    errors = Int64(required=True)
    refusals = Int64(required=True)


class KeyUsage(NamedTuple):
    """How a key was used from `first` to `last`, by day and action."""

    id: str
    first: dt.date
    last: dt.date
    usage: list[DayUse]


class KeyUsageShape(Shape[KeyUsage]):
    makes = KeyUsage

    id = Text(required=True)
    first = Day(required=True, data_key="from")
    last = Day(required=True, data_key="to")
    usage = fields.List(fields.Nested(DayUseShape), required=True)

"""What callers may say about counters."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from schemas.base import ABSENT, Absent, Shape, sent
from schemas.counters.given import MODES, OVERFLOWS, TYPES
from schemas.fields import Choice, Day, Id, Int64, Moment, Tags, Text, Zone

STEP_MAX = 10**12
MILESTONES_MAX = 20

OWN_FIELDS: Mapping[str, frozenset[str]] = {
    "UpDown": frozenset({"value", "mode", "goal", "overflow"}),
    "FromDate": frozenset({"date", "milestones"}),
    "ToDate": frozenset({"date"}),
}
"""The fields that only counters of a type have."""

_DAYS_MAX = 3_652_058  # from the first date that there is to the last
_ALL_OWN_FIELDS = frozenset().union(*OWN_FIELDS.values())


def foreign_fields(type: str, names: Mapping[str, Any]) -> dict[str, list[str]]:
    """A sentence for each of `names` that a counter of `type` does not have."""
    return {
        name: [f"A counter of type {type} does not have this."]
        for name in names
        if name in _ALL_OWN_FIELDS - OWN_FIELDS[type]
    }


def _name(**options: Any) -> Text:
    return Text(5, 40, trim=True, **options)


def _external_id(**options: Any) -> Text:
    return Text(1, 128, **options)


def _description(**options: Any) -> Text:
    return Text(0, 2000, **options)


def _metadata(**options: Any) -> Tags:
    return Tags(20, 40, 500, **options)


def _milestones(**options: Any) -> fields.List[int]:
    return fields.List(Int64(1, _DAYS_MAX), validate=validate.Length(max=MILESTONES_MAX), **options)


class NewCounter(NamedTuple):
    name: str
    type: str
    external_id: str | None = None
    value: int = 0
    mode: str = "UpAndDown"
    goal: int | None = None
    overflow: str = "allow"
    date: dt.date | Absent = ABSENT
    milestones: tuple[int, ...] = ()
    description: str | None = None
    metadata: Mapping[str, str] | None = None
    timezone: str | None = None


class NewCounterShape(Shape[NewCounter]):
    makes = NewCounter

    name = _name(required=True)
    type = Choice(TYPES, required=True)
    external_id = _external_id()
    value = Int64()
    mode = Choice(MODES)
    goal = Int64()
    overflow = Choice(OVERFLOWS)
    date = Day()
    milestones = _milestones()
    description = _description()
    metadata = _metadata()
    timezone = Zone()

    @validates_schema
    def _fields_fit_the_type(self, data: Mapping[str, Any], **_: Any) -> None:
        problems = foreign_fields(data["type"], data)
        if data["type"] != "UpDown" and "date" not in data:
            problems["date"] = ["Missing data for required field."]
        if problems:
            raise ValidationError(problems)


class CounterReference(NamedTuple):
    """One counter, by its id or by the caller's own reference to it."""

    id: str | None = None
    external_id: str | None = None
    timezone: str | None = None


class ReferenceFields(Schema):
    """The two ways to name a counter, of which a caller uses one."""

    id = Id()
    external_id = _external_id()

    @validates_schema
    def _one_reference(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("id" in data) == ("external_id" in data):
            field = "external_id" if "id" in data else "id"
            raise ValidationError("Send either id or external_id.", field)


class CounterReferenceShape(ReferenceFields, Shape[CounterReference]):
    makes = CounterReference

    timezone = Zone()


class CounterUpdate(NamedTuple):
    """What is to change; ABSENT stays as it is, None clears."""

    id: str | None = None
    external_id: str | Absent | None = ABSENT
    expected_version: int | None = None
    timezone: str | None = None
    name: str | Absent = ABSENT
    mode: str | Absent = ABSENT
    goal: int | Absent | None = ABSENT
    overflow: str | Absent = ABSENT
    date: dt.date | Absent = ABSENT
    milestones: tuple[int, ...] | Absent | None = ABSENT
    description: str | Absent | None = ABSENT
    metadata: Mapping[str, str] | Absent | None = ABSENT

    @property
    def reference(self) -> CounterReference:
        """Without an `id`, `external_id` names the counter; beside one, it is the new reference."""
        if self.id is not None:
            return CounterReference(id=self.id)
        return CounterReference(external_id=self.external_id if sent(self.external_id) else None)

    def changes(self) -> dict[str, Any]:
        """The new values by the names of the fields."""
        names = set(self._fields) - {"id", "expected_version", "timezone"}
        if self.id is None:
            names.remove("external_id")
        return {name: value for name in names if sent(value := getattr(self, name))}


class CounterUpdateShape(Shape[CounterUpdate]):
    makes = CounterUpdate

    id = Id()
    external_id = _external_id(allow_none=True)
    expected_version = Int64(1)
    timezone = Zone()
    name = _name()
    mode = Choice(MODES)
    goal = Int64(allow_none=True)
    overflow = Choice(OVERFLOWS)
    date = Day()
    milestones = _milestones(allow_none=True)
    description = _description(allow_none=True)
    metadata = _metadata(allow_none=True)

    @validates_schema
    def _names_one_and_changes_it(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("id") is None and data.get("external_id") is None:
            raise ValidationError("Send either id or external_id.", "id")
        if not CounterUpdate(**data).changes():
            raise ValidationError("Send at least one field to change.")


class CounterStep(NamedTuple):
    id: str | None = None
    external_id: str | None = None
    by: int = 1


class CounterStepShape(ReferenceFields, Shape[CounterStep]):
    makes = CounterStep

    by = Int64(1, STEP_MAX)


class CounterValue(NamedTuple):
    value: int
    id: str | None = None
    external_id: str | None = None


class CounterValueShape(ReferenceFields, Shape[CounterValue]):
    makes = CounterValue

    value = Int64(required=True)


class CounterList(NamedTuple):
    timezone: str | None = None


class CounterListShape(Shape[CounterList]):
    makes = CounterList

    timezone = Zone()


class CounterMoment(NamedTuple):
    """A counter, and a moment in its life."""

    moment: dt.datetime
    id: str | None = None
    external_id: str | None = None
    timezone: str | None = None


class CounterMomentShape(ReferenceFields, Shape[CounterMoment]):
    makes = CounterMoment

    moment = Moment(required=True)
    timezone = Zone()

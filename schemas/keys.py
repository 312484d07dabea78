"""What the keys section takes and gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple

from marshmallow import fields, post_load, validate

from schemas.base import ABSENT, Absent, Shape
from schemas.fields import Day, Flag, Id, Int64, Moment, Secret, Text
from schemas.grants import AddressRanges, KeyId, Scopes, name_field

OVERLAP_MAX = 30 * 24 * 60 * 60
PRESENTED_MAX = 500


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key as its callers see it, which is all of it but the key itself."""

    id: str
    account_id: str
    name: str
    last_four: str
    scopes: list[str] | None
    allowed_ips: list[str] | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    replaced_by: str | None
    permitted_actions: Sequence[str] | Absent = ()


class KeyShape(Shape[Key]):
    makes: ClassVar[type[Any]] = Key
    expansions = ("permitted_actions",)

    id = KeyId(required=True)
    account_id = Id(required=True)
    name = Text(required=True)
    last_four = Text(required=True)
    scopes = fields.List(Text(), required=True, allow_none=True)
    allowed_ips = fields.List(Text(), required=True, allow_none=True)
    created_at = Moment(required=True)
    last_used_at = Moment(required=True, allow_none=True)
    expires_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)
    replaced_by = Text(required=True, allow_none=True)
    permitted_actions = fields.List(Text())


@dataclass(frozen=True, kw_only=True)
class MadeKey(Key):
    """A key that was just made, with the key itself."""

    key: str


class MadeKeyShape(KeyShape):
    makes: ClassVar[type[Any]] = MadeKey

    key = Secret(required=True, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class RotatedKey(MadeKey):
    """The same, with the key whose place it took."""

    replaces: Key


class RotatedKeyShape(MadeKeyShape):
    makes = RotatedKey

    # What is nested hides no expansion by itself: where none is asked for, it is ABSENT.
    replaces = fields.Nested(KeyShape, required=True)


class NewKey(NamedTuple):
    account_id: str
    name: str
    expires_at: datetime | None = None
    scopes: list[str] | None = None
    allowed_ips: list[str] | None = None


class NewKeyShape(Shape[NewKey]):
    makes = NewKey

    account_id = Id(required=True)
    name = name_field(required=True)
    expires_at = Moment()
    scopes = Scopes()
    allowed_ips = AddressRanges()


class KeyReference(NamedTuple):
    id: str


class KeyReferenceShape(Shape[KeyReference]):
    makes = KeyReference

    id = KeyId(required=True)


class Rotation(NamedTuple):
    id: str
    overlap_seconds: int = 0


class RotationShape(Shape[Rotation]):
    makes = Rotation

    id = KeyId(required=True)
    overlap_seconds = Int64(0, OVERLAP_MAX)


class KeyList(NamedTuple):
    """Whose keys to list: one account's, or everybody's."""

    account_id: str | None = None


class KeyListShape(Shape[KeyList]):
    makes = KeyList

    account_id = Id()


class Leak(NamedTuple):
    """A key that is where it should not be."""

    key: str


class LeakShape(Shape[Leak]):
    makes = Leak

    key = Secret(required=True, validate=validate.Length(max=PRESENTED_MAX))


class Thanks(NamedTuple):
    received: bool


class ThanksShape(Shape[Thanks]):
    makes = Thanks

    received = Flag(required=True)


class UsageWanted(NamedTuple):
    """A key, and the first and last day that are asked for (`from`, `to`)."""

    id: str
    first: date | Absent = ABSENT
    last: date | Absent = ABSENT


class UsageWantedShape(Shape[UsageWanted]):
    makes = UsageWanted

    id = KeyId(required=True)

    class Meta:
        # `from` is a word of Python's own.
        include = {"from": Day(), "to": Day()}

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> UsageWanted:
        return UsageWanted(data["id"], data.get("from", ABSENT), data.get("to", ABSENT))


class DayUse(NamedTuple):
    """One action on one day; errors and refusals are among the calls."""

    day: date
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
    first: date
    last: date
    usage: list[DayUse]


class KeyUsageShape(Shape[KeyUsage]):
    makes = KeyUsage

    id = KeyId(required=True)
    first = Day(required=True, data_key="from")
    last = Day(required=True, data_key="to")
    usage = fields.List(fields.Nested(DayUseShape), required=True)

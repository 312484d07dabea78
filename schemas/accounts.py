"""What the accounts section takes and gives."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from marshmallow import ValidationError, fields, validates_schema

from schemas.base import ABSENT, Absent, Shape, sent
from schemas.fields import Choice, Id, Moment, Text
from schemas.grants import AddressRanges, RateLimit, RateLimits, Scopes, name_field

ROLES = ("viewer", "editor", "admin", "owner")


class Account(NamedTuple):
    """A service account as its callers see it."""

    id: str
    name: str
    role: str
    scopes: list[str] | None
    rate_limit: str | None
    rate_limits: Mapping[str, str] | None
    allowed_ips: list[str] | None
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None
    permitted_actions: Sequence[str] = ()


class AccountShape(Shape[Account]):
    makes = Account
    expansions = ("permitted_actions",)

    id = Id(required=True)
    name = Text(required=True)
    role = Choice(ROLES, required=True)
    scopes = fields.List(Text(), required=True, allow_none=True)
    rate_limit = Text(required=True, allow_none=True)
    rate_limits = fields.Dict(keys=Text(), values=Text(), required=True, allow_none=True)
    allowed_ips = fields.List(Text(), required=True, allow_none=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    last_used_at = Moment(required=True, allow_none=True)
    permitted_actions = fields.List(Text())


class NewAccount(NamedTuple):
    name: str
    role: str
    scopes: list[str] | None = None
    rate_limit: str | None = None
    rate_limits: Mapping[str, str] | None = None
    allowed_ips: list[str] | None = None


class NewAccountShape(Shape[NewAccount]):
    makes = NewAccount

    name = name_field(required=True)
    role = Choice(ROLES, required=True)
    scopes = Scopes()
    rate_limit = RateLimit()
    rate_limits = RateLimits()
    allowed_ips = AddressRanges()


class AccountReference(NamedTuple):
    id: str


class AccountReferenceShape(Shape[AccountReference]):
    makes = AccountReference

    id = Id(required=True)


class AccountList(NamedTuple):
    """No parameters but those of every list."""


class AccountListShape(Shape[AccountList]):
    makes = AccountList


class AccountUpdate(NamedTuple):
    """What is to change; ABSENT stays as it is, None clears."""

    id: str
    name: str | Absent = ABSENT
    role: str | Absent = ABSENT
    scopes: list[str] | Absent | None = ABSENT
    rate_limit: str | Absent | None = ABSENT
    rate_limits: Mapping[str, str] | Absent | None = ABSENT
    allowed_ips: list[str] | Absent | None = ABSENT

    def changes(self) -> dict[str, Any]:
        """The new values by the names of the fields."""
        names = self._fields[1:]
        return {name: value for name in names if sent(value := getattr(self, name))}


class AccountUpdateShape(Shape[AccountUpdate]):
    makes = AccountUpdate

    id = Id(required=True)
    name = name_field()
    role = Choice(ROLES)
    scopes = Scopes(allow_none=True)
    rate_limit = RateLimit(allow_none=True)
    rate_limits = RateLimits(allow_none=True)
    allowed_ips = AddressRanges(allow_none=True)

    @validates_schema
    def _changes_something(self, data: Mapping[str, Any], **_: Any) -> None:
        if not AccountUpdate(**data).changes():
            raise ValidationError("Send at least one field to change.")

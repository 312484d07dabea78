"""What the workspaces section takes and gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from marshmallow import ValidationError, fields, validates_schema

from schemas.base import ABSENT, Absent, Shape, sent
from schemas.fields import Id, Moment, Secret, Text, Zone
from schemas.grants import RateLimit, name_field


class Nothing(NamedTuple):
    """No parameters but those that every answer takes."""


class NothingShape(Shape[Nothing]):
    makes = Nothing


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A workspace as its callers see it."""

    id: str
    name: str
    timezone: str
    created_at: datetime
    suspended_at: datetime | None
    permitted_actions: Sequence[str] = ()


class WorkspaceShape(Shape[Workspace]):
    makes: ClassVar[type[Any]] = Workspace
    expansions = ("permitted_actions",)

    id = Id(required=True)
    name = Text(required=True)
    timezone = Text(required=True)
    created_at = Moment(required=True)
    suspended_at = Moment(required=True, allow_none=True)
    permitted_actions = fields.List(Text())


class Owner(NamedTuple):
    """The account that a workspace begins with."""

    id: str
    name: str
    role: str
    rate_limit: str | None


class OwnerShape(Shape[Owner]):
    makes = Owner

    id = Id(required=True)
    name = Text(required=True)
    role = Text(required=True)
    rate_limit = Text(required=True, allow_none=True)


@dataclass(frozen=True, kw_only=True)
class MadeWorkspace(Workspace):
    """A workspace that was just made, with its owner's account and the key of that."""

    account: Owner
    key: str


class MadeWorkspaceShape(WorkspaceShape):
    makes = MadeWorkspace

    account = fields.Nested(OwnerShape, required=True)
    key = Secret(required=True, allow_none=True)


class NewWorkspace(NamedTuple):
    name: str
    timezone: str = "UTC"
    rate_limit: str | None = None


class NewWorkspaceShape(Shape[NewWorkspace]):
    makes = NewWorkspace

    name = name_field(required=True)
    timezone = Zone()
    rate_limit = RateLimit()


class WorkspaceReference(NamedTuple):
    id: str


class WorkspaceReferenceShape(Shape[WorkspaceReference]):
    makes = WorkspaceReference

    id = Id(required=True)


class WorkspaceUpdate(NamedTuple):
    """What is to change of the caller's own workspace; ABSENT stays as it is."""

    name: str | Absent = ABSENT
    timezone: str | Absent = ABSENT

    def changes(self) -> dict[str, Any]:
        """The new values by the names of the fields."""
        return {name: value for name in self._fields if sent(value := getattr(self, name))}


class WorkspaceUpdateShape(Shape[WorkspaceUpdate]):
    makes = WorkspaceUpdate

    name = name_field()
    timezone = Zone()

    @validates_schema
    def _changes_something(self, data: Mapping[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Send at least one field to change.")

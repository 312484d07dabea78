"""What the system section takes and gives."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from marshmallow import INCLUDE, fields, post_dump, post_load, validate

from schemas.base import ABSENT, Absent, Shape
from schemas.fields import Choice, Flag, Id, Int64, Moment, Text

REHEARSAL_SLEEP_MAX = 10_000


class Nothing(NamedTuple):
    """No parameters at all."""


class NothingShape(Shape[Nothing]):
    makes = Nothing


class Pong(NamedTuple):
    pong: bool


class PongShape(Shape[Pong]):
    makes = Pong

    pong = Flag(required=True)


class Caller(NamedTuple):
    """The account behind a key, and where it acts."""

    account_id: str
    account_name: str
    role: str
    scopes: list[str] | None
    workspace_id: str
    workspace_name: str
    timezone: str
    key_id: str
    now: datetime


class CallerShape(Shape[Caller]):
    makes = Caller

    account_id = Id(required=True)
    account_name = Text(required=True)
    role = Text(required=True)
    scopes = fields.List(Text(), required=True, allow_none=True)
    workspace_id = Id(required=True)
    workspace_name = Text(required=True)
    timezone = Text(required=True)
    key_id = Text(required=True)
    now = Moment(required=True)


class Wanted(NamedTuple):
    """Which action to describe: `section/action`, or all of them."""

    action: str | Absent = ABSENT


class WantedShape(Shape[Wanted]):
    makes = Wanted

    action = fields.String(
        validate=validate.Regexp(
            r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$(?!\n)", error="Must be of the form section/action."
        )
    )


class Description(NamedTuple):
    """One action, as data."""

    action: str
    summary: str
    scope: str | None
    effect: str
    params: Mapping[str, Any]
    result: Mapping[str, Any]
    errors: list[Mapping[str, Any]]
    example: Mapping[str, Any]
    deprecated: Mapping[str, str] | None


class DescriptionShape(Shape[Description]):
    makes = Description

    action = Text(required=True)
    summary = Text(required=True)
    scope = Text(required=True, allow_none=True)
    effect = Text(required=True)
    params = fields.Dict(required=True)
    result = fields.Dict(required=True)
    errors = fields.List(fields.Dict(), required=True)
    example = fields.Dict(required=True)
    deprecated = fields.Dict(required=True, allow_none=True)


class Described(NamedTuple):
    actions: list[Description]


class DescribedShape(Shape[Described]):
    makes = Described

    actions = fields.List(fields.Nested(DescriptionShape), required=True)


REHEARSED = (
    "AccessDenied",
    "Conflict",
    "DeadlineExceeded",
    "InternalServerError",
    "InvalidAPIKey",
    "NotFound",
    "Overloaded",
    "PermissionDenied",
    "WorkspaceSuspended",
)
"""The errors that `system/echo` can rehearse, by their codes."""


class Rehearsal(NamedTuple):
    """What `echo` is to do before it answers: sleep, then crash or fail."""

    sleep_ms: int = 0
    crash: bool = False
    error: str | Absent = ABSENT


class RehearsalShape(Shape[Rehearsal]):
    makes = Rehearsal

    sleep_ms = Int64(0, REHEARSAL_SLEEP_MAX)
    crash = Flag()
    error = Choice(REHEARSED)


class Echo(NamedTuple):
    """Any parameters, and the rehearsal that was asked for beside them."""

    params: Mapping[str, Any]
    rehearse: Rehearsal | Absent = ABSENT


class EchoShape(Shape[Echo]):
    """Any object; `_rehearse` asks for a failure and is not echoed."""

    makes = Echo

    class Meta:
        unknown = INCLUDE

    _rehearse = fields.Nested(RehearsalShape)

    @post_load(pass_original=True)
    def _make(self, data: dict[str, Any], original: Mapping[str, Any], **_: Any) -> Echo:
        params = {name: value for name, value in original.items() if name != "_rehearse"}
        return Echo(params, data.get("_rehearse", ABSENT))


class EchoedShape(Shape[Echo]):
    """The parameters as they came."""

    makes = Echo

    class Meta:
        unknown = INCLUDE

    @post_dump(pass_original=True)
    def _as_sent(self, _: Any, original: Echo, **__: Any) -> dict[str, Any]:
        return dict(original.params)

"""What the audit trail tells."""

import datetime as dt
from typing import NamedTuple

from schemas.base import Shape
from schemas.fields import Id, Int64, Moment, Text


class AuditList(NamedTuple):
    """All that is asked of the list is asked by filters."""


class AuditListShape(Shape[AuditList]):
    makes = AuditList


class AuditRecord(NamedTuple):
    """Who did what to which object, from where, and how it ended.

    `outcome` is `success` or an error's code. Failed authentications of one kind and address are
    counted up, as are an account's refusals when they are many: `count` says how many they were,
    the rest is of the first.
    """

    id: str
    at: dt.datetime
    account_id: str | None
    key_id: str | None
    action: str
    object_id: str | None
    address: str | None
    request_id: str
    outcome: str
    count: int  # type: ignore[assignment] # a method of tuples that nobody misses
    keep_until: dt.datetime


class AuditRecordShape(Shape[AuditRecord]):
    makes = AuditRecord

    id = Id(required=True)
    at = Moment(required=True)
    account_id = Id(required=True, allow_none=True)
    key_id = Text(required=True, allow_none=True)
    action = Text(required=True)
    object_id = Text(required=True, allow_none=True)
    address = Text(required=True, allow_none=True)
    request_id = Text(required=True)
    outcome = Text(required=True)
    count = Int64(required=True)
    keep_until = Moment(required=True)

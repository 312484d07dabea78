"""The use of keys at rest."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from gateway.store.tables import metadata
from gateway.store.types import Int64, Ordered

key_usage = Table(
    "key_usage",
    metadata,
    Column("key_id", Text, ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True),
    # A date in UTC, `YYYY-MM-DD`.
    Column("day", Ordered(), primary_key=True),
    Column("action", Ordered(), primary_key=True),
    Column("calls", Int64(), nullable=False),
    # Of the calls, those that failed, and those that were turned away.
    Column("errors", Int64(), nullable=False),
    Column("refusals", Int64(), nullable=False),
    Index("key_usage_day", "day"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

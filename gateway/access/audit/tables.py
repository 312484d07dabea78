"""The audit trail at rest."""

from sqlalchemy import Column, Index, Table, Text

from gateway.store.tables import metadata
from gateway.store.types import Id, Int64, Moment, Ordered

audit = Table(
    "audit",
    metadata,
    # Within a workspace positions grow in the order of the commits: on SQLite there is one writer,
    # on PostgreSQL a trigger takes the workspace's lock before it draws the number. Whoever saw a
    # position has seen all below it, so a list by position skips nothing.
    Column("position", Int64(), primary_key=True),
    Column("id", Id, nullable=False),
    # No references: a row outlives what it tells of.
    Column("workspace_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("account_id", Id),
    Column("key_id", Text),
    Column("action", Ordered(), nullable=False),
    Column("object_id", Text),
    Column("address", Text),
    Column("request_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("count", Int64(), nullable=False),
    Column("keep_until", Moment, nullable=False),
    Index("audit_id", "id", unique=True),
    Index("audit_workspace", "workspace_id", "position"),
    Index("audit_account", "workspace_id", "account_id", "position"),
    Index("audit_object", "workspace_id", "object_id", "position"),
    Index("audit_at", "workspace_id", "at"),
    Index("audit_keep_until", "keep_until"),
    sqlite_strict=True,
    # Positions are never given twice, even when every row was purged.
    sqlite_autoincrement=True,
)

"""Workspaces, accounts and keys at rest."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    text,
)

from gateway.store.tables import metadata
from gateway.store.types import Id, Int64, Json, Moment, Ordered

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Ordered(), nullable=False),
    Column("timezone", Ordered(), nullable=False),
    Column("is_operator", Int64(), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("suspended_at", Moment),
    CheckConstraint("is_operator IN (0, 1)", name="workspaces_is_operator"),
    # There is one operator's workspace, whoever races to make it.
    Index(
        "workspaces_operator",
        "is_operator",
        unique=True,
        sqlite_where=text("is_operator = 1"),
        postgresql_where=text("is_operator = 1"),
    ),
    sqlite_strict=True,
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Id, ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("name", Ordered(), nullable=False),
    Column("role", Text, nullable=False),
    Column("scopes", Json),
    Column("created_at", Moment, nullable=False),
    # "calls/seconds", "off", or null for the gateway's own setting; by action in rate_limits.
    Column("rate_limit", Text),
    Column("rate_limits", Json),
    Column("allowed_ips", Json),
    Column("updated_at", Moment),
    Column("last_used_at", Moment),
    CheckConstraint("role IN ('viewer', 'editor', 'admin', 'owner')", name="accounts_role"),
    sqlite_strict=True,
)

keys = Table(
    "keys",
    metadata,
    Column("id", Ordered(), primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", Ordered(), nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("last_four", Text, nullable=False),
    Column("scopes", Json),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Column("allowed_ips", Json),
    Column("last_used_at", Moment),
    # The key that took its place when it was rotated.
    Column("replaced_by", Text),
    sqlite_strict=True,
)

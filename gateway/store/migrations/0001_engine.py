"""Workspaces, accounts, keys, the totals that lists keep, and the secret that signs cursors."""

import secrets

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Id, Int64, Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", Id, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("is_operator", Int64(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("suspended_at", Moment),
        sa.CheckConstraint("is_operator IN (0, 1)", name="workspaces_is_operator"),
        sqlite_strict=True,
    )
    op.create_index(
        "workspaces_operator",
        "workspaces",
        ["is_operator"],
        unique=True,
        sqlite_where=sa.text("is_operator = 1"),
        postgresql_where=sa.text("is_operator = 1"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", Id, primary_key=True),
        sa.Column("workspace_id", Id, sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("scopes", Json),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'editor', 'admin', 'owner')", name="accounts_role"),
        sqlite_strict=True,
    )
    op.create_index("ix_accounts_workspace_id", "accounts", ["workspace_id"])
    op.create_table(
        "keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account_id", Id, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("last_four", sa.Text, nullable=False),
        sa.Column("scopes", Json),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("expires_at", Moment),
        sa.Column("revoked_at", Moment),
        sqlite_strict=True,
    )
    op.create_index("ix_keys_account_id", "keys", ["account_id"])
    made = op.create_table(
        "secrets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.bulk_insert(made, [{"name": "cursors", "value": secrets.token_hex(32)}])
    op.create_table(
        "totals",
        sa.Column("workspace_id", Id, primary_key=True),
        sa.Column("of", sa.Text, primary_key=True),
        sa.Column("slot", Int64(), primary_key=True),
        sa.Column("total", Int64(), nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )

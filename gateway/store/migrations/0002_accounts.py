"""Accounts with limits and address ranges of their own; when accounts and keys were last used."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Json, Moment, Ordered

revision = "0002"
down_revision = "0001"

_SORTED = (
    ("workspaces", "name"),
    ("workspaces", "timezone"),
    ("accounts", "name"),
    ("keys", "id"),
    ("keys", "name"),
)


def upgrade() -> None:
    op.add_column("accounts", sa.Column("rate_limit", sa.Text))
    op.add_column("accounts", sa.Column("rate_limits", Json))
    op.add_column("accounts", sa.Column("allowed_ips", Json))
    op.add_column("accounts", sa.Column("updated_at", Moment))
    op.add_column("accounts", sa.Column("last_used_at", Moment))
    op.add_column("keys", sa.Column("allowed_ips", Json))
    op.add_column("keys", sa.Column("last_used_at", Moment))
    op.add_column("keys", sa.Column("replaced_by", sa.Text))
    op.execute("UPDATE accounts SET updated_at = created_at")
    if op.get_bind().dialect.name == "postgresql":
        # What lists sort by sorts by code point, as it does on SQLite.
        for table, column in _SORTED:
            op.alter_column(table, column, type_=Ordered())

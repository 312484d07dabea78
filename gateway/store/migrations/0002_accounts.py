"""Accounts with limits and address ranges of their own; when accounts and keys were last used."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Json, Moment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("rate_limit", sa.Text))
    op.add_column("accounts", sa.Column("rate_limits", Json))
    op.add_column("accounts", sa.Column("allowed_ips", Json))
    op.add_column("accounts", sa.Column("updated_at", Moment))
    op.add_column("accounts", sa.Column("last_used_at", Moment))
    op.add_column("keys", sa.Column("allowed_ips", Json))
    op.add_column("keys", sa.Column("last_used_at", Moment))

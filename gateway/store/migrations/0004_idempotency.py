"""What keyed writes answered, so that a second try is answered the same."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Id, Moment

revision = "0004"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "idempotency_records",
        sa.Column("account_id", Id, primary_key=True),
        sa.Column("action", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("data", sa.Text),
        sa.Column("flags", sa.Text),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_idempotency_records_created_at", "idempotency_records", ["created_at"])

"""Idempotency records in the order of their coming on SQLite, which is the order of their end.

Their index by time goes, and a key's place in the tree takes no whole record with it any more.
"""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Id, Moment

revision = "0005"
down_revision = "0004"


# The columns stand here as they were at this step; the schema of today may have others.


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        return
    op.drop_index("ix_idempotency_records_created_at", "idempotency_records")
    op.rename_table("idempotency_records", "earlier_records")
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
    )
    op.execute("INSERT INTO idempotency_records SELECT * FROM earlier_records ORDER BY created_at")
    op.drop_table("earlier_records")

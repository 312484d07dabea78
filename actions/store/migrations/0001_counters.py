"""Counters and their history."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Id, Int64, Json, Moment, Ordered

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("id", Id, primary_key=True),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("external_id", Ordered()),
        sa.Column("name", Ordered(), nullable=False),
        sa.Column("type", Ordered(), nullable=False),
        sa.Column("number", Int64(), nullable=False),
        sa.Column("mode", Ordered()),
        sa.Column("goal", Int64()),
        sa.Column("overflow", sa.Text),
        sa.Column("milestones", Json),
        sa.Column("version", Int64(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("created_by", Id, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("metadata", Json),
        sa.CheckConstraint("type IN ('UpDown', 'FromDate', 'ToDate')", name="counters_type"),
        sa.CheckConstraint("mode IN ('OnlyUp', 'OnlyDown', 'UpAndDown')", name="counters_mode"),
        sa.CheckConstraint("overflow IN ('allow', 'refuse')", name="counters_overflow"),
        sa.CheckConstraint("(type = 'UpDown') = (mode IS NOT NULL)", name="counters_mode_of_type"),
        sa.CheckConstraint("version >= 1", name="counters_version"),
        sqlite_strict=True,
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "counters_external_id",
        "counters",
        ["workspace_id", "external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index("counters_created_at", "counters", ["workspace_id", "created_at", "id"])
    op.create_index("counters_name", "counters", ["workspace_id", "name", "id"])
    op.create_table(
        "counter_changes",
        sa.Column(
            "counter_id", Id, sa.ForeignKey("counters.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("at", Moment, primary_key=True),
        sa.Column("version", Int64(), primary_key=True),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("before", Int64()),
        sa.Column("after", Int64(), nullable=False),
        sa.Column("by_account", Id, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )

"""Things and tallies."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Id, Int64, Moment, Ordered

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "toy_things",
        sa.Column("id", Id, primary_key=True),
        sa.Column("name", Ordered(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("toy_things_name", "toy_things", ["name"], unique=True)
    op.create_table(
        "toy_tallies",
        sa.Column("name", Ordered(), primary_key=True),
        sa.Column("total", Int64(), nullable=False),
        sa.CheckConstraint("total <= 1000", name="toy_tallies_total"),
        sqlite_strict=True,
    )

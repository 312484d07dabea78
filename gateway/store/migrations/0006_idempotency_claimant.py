"""Idempotency records under their key and a digest of whose it is, instead of the whole of that."""

from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Moment

revision = "0006"
down_revision = "0005"

_COPY = """
INSERT INTO idempotency_records
SELECT key, claimant, fingerprint, data, flags, created_at
FROM earlier_records
JOIN claimants ON claimants.account_id = CAST(earlier_records.account_id AS text)
    AND claimants.action = earlier_records.action
ORDER BY created_at
"""


# The columns stand here as they were at this step; the schema of today may have others.


def upgrade() -> None:
    is_sqlite = op.get_context().dialect.name == "sqlite"
    if not is_sqlite:
        op.drop_index("ix_idempotency_records_created_at", "idempotency_records")
        op.execute("ALTER INDEX idempotency_records_pkey RENAME TO earlier_records_pkey")
    op.rename_table("idempotency_records", "earlier_records")
    op.create_table(
        "idempotency_records",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("claimant", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("data", sa.Text),
        sa.Column("flags", sa.Text),
        sa.Column("created_at", Moment, nullable=False),
        sqlite_strict=True,
        postgresql_with={"fillfactor": "25"},
    )
    _copy()
    op.drop_table("earlier_records")
    if not is_sqlite:
        op.create_index("ix_idempotency_records_created_at", "idempotency_records", ["created_at"])


def _copy() -> None:
    """Take the records over, in the order of their times."""
    connection = op.get_bind()
    claimants = op.create_table(
        "claimants",
        *(sa.Column(name, sa.Text) for name in ("account_id", "action", "claimant")),
        prefixes=["TEMPORARY"],
    )
    known = connection.exec_driver_sql(
        "SELECT DISTINCT CAST(account_id AS text), action FROM earlier_records"
    )
    made = [
        {"account_id": account_id, "action": action, "claimant": _claimant(account_id, action)}
        for account_id, action in known.all()
    ]
    if made:
        connection.execute(sa.insert(claimants), made)
    op.execute(_COPY)
    op.drop_table("claimants")


def _claimant(account_id: str, action: str) -> str:
    return blake2b(f"{account_id}/{action}".encode(), digest_size=12).hexdigest()

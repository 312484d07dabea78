"""The engine's own metadata: secrets, idempotency records, and the totals that lists keep."""

from sqlalchemy import Column, Index, MetaData, Table, Text

from gateway.store.types import Id, Int64, Moment

metadata = MetaData()

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    # In hex; made by the migration that makes the table.
    Column("value", Text, nullable=False),
    sqlite_strict=True,
)

idempotency_records = Table(
    "idempotency_records",
    metadata,
    # It goes first, and is compared first: most keys are told apart by it alone. With the account
    # and the action themselves before it, a record cost SQLite a quarter more.
    Column("key", Text, primary_key=True),
    # A digest of the account and the action.
    Column("claimant", Text, primary_key=True),
    # A digest of the validated parameters.
    Column("fingerprint", Text, nullable=False),
    # The answer as JSON; null only inside the transaction that claimed the key.
    Column("data", Text),
    # Null when there is no other than that of the action's effect.
    Column("flags", Text),
    Column("created_at", Moment, nullable=False),
    # On SQLite the row ids are in the order of the times: an index there, and records kept in the
    # order of the keys, made adding records under keys that come in no order cost twice as much.
    Index("ix_idempotency_records_created_at", "created_at").ddl_if(dialect="postgresql"),
    sqlite_strict=True,
    # Room in each page for the answers, which come after the claims (HOT updates).
    postgresql_with={"fillfactor": "25"},
)

totals = Table(
    "totals",
    metadata,
    Column("workspace_id", Id, primary_key=True),
    Column("of", Text, primary_key=True),
    # A total is a sum over slots, so that writers rarely meet in one row.
    Column("slot", Int64(), primary_key=True),
    Column("total", Int64(), nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

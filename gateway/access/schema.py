"""The engine's own migrations: what `access` and `store` keep."""

from pathlib import Path

from gateway.access import tables
from gateway.store.migrate import Migrations

MIGRATIONS = Migrations(
    branch="gateway",
    folder=Path(__file__).parent.parent / "store" / "migrations",
    head="0001",
    metadata=tables.metadata,
)

"""The engine's own migrations: what `access` and `store` keep."""

from pathlib import Path

from gateway.access import tables  # noqa: F401 - its tables are in the metadata once imported
from gateway.access.audit import tables as _audit  # noqa: F401
from gateway.access.usage import tables as _usage  # noqa: F401
from gateway.store.migrate import Migrations
from gateway.store.tables import metadata

MIGRATIONS = Migrations(
    branch="gateway",
    folder=Path(__file__).parent.parent / "store" / "migrations",
    head="0006",
    metadata=metadata,
)

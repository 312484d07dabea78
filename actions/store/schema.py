"""The shipped API's own migrations."""

from pathlib import Path

from actions.store import tables
from gateway import Migrations

MIGRATIONS = Migrations(
    branch="halyard",
    folder=Path(__file__).parent / "migrations",
    head="0003",
    metadata=tables.metadata,
)

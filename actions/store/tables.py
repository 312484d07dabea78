"""The tables of the shipped API."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    text,
)

from gateway.store.types import Id, Int64, Json, Moment, Ordered

metadata = MetaData()

counters = Table(
    "counters",
    metadata,
    Column("id", Id, primary_key=True),
    Column("workspace_id", Id, nullable=False),
    Column("external_id", Ordered()),
    Column("name", Ordered(), nullable=False),
    Column("type", Ordered(), nullable=False),
    # An UpDown counter's value; of the other types the date, as the number of days since
    # 0001-01-01 (Python's ordinal).
    Column("number", Int64(), nullable=False),
    Column("mode", Ordered()),
    Column("goal", Int64()),
    Column("overflow", Text),
    Column("milestones", Json),
    Column("version", Int64(), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("description", Text),
    Column("metadata", Json),
    # Where its last change lies; kept by the database.
    Column("last_change", Int64(), info={"dialect": "sqlite"}),
    # SQLite's own: where the row lies; see `places.py`.
    Column("rowid", Int64(), system=True, info={"dialect": "sqlite"}),
    CheckConstraint("type IN ('UpDown', 'FromDate', 'ToDate')", name="counters_type"),
    CheckConstraint("mode IN ('OnlyUp', 'OnlyDown', 'UpAndDown')", name="counters_mode"),
    CheckConstraint("overflow IN ('allow', 'refuse')", name="counters_overflow"),
    CheckConstraint("(type = 'UpDown') = (mode IS NOT NULL)", name="counters_mode_of_type"),
    CheckConstraint("version >= 1", name="counters_version"),
    Index(
        "counters_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id IS NOT NULL"),
        postgresql_where=text("external_id IS NOT NULL"),
    ),
    Index("counters_created_at", "workspace_id", "created_at", "id"),
    Index("counters_name", "workspace_id", "name", "id"),
    sqlite_strict=True,
    # Room in each page, so that a new version of a row stays beside the old one (HOT updates).
    postgresql_with={"fillfactor": "70"},
)


def _key_columns() -> list[Column[Any]]:
    # `at` never goes backwards for one counter, so this key is also the order of the versions.
    return [
        Column("counter_id", Id, ForeignKey("counters.id", ondelete="CASCADE"), primary_key=True),
        Column("at", Moment, primary_key=True),
        Column("version", Int64(), primary_key=True),
    ]


def _fact_columns() -> list[Column[Any]]:
    return [
        Column("action", Text, nullable=False),
        Column("before", Int64()),
        Column("after", Int64(), nullable=False),
        Column("by_account", Id, nullable=False),
    ]


# On SQLite it is a view of the log; see `change_log.py`.
counter_changes = Table(
    "counter_changes",
    metadata,
    *_key_columns(),
    *_fact_columns(),
    # What SQLite is told of where the counter lies; see `places.py`.
    Column("place", Int64(), info={"dialect": "sqlite"}),
    info={"dialect": "postgresql"},
)

change_log = Table(
    "change_log",
    metadata,
    Column("id", Int64(), primary_key=True),
    Column("counter_id", Id, nullable=False),
    Column("at", Moment, nullable=False),
    Column("version", Int64(), nullable=False),
    *_fact_columns(),
    # The change of the same counter before this one.
    Column("earlier", Int64()),
    sqlite_strict=True,
    info={"dialect": "sqlite"},
)

change_marks = Table(
    "change_marks",
    metadata,
    *_key_columns(),
    Column("change_id", Int64(), nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
    info={"dialect": "sqlite"},
)

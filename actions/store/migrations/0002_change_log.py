"""On SQLite, the changes of counters lie in the order of their coming; see `change_log.py`."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Id, Int64, Moment

revision = "0002"
down_revision = "0001"

_COLUMNS = 'counter_id, at, version, action, "before", "after", by_account'
_NEW = 'NEW.counter_id, NEW.at, NEW.version, NEW.action, NEW."before", NEW."after", NEW.by_account'

_VIEW = f"CREATE VIEW counter_changes AS SELECT {_COLUMNS} FROM change_log"  # noqa: S608
# - here and below, the names are ours
_ADD = f"""
    CREATE TRIGGER counter_changes_add INSTEAD OF INSERT ON counter_changes
    BEGIN
        INSERT INTO change_log ({_COLUMNS}, earlier)
            VALUES ({_NEW}, (SELECT last_change FROM counters WHERE id = NEW.counter_id));
        UPDATE counters SET last_change = last_insert_rowid() WHERE id = NEW.counter_id;
        SELECT RAISE(ABORT, 'a change of no counter') WHERE changes() = 0;
        INSERT INTO change_marks (counter_id, at, version, change_id)
            SELECT NEW.counter_id, NEW.at, NEW.version, last_insert_rowid()
            WHERE NEW.version % 32 = 0;
    END
"""  # noqa: S608
_FORGET = """
    CREATE TRIGGER counters_forget_changes AFTER DELETE ON counters
    BEGIN
        DELETE FROM change_log WHERE id IN (
            WITH RECURSIVE chain(id) AS (
                SELECT OLD.last_change
                UNION ALL
                SELECT earlier FROM chain JOIN change_log USING (id) WHERE earlier IS NOT NULL
            )
            SELECT id FROM chain
        );
    END
"""

# What there is already, as if it had come that way.
_FILL_LOG = f"""
    INSERT INTO change_log (id, {_COLUMNS}, earlier)
        SELECT id, {_COLUMNS},
               lag(id) OVER (PARTITION BY counter_id ORDER BY at, version)
        FROM (
            SELECT row_number() OVER (ORDER BY at, counter_id, version) AS id, {_COLUMNS}
            FROM counter_changes
        )
        ORDER BY id
"""  # noqa: S608
_FILL_LAST = """
    UPDATE counters SET last_change = newest.id
        FROM (SELECT counter_id, max(id) AS id FROM change_log GROUP BY counter_id) AS newest
        WHERE counters.id = newest.counter_id
"""
_FILL_MARKS = """
    INSERT INTO change_marks (counter_id, at, version, change_id)
        SELECT counter_id, at, version, id FROM change_log WHERE version % 32 = 0
"""


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        return
    op.add_column("counters", sa.Column("last_change", Int64()))
    op.create_table(
        "change_log",
        sa.Column("id", Int64(), primary_key=True),
        sa.Column("counter_id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("version", Int64(), nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("before", Int64()),
        sa.Column("after", Int64(), nullable=False),
        sa.Column("by_account", Id, nullable=False),
        sa.Column("earlier", Int64()),
        sqlite_strict=True,
    )
    op.create_table(
        "change_marks",
        sa.Column(
            "counter_id", Id, sa.ForeignKey("counters.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("at", Moment, primary_key=True),
        sa.Column("version", Int64(), primary_key=True),
        sa.Column("change_id", Int64(), nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    for fill in (_FILL_LOG, _FILL_LAST, _FILL_MARKS):
        op.execute(fill)
    op.drop_table("counter_changes")
    for make in (_VIEW, _ADD, _FORGET):
        op.execute(make)

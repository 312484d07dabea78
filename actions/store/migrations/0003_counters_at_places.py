"""On SQLite, counters lie where their ids say, and a change moves its counter along.

See `places.py` and `change_log.py`.
"""

from typing import Any

from alembic import op

from actions.store.places import place_of

revision = "0003"
down_revision = "0002"

_COLUMNS = 'counter_id, at, version, action, "before", "after", by_account'
_NEW = 'NEW.counter_id, NEW.at, NEW.version, NEW.action, NEW."before", NEW."after", NEW.by_account'
_ROW = """coalesce(
    (SELECT rowid FROM counters WHERE rowid = NEW.place AND id = NEW.counter_id),
    (SELECT rowid FROM counters WHERE id = NEW.counter_id)
)"""

_VIEW = f"CREATE VIEW counter_changes AS SELECT {_COLUMNS}, NULL AS place FROM change_log"  # noqa: S608
# - here and below, the names are ours
_ADD = f"""
    CREATE TRIGGER counter_changes_add INSTEAD OF INSERT ON counter_changes
    BEGIN
        INSERT INTO change_log ({_COLUMNS}, earlier)
            VALUES ({_NEW}, (SELECT last_change FROM counters WHERE rowid = {_ROW}));
        UPDATE counters
            SET number = NEW."after", version = NEW.version, updated_at = NEW.at,
                last_change = last_insert_rowid()
            WHERE rowid = {_ROW};
        SELECT RAISE(ABORT, 'a change of no counter') WHERE changes() = 0;
        INSERT INTO change_marks (counter_id, at, version, change_id)
            SELECT NEW.counter_id, NEW.at, NEW.version, last_insert_rowid()
            WHERE NEW.version % 32 = 0;
    END
"""  # noqa: S608


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        return
    op.execute("DROP VIEW counter_changes")
    op.execute(_VIEW)
    op.execute(_ADD)
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.create_function("place_of", 1, place_of, deterministic=True)
    op.execute("UPDATE OR IGNORE counters SET rowid = place_of(id)")

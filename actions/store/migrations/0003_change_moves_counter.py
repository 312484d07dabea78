"""On SQLite, a change that is added moves its counter along; see `change_log.py`."""

from alembic import op

revision = "0003"
down_revision = "0002"

_COLUMNS = 'counter_id, at, version, action, "before", "after", by_account'
_NEW = 'NEW.counter_id, NEW.at, NEW.version, NEW.action, NEW."before", NEW."after", NEW.by_account'

_ADD = f"""
    CREATE TRIGGER counter_changes_add INSTEAD OF INSERT ON counter_changes
    BEGIN
        INSERT INTO change_log ({_COLUMNS}, earlier)
            VALUES ({_NEW}, (SELECT last_change FROM counters WHERE id = NEW.counter_id));
        UPDATE counters
            SET number = NEW."after", version = NEW.version, updated_at = NEW.at,
                last_change = last_insert_rowid()
            WHERE id = NEW.counter_id;
        SELECT RAISE(ABORT, 'a change of no counter') WHERE changes() = 0;
        INSERT INTO change_marks (counter_id, at, version, change_id)
            SELECT NEW.counter_id, NEW.at, NEW.version, last_insert_rowid()
            WHERE NEW.version % 32 = 0;
    END
"""  # noqa: S608 - the names are ours


def upgrade() -> None:
    if op.get_context().dialect.name != "sqlite":
        return
    op.execute("DROP TRIGGER counter_changes_add")
    op.execute(_ADD)

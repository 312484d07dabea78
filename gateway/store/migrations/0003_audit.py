"""The audit trail, which the database itself guards, and the use of keys."""

import sqlalchemy as sa
from alembic import op

from gateway.store.types import Id, Int64, Moment, Ordered

revision = "0003"
down_revision = "0002"

_ON_SQLITE = (
    """
    CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
    BEGIN
        SELECT RAISE(ABORT, 'the audit trail is never changed');
    END
    """,
    # REPLACE deletes without asking the trigger on DELETE.
    """
    CREATE TRIGGER audit_never_replaced BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id OR position = NEW.position)
    BEGIN
        SELECT RAISE(ABORT, 'the audit trail is never changed');
    END
    """,
    # SQLite's clock has milliseconds, a moment at rest has microseconds.
    """
    CREATE TRIGGER audit_kept BEFORE DELETE ON audit
    WHEN OLD.keep_until > strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'
    BEGIN
        SELECT RAISE(ABORT, 'the audit trail is kept until its time is over');
    END
    """,
)

_ON_POSTGRESQL = (
    # The lock is held until the commit, so that a workspace's rows are numbered in the order in
    # which they can be seen.
    """
    CREATE FUNCTION audit_number() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('audit ' || NEW.workspace_id, 0));
        NEW.position := nextval('audit_position_seq');
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER audit_numbered BEFORE INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_number()
    """,
    """
    CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.keep_until <= clock_timestamp() THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'the audit trail is kept until its time is over';
        END IF;
        RAISE EXCEPTION 'the audit trail is never changed';
    END $$
    """,
    """
    CREATE TRIGGER audit_never_changes BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_refuse()
    """,
    """
    CREATE TRIGGER audit_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
    """,
)


def upgrade() -> None:
    _make_audit()
    op.create_table(
        "key_usage",
        sa.Column(
            "key_id", sa.Text, sa.ForeignKey("keys.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("day", Ordered(), primary_key=True),
        sa.Column("action", Ordered(), primary_key=True),
        sa.Column("calls", Int64(), nullable=False),
        sa.Column("errors", Int64(), nullable=False),
        sa.Column("refusals", Int64(), nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("key_usage_day", "key_usage", ["day"])


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("position", Int64(), primary_key=True),
        sa.Column("id", Id, nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("account_id", Id),
        sa.Column("key_id", sa.Text),
        sa.Column("action", Ordered(), nullable=False),
        sa.Column("object_id", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("count", Int64(), nullable=False),
        sa.Column("keep_until", Moment, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("audit_id", "audit", ["id"], unique=True)
    op.create_index("audit_workspace", "audit", ["workspace_id", "position"])
    op.create_index("audit_account", "audit", ["workspace_id", "account_id", "position"])
    op.create_index("audit_object", "audit", ["workspace_id", "object_id", "position"])
    op.create_index("audit_at", "audit", ["workspace_id", "at"])
    op.create_index("audit_keep_until", "audit", ["keep_until"])
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in _ON_SQLITE if is_sqlite else _ON_POSTGRESQL:
        connection.exec_driver_sql(statement)

"""The peers' tables as mapped classes, and the statements of those that use SQLAlchemy's ORM."""

from datetime import datetime

from sqlalchemy import Dialect, Select, Text, TypeDecorator, func, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.dml import ReturningUpdate

from tests.benchmarks.peers.common import WORKSPACE, now
from tests.benchmarks.peers.database import moment_text


class Moment(TypeDecorator[datetime]):
    """A moment with its zone, which SQLite has no type for."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: Moment}


class Counter(Base):
    __tablename__ = "counters"

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace: Mapped[str]
    external_id: Mapped[str | None]
    name: Mapped[str]
    type: Mapped[str]
    value: Mapped[int]
    mode: Mapped[str]
    goal: Mapped[int | None]
    overflow: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Change(Base):
    """A version of a counter: a row of its history."""

    __tablename__ = "changes"

    counter: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    before: Mapped[int]
    after: Mapped[int]
    account: Mapped[str]


class Answer(Base):
    """The answer that is kept for an idempotency key."""

    __tablename__ = "answers"

    account: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    data: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)


def increment_of(id: str, by: int) -> ReturningUpdate[Counter]:
    """The statement that steps a counter and returns it as it is then.

    To read it, step it and save it would lose steps: SQLite locks no rows.
    """
    return (
        update(Counter)
        .where(Counter.workspace == WORKSPACE, Counter.id == id)
        .values(value=Counter.value + by, version=Counter.version + 1, updated_at=now())
        .returning(Counter)
    )


def change_of(counter: Counter, by: int, account: str) -> Change:
    """The history of the step that a counter has just made."""
    return Change(
        counter=counter.id,
        at=counter.updated_at,
        version=counter.version,
        action="increment",
        before=counter.value - by,
        after=counter.value,
        account=account,
    )


def page_of(page: int, per_page: int) -> Select[Counter]:
    return (
        select(Counter)
        .where(Counter.workspace == WORKSPACE)
        .order_by(Counter.created_at, Counter.id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )


def total() -> Select[int]:
    """How many counters there are."""
    return select(func.count()).select_from(Counter).where(Counter.workspace == WORKSPACE)

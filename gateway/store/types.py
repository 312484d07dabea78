"""Column types that mean the same on SQLite and PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    Text,
    Uuid,
)
from sqlalchemy.types import TypeDecorator, TypeEngine


def moment_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds and `Z`: the form on the wire, which also sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


class Moment(TypeDecorator[datetime]):
    """A point in time: `timestamptz` on PostgreSQL, RFC 3339 text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text() if dialect.name == "sqlite" else DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return moment_text(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return datetime.fromisoformat(value) if value is not None else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Nothing to do on PostgreSQL, whose driver speaks datetimes."""
        return datetime.fromisoformat if dialect.name == "sqlite" else None


class Id(TypeDecorator[str]):
    """A UUID as lower-case text in Python: `uuid` on PostgreSQL, text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text() if dialect.name == "sqlite" else Uuid(as_uuid=False)

    def bind_processor(self, dialect: Dialect) -> None:
        return None

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        return None


class Json(TypeDecorator[Any]):
    """A JSON value, kept as text: it comes back with its keys in the order they were sent in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return orjson.loads


class JsonRows(TypeDecorator[Any]):
    """Many rows as one parameter: a sequence of tuples, each in the order of `columns`."""

    impl = Text
    cache_ok = False

    def __init__(self, columns: dict[str, TypeEngine[Any]]) -> None:
        super().__init__()
        self.names = tuple(map(str, columns))
        self.moments = [n for n, each in enumerate(columns.values()) if isinstance(each, Moment)]

    def process_bind_param(self, value: Sequence[Sequence[Any]] | None, dialect: Dialect) -> str:
        rows: Sequence[Any] = value or ()
        if self.moments:
            rows = [list(row) for row in rows]
        last, text = None, None
        for place in self.moments:
            for row in rows:
                moment = row[place]
                if moment is not last:  # most rows of a group have the very same one
                    last, text = moment, None if moment is None else moment_text(moment)
                row[place] = text
        if dialect.name == "sqlite":
            return orjson.dumps(rows, default=list).decode()
        return orjson.dumps([dict(zip(self.names, row, strict=True)) for row in rows]).decode()


def Int64() -> TypeEngine[int]:  # noqa: N802 - it stands where a type stands
    """A signed 64-bit integer; STRICT tables on SQLite know it as INTEGER."""
    return BigInteger().with_variant(Integer(), "sqlite")


def Ordered() -> TypeEngine[str]:  # noqa: N802 - it stands where a type stands
    """Text that sorts by code point everywhere, as SQLite does by itself."""
    return Text().with_variant(Text(collation="C"), "postgresql")

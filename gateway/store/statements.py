"""SQLAlchemy Core statements, compiled once for each dialect and run on the drivers themselves.

A point read through SQLAlchemy's async engine costs 446 microseconds, on the driver 16 to 39.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Subquery, Table, bindparam, insert, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.sql.base import Executable
from sqlalchemy.types import TypeEngine

from gateway.store.types import JsonRows

SPREAD = 32
"""Rows that one insert has at most on SQLite: each number of rows is a statement to be kept."""

Row = tuple[Any, ...]
Processor = Callable[[Any], Any]


def dialect_named(name: str) -> Dialect:
    """The dialect as both the drivers and the migrations understand it."""
    return sqlite.dialect(paramstyle="qmark") if name == "sqlite" else asyncpg.dialect()


@dataclass(frozen=True)
class Compiled:
    """A statement in the words of one database, with what its values need on the way."""

    sql: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]
    binders: Mapping[str, Processor]
    read: Callable[[Any], Row] | None
    """Makes a driver's row into one whose values are as their columns' types make them."""

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order in which the driver takes them."""
        given = {**self.fixed, **values} if self.fixed else values
        if not self.binders:
            return [given[name] for name in self.names]
        return [
            self.binders[name](given[name]) if name in self.binders else given[name]
            for name in self.names
        ]

    def rows(self, found: Iterable[Any]) -> list[Row]:
        """The driver's rows with every value as its column's type makes it."""
        if self.read is None:
            return found if isinstance(found, list) else list(found)
        return list(map(self.read, found))


class Statement:
    """A Core statement, or a function from a dialect's name to one where the two must differ."""

    def __init__(self, source: Executable | Callable[[str], Executable]) -> None:
        self._source = source
        self._compiled: dict[str, Compiled] = {}

    def on(self, dialect: Dialect) -> Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            source = self._source
            core = source if isinstance(source, Executable) else source(dialect.name)
            compiled = self._compiled[dialect.name] = _compile(core, dialect)
        return compiled


class RowsInsert(Statement):
    """An insert of the parameter `rows`, tuples in the order of `names`, which is the table's.

    With `replace`, on SQLite, a row takes the place of one with the same primary key.
    """

    def __init__(self, table: Table, names: Sequence[str], *, replace: bool = False) -> None:
        super().__init__(self.build)
        if [each.name for each in table.c if each.name in names] != list(names):
            raise TypeError("the names are not in the order of the table's columns")
        self._table, self._names, self._replace = table, names, replace

    def build(self, dialect: str) -> Executable:
        """The insert for the dialect; on SQLite, of one row."""
        adding = insert(self._table)
        if dialect == "sqlite":
            one = adding.values({name: bindparam(name) for name in self._names})
            return one.prefix_with("OR REPLACE") if self._replace else one
        columns = {name: self._table.c[name].type for name in self._names}
        return adding.from_select(list(self._names), select(rows_given(dialect, columns)))

    def spread(
        self, dialect: Dialect, rows: Sequence[Sequence[Any]]
    ) -> Iterator[tuple[str, list[Any]]]:
        """The insert for SQLite with the rows written out, `SPREAD` at a time, and their values.

        Reading a row of seven values out of JSON costs twice as much; running the insert for row
        after row takes and leaves the interpreter's lock as often.
        """
        compiled, width = self.on(dialect), len(self._names)
        another = f", ({', '.join('?' * width)})"
        for start in range(0, len(rows), SPREAD):
            part = rows[start : start + SPREAD]
            values = [value for row in part for value in row]
            for place, name in enumerate(self._names):
                if name in compiled.binders:
                    values[place::width] = _bound(values[place::width], compiled.binders[name])
            yield compiled.sql + another * (len(part) - 1), values


def _bound(values: Iterable[Any], bind: Processor) -> list[Any]:
    """The values as the driver takes them; one that stands in many rows is made so once."""
    bound, last, text = [], _NOTHING, None
    for value in values:
        if value is not last:
            last, text = value, bind(value)
        bound.append(text)
    return bound


_NOTHING = object()


def _compile(core: Any, dialect: Dialect) -> Compiled:
    compiled = core.compile(dialect=dialect)
    asked = {name for name in compiled.params if compiled.binds[name].required}
    sql, names, values = compiled.string, compiled.positiontup or (), compiled.params
    if compiled.post_compile_params:
        # A list of fixed values becomes a parameter for each of them.
        state = compiled.construct_expanded_state(values)
        sql, names, values = state.statement, state.positiontup, state.parameters
    columns = getattr(core, "exported_columns", ())
    readers = [
        column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
    ]
    binders = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect)
        for name in names
        if (bind := compiled.binds.get(name)) is not None
    }
    return Compiled(
        sql=sql,
        names=tuple(names),
        fixed={name: value for name, value in values.items() if name not in asked},
        binders={name: process for name, process in binders.items() if process is not None},
        read=_row_reader(readers),
    )


def _row_reader(readers: Sequence[Processor | None]) -> Callable[[Any], Row] | None:
    """One function for a whole row, at half the time of a loop; None if no value changes."""
    if not any(readers):
        return None
    parts = [
        f"r[{place}]"
        if read is None
        else f"r[{place}] if r[{place}] is None else f{place}(r[{place}])"
        for place, read in enumerate(readers)
    ]
    scope = {f"f{place}": read for place, read in enumerate(readers)}
    reader: Callable[[Any], Row] = eval(f"lambda r: ({', '.join(parts)},)", scope)  # noqa: S307
    # - the source is made of numbers only
    return reader


def rows_given(dialect: str, columns: dict[str, TypeEngine[Any]]) -> Subquery:
    """The parameter `rows`, a sequence of tuples, as a table that a statement can select from."""
    if dialect == "sqlite":
        parts = ", ".join(
            f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns)
        )
        source = f"SELECT {parts} FROM json_each(:rows)"  # noqa: S608 - the names are ours
    else:
        kinds = dialect_named(dialect)
        parts = ", ".join(
            f"{name} {each.dialect_impl(kinds).compile(kinds)}" for name, each in columns.items()
        )
        source = f"SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS given({parts})"  # noqa: S608
    rows = bindparam("rows", type_=JsonRows(columns))
    return text(source).bindparams(rows).columns(**columns).subquery("given")

"""A `Listing` as SQL: filters, order and pages over the columns that a store names."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from gateway.listing import Listing, Operator, Term
from gateway.store.database import Queries
from gateway.store.statements import Row, Statement

Columns = Mapping[str, ColumnElement[Any]]


class PagedList:
    """A list that is read page by page: the statement without order, its columns by attribute.

    `tie` is the column that breaks ties. The statements of each combination of filters and order
    that callers send are built once; their values are parameters.
    """

    def __init__(
        self, select: Callable[[], Select[Any]], columns: Columns, tie: ColumnElement[Any]
    ) -> None:
        self._select = select
        self._columns = columns
        self._tie = tie
        self._page = lru_cache(maxsize=256)(self._build_page)
        self._count = lru_cache(maxsize=256)(self._build_count)

    async def page(self, db: Queries, listing: Listing, **values: Any) -> list[Row]:
        """The rows of the page that `listing` asks for; `values` go to the statement itself."""
        statement = self._page(_kinds(listing.terms), listing.sort_by, listing.descending)
        bounds = {"page_limit": listing.per_page, "page_offset": listing.offset}
        return await db.all(statement, **values, **bounds, **_values(listing.terms))

    async def count(self, db: Queries, listing: Listing, **values: Any) -> int:
        """How many rows the filters of `listing` leave."""
        statement = self._count(_kinds(listing.terms))
        row = await db.first(statement, **values, **_values(listing.terms))
        return int(row[0]) if row else 0

    def _build_page(self, kinds: "Kinds", sort_by: str, descending: bool) -> Statement:  # noqa: FBT001
        # - lru_cache calls it by position
        return Statement(self._select_page(kinds, sort_by, descending=descending))

    def _select_page(self, kinds: "Kinds", sort_by: str, *, descending: bool) -> Select[Any]:
        order = [self._columns[sort_by], self._tie]
        return (
            self._select()
            .where(*_conditions(kinds, self._columns))
            .order_by(*(column.desc() if descending else column for column in order))
            .limit(bindparam("page_limit", type_=BigInteger()))
            .offset(bindparam("page_offset", type_=BigInteger()))
        )

    def _build_count(self, kinds: "Kinds") -> Statement:
        found = self._select().where(*_conditions(kinds, self._columns))
        return Statement(found.with_only_columns(func.count(), maintain_column_froms=True))


class JoinedList(PagedList):
    """A paged list of one short text without commas for each row, which the database joins.

    A driver hands over each row by itself: 50 rows of two columns cost 39 microseconds on SQLite,
    joined 28. The statement has one column; `beside` is one more, told once for the whole list.
    """

    def __init__(
        self,
        select: Callable[[], Select[Any]],
        columns: Columns,
        tie: ColumnElement[Any],
        *,
        beside: Callable[[], ColumnElement[int]],
    ) -> None:
        super().__init__(select, columns, tie)
        self._beside = beside

    async def texts(self, db: Queries, listing: Listing, **values: Any) -> tuple[list[str], int]:
        """The texts of the page that `listing` asks for, and what stands beside the list."""
        ((joined, beside),) = await self.page(db, listing, **values)
        return joined.split(",") if joined else [], beside

    def _build_page(self, kinds: "Kinds", sort_by: str, descending: bool) -> Statement:  # noqa: FBT001
        # - lru_cache calls it by position
        rows = self._select_page(kinds, sort_by, descending=descending).subquery("page")
        (text,) = rows.c
        # Both databases join in the order of the inner statement, whose limit keeps it ordered.
        # SQLite before 3.44 has no words for that order; sorting again costs 21 microseconds.
        comma: Any = literal_column("','")
        joined = func.aggregate_strings(text, comma)
        return Statement(select(joined, self._beside()))


class CursorList:
    """A list that is read from its newest record on: the statement, its columns by attribute.

    The statement's first column is `position`, a whole number; no record may become visible below
    one that already is, or a reader would skip it.
    """

    def __init__(
        self, select: Callable[[], Select[Any]], columns: Columns, *, position: ColumnElement[Any]
    ) -> None:
        self._select = select
        self._columns = columns
        self._position = position
        self._stretch = lru_cache(maxsize=256)(self._build)

    async def stretch(
        self, db: Queries, listing: Listing, **values: Any
    ) -> tuple[list[Row], int | None]:
        """The rows that `listing` asks for, and the position to go on from; None at the end."""
        bounds = {"most": listing.per_page + 1}
        if listing.after is not None:
            (bounds["before"],) = listing.after
        statement = self._stretch(_kinds(listing.terms), listing.after is not None)
        found = await db.all(statement, **values, **bounds, **_values(listing.terms))
        rows = found[: listing.per_page]
        return rows, rows[-1][0] if len(found) > len(rows) else None

    def _build(self, kinds: "Kinds", goes_on: bool) -> Statement:  # noqa: FBT001
        # - lru_cache calls it by position
        found = self._select().where(*_conditions(kinds, self._columns))
        if goes_on:
            found = found.where(self._position < bindparam("before", type_=BigInteger()))
        most = bindparam("most", type_=BigInteger())
        return Statement(found.order_by(self._position.desc()).limit(most))


Kinds = tuple[tuple[str, Operator, int], ...]


def _kinds(terms: tuple[Term, ...]) -> Kinds:
    return tuple(
        (term.attribute, term.operator, len(term.value) if isinstance(term.value, list) else -1)
        for term in terms
    )


def _values(terms: tuple[Term, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for place, term in enumerate(terms):
        if isinstance(term.value, list):
            values |= {f"filter_{place}_{n}": each for n, each in enumerate(term.value)}
        else:
            values[f"filter_{place}"] = term.value
    return values


def _conditions(kinds: Kinds, columns: Columns) -> list[ColumnElement[bool]]:
    return [
        _condition(columns[attribute], operator, f"filter_{place}", count)
        for place, (attribute, operator, count) in enumerate(kinds)
    ]


def _condition(
    column: ColumnElement[Any], operator: Operator, name: str, count: int
) -> ColumnElement[bool]:
    """One filter; a column without a value is what no value equals, so `not_eq` finds it."""
    if operator in (Operator.IN, Operator.NOT_IN):
        if not count:
            return false() if operator is Operator.IN else true()
        values = [bindparam(f"{name}_{n}", type_=column.type) for n in range(count)]
        if operator is Operator.IN:
            return column.in_(values)
        return or_(column.is_(None), column.not_in(values))
    value = bindparam(name, type_=column.type)
    return _CONDITIONS[operator](column, value)


def _starts(column: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.substr(column, 1, func.length(value), type_=String) == value


def _ends(column: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[bool]:
    start = func.length(column) - func.length(value) + 1
    return and_(start >= 1, func.substr(column, start, type_=String) == value)


_CONDITIONS: Mapping[Operator, Callable[[Any, Any], ColumnElement[bool]]] = {
    Operator.EQ: lambda column, value: column == value,
    Operator.NOT_EQ: lambda column, value: or_(column.is_(None), column != value),
    Operator.GT: lambda column, value: column > value,
    Operator.GTE: lambda column, value: column >= value,
    Operator.LT: lambda column, value: column < value,
    Operator.LTE: lambda column, value: column <= value,
    # LIKE would read % and _ as wildcards, and on SQLite ignore case.
    Operator.STARTS_WITH: _starts,
    Operator.ENDS_WITH: _ends,
    Operator.CONTAINS: lambda column, value: place_in(column, value) > 0,
}


class place_in(FunctionElement[int]):  # noqa: N801 - it is written as a function
    """Where the second text begins in the first, counted from 1; 0 when nowhere."""

    type = BigInteger()
    inherit_cache = True


@compiles(place_in, "sqlite")
def _(element: Any, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(place_in, "postgresql")
def _(element: Any, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"

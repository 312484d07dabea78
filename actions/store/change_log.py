"""The history of counters on SQLite: a log in the order of coming, and each counter's way back.

Kept by counter, as on PostgreSQL, a change costs a page of its own, and most of another for the
balance of the tree. In the order of coming, a group of changes fills a page or two; but those of
one counter lie anywhere. So each change tells the earlier one of its counter, the counter tells its
last, and every 32nd version is marked: a walk begins at most 32 changes too late, at one or two
microseconds each. What that pays, in the writer's time for one increment in groups of 32: with 64
counters 13 microseconds instead of 28, with 20,000 of them 26 to 32 instead of 55 to 61.

The price: a counter's deletion looks for each of its changes, 0.2 s for 10,000 of them in a log of
a million, where it was 0.02 s, and other writes wait meanwhile.

The database does it by itself: `counter_changes` is a view, and triggers turn what is inserted into
it into a change in the log, and a counter's deletion into its changes'. A change moves its counter
along: to its number, version and time. So a step is saved by its change alone, which took 21
microseconds instead of 26 (the writer's time, in groups of 32 among 1,000 counters; found by their
places, see `places.py`, they take 22.5).
"""

from collections.abc import Callable

from sqlalchemy import CTE, ColumnElement, bindparam, func, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from actions.store.tables import change_log, change_marks, counters
from gateway.store.types import Id

Columns = ReadOnlyColumnCollection[str, ColumnElement[object]]
Condition = Callable[[Columns], ColumnElement[bool]]


def way_back(passed: Condition | None = None) -> CTE:
    """The changes of the counter `counter_id`, newest first; take no more of them than needed.

    Those after the first mark that is `passed` may be left out.
    """
    counter_id = bindparam("counter_id", type_=Id())
    last = select(counters.c.last_change).where(counters.c.id == counter_id).scalar_subquery()
    start: ColumnElement[int] = last
    if passed is not None:
        mark = select(change_marks.c.change_id).where(
            change_marks.c.counter_id == counter_id, passed(change_marks.c)
        )
        first = mark.order_by(change_marks.c.at, change_marks.c.version).limit(1)
        start = func.coalesce(first.scalar_subquery(), last)
    chain = select(change_log).where(change_log.c.id == start).cte("chain", recursive=True)
    return chain.union_all(select(change_log).where(change_log.c.id == chain.c.earlier))

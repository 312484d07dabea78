"""Reading counters: get, list, history, at."""

from datetime import datetime

from actions.counters.dates import today_in, value_on
from actions.counters.faults import NotFound
from actions.counters.shelf import Shelf
from actions.counters.views import (
    HISTORY,
    HISTORY_SHOWN,
    change_view,
    counter_view,
    today_of,
)
from actions.store import counters as store
from actions.store.counter_changes import change_at, changes_of
from actions.store.counters import CounterRow, Reference
from gateway import Action, Context, CursorPage, Cursors, Filter, ListAction, Page, Pages
from gateway.codec.encode import Rendered
from gateway.errors import ParameterError
from gateway.listing import foreign_cursor
from schemas.counters import (
    MODES,
    TYPES,
    Change,
    ChangeShape,
    Counter,
    CounterList,
    CounterListShape,
    CounterMoment,
    CounterMomentShape,
    CounterReference,
    CounterReferenceShape,
    CounterShape,
    PastValue,
    PastValueShape,
)
from schemas.fields import Choice, Int64, Moment, Text


class Get(Action[CounterReference, Counter]):
    """Show one counter."""

    scope = "counters:read"
    takes = CounterReferenceShape()
    gives = CounterShape()
    raises = (NotFound,)
    example = {"external_id": "steps"}

    async def run(self, params: CounterReference, context: Context) -> Counter:
        row = await _found(context, params)
        return await shown(row, context, params.timezone)


class List(ListAction[CounterList, Counter]):
    """List the workspace's counters."""

    scope = "counters:read"
    takes = CounterListShape()
    gives = CounterShape()
    listing = Pages(
        sortable=("created_at", "name", "value", "updated_at"),
        filters={
            "name": Filter.text(Text()),
            "type": Filter.choice(Choice(TYPES)),
            "mode": Filter.choice(Choice(MODES)),
            "value": Filter.ordered(Int64()),
            "external_id": Filter.text(Text()),
            "created_at": Filter.ordered(Moment()),
            "updated_at": Filter.ordered(Moment()),
        },
    )
    example = {"sort_by": "value", "order": "desc", "filters": {"type": "UpDown"}}

    async def run(self, params: CounterList, context: Context) -> Page[Counter]:
        today = today_of(context, params.timezone)
        heads, total = await store.page(
            context.db,
            context.listing,
            workspace_id=context.identity.workspace_id,
            today=today.toordinal(),
        )
        shelf: Shelf = context.started
        is_plain = not context.options.full and not context.options.expand
        items: list[Rendered | None] = shelf.find(heads) if is_plain else [None for _ in heads]
        if None in items:
            missing = {store.id_of(heads[n]): n for n, item in enumerate(items) if item is None}
            rows = await store.by_ids(context.db, context.identity.workspace_id, missing)
            for row in rows:
                rendered = context.render(await shown(row, context, params.timezone))
                items[missing[row.id]] = rendered
                if is_plain:
                    shelf.keep(row, rendered)
        # A counter that was deleted between the two questions is in neither list any more.
        return Page([item for item in items if item is not None], total)


class History(ListAction[CounterReference, Change]):
    """List a counter's versions, newest first, its creation included."""

    scope = "counters:read"
    takes = CounterReferenceShape()
    gives = ChangeShape()
    raises = (NotFound,)
    listing = Cursors()
    example = {"external_id": "steps", "per_page": 10}

    async def run(self, params: CounterReference, context: Context) -> CursorPage[Change]:
        row = await _found(context, params)
        after = None
        if context.listing.after is not None:
            counter_id, at, version = context.listing.after
            # The same external_id may be another counter's by now.
            if counter_id != row.id:
                raise foreign_cursor()
            after = (datetime.fromisoformat(at), version)
        most = context.listing.per_page + 1
        found = await changes_of(context.db, row.id, most=most, after=after)
        shown = found[: context.listing.per_page]
        more = len(found) > len(shown)
        return CursorPage(
            [change_view(each, row.type) for each in shown],
            [row.id, shown[-1].at.isoformat(), shown[-1].version] if more else None,
        )


class At(Action[CounterMoment, PastValue]):
    """Tell the value that a counter had at a moment."""

    scope = "counters:read"
    takes = CounterMomentShape()
    gives = PastValueShape()
    raises = (NotFound,)
    example = {"external_id": "steps", "moment": "2026-11-21T20:34:39Z"}

    async def run(self, params: CounterMoment, context: Context) -> PastValue:
        if params.moment > context.now:
            sentence = "Must not lie in the future."
            raise ParameterError(f"`moment`: {sentence}", {"moment": [sentence]})
        row = await _found(context, params)
        change = await change_at(context.db, row.id, params.moment)
        if change is None:
            raise NotFound
        value = change.after
        if row.type != "UpDown":
            zone = params.timezone or context.identity.timezone
            value = value_on(row.type, value, today_in(zone, params.moment))
        return PastValue(row.id, row.external_id, row.type, value, change.version, params.moment)


async def shown(
    row: CounterRow, context: Context, timezone: str | None, *, is_gone: bool = False
) -> Counter:
    """The counter as this call wants to see it; one that is gone lets nothing be done with it."""
    history = None
    if context.expands(HISTORY):
        history = await changes_of(context.db, row.id, most=HISTORY_SHOWN)
    permitted = () if is_gone else context.permitted("counters", row)
    return counter_view(
        row, today=today_of(context, timezone), history=history, permitted=permitted
    )


async def _found(context: Context, params: CounterReference | CounterMoment) -> CounterRow:
    wanted = Reference(context.identity.workspace_id, params.id, params.external_id)
    row = await store.find(context.db, wanted)
    if row is None:
        raise NotFound
    return row

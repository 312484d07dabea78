"""The engine of an RPC-style action gateway: the names that an action author imports."""

from gateway.action import NO_KEY, Action, BatchAction, Deprecation, Effect, ListAction
from gateway.context import Context
from gateway.errors import ActionError, Conflict, FilterError, NotFound
from gateway.group import Batch, BatchCall, BatchContext
from gateway.listing import CursorPage, Cursors, Filter, Page, Pages
from gateway.registry import Section
from gateway.store.migrate import Migrations

__all__ = [
    "NO_KEY",
    "Action",
    "ActionError",
    "Batch",
    "BatchAction",
    "BatchCall",
    "BatchContext",
    "Conflict",
    "Context",
    "CursorPage",
    "Cursors",
    "Deprecation",
    "Effect",
    "Filter",
    "FilterError",
    "ListAction",
    "Migrations",
    "NotFound",
    "Page",
    "Pages",
    "Section",
]

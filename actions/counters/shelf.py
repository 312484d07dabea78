"""Counters as JSON, kept from one list to the next.

Reading and showing 50 whole rows takes most of a list's time. An UpDown counter of one version
always looks the same, so a list reads ids and versions, and whole rows only of what changed since
it was last shown. Counters of days look different each day and are not kept.
"""

from collections.abc import Sequence

from actions.store.counters import CounterRow, Head, head_of
from gateway.codec.encode import Rendered

KEPT_MAX = 20_000
"""Counters that are kept, at about half a kilobyte each; who came first goes first."""


class Shelf:
    """The last version of each counter that a list has shown.

    Only what was read outside a write comes here: it is committed, so its version stays its own.
    """

    def __init__(self) -> None:
        self._kept: dict[Head, Rendered] = {}
        self._heads: dict[str, Head] = {}
        """The head that is kept of each counter, by its id; in the order of `_kept`."""

    def find(self, heads: Sequence[Head]) -> list[Rendered | None]:
        """For each of the heads what is kept of that very version."""
        return list(map(self._kept.get, heads))

    def keep(self, row: CounterRow, rendered: Rendered) -> None:
        if row.type != "UpDown":
            return
        self._drop(row.id)
        if len(self._kept) >= KEPT_MAX:
            self._drop(next(iter(self._heads)))
        head = head_of(row)
        self._heads[row.id] = head
        self._kept[head] = rendered

    def _drop(self, id: str) -> None:
        head = self._heads.pop(id, None)
        if head is not None:
            del self._kept[head]

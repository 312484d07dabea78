"""Counters as JSON, kept from one list to the next.

Reading and showing 50 whole rows takes most of a list's time. An UpDown counter of one version
always looks the same, so a list reads ids and versions, and whole rows only of what changed since
it was last shown. Counters of days look different each day and are not kept.
"""

from collections.abc import Iterable

from actions.store.counters import CounterRow, Head
from gateway.codec.encode import Rendered

KEPT_MAX = 20_000
"""Counters that are kept, at about half a kilobyte each; who came first goes first."""


class Shelf:
    """The last version of each counter that a list has shown.

    Only what was read outside a write comes here: it is committed, so its version stays its own.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, Rendered]] = {}

    def find(self, heads: Iterable[Head]) -> dict[str, Rendered | None]:
        """The heads' ids in their order, with what is kept of those very versions."""
        kept, found = self._kept, {}
        for id, version, _ in heads:
            kept_version, rendered = kept.get(id, _NOTHING)
            found[id] = rendered if kept_version == version else None
        return found

    def keep(self, row: CounterRow, rendered: Rendered) -> None:
        if row.type != "UpDown":
            return
        if len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[row.id] = (row.version, rendered)


_NOTHING: tuple[int, None] = (0, None)

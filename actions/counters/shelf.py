"""Counters as JSON, kept from one list to the next.

Reading and showing 50 whole rows takes most of a list's time. An UpDown counter of one version
always looks the same, so a list reads ids and versions, and whole rows only of what changed since
it was last shown. Counters of days look different each day and are not kept.
"""

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

    def find(self, head: Head) -> Rendered | None:
        version, rendered = self._kept.get(head.id, _NOTHING)
        return rendered if version == head.version else None

    def keep(self, row: CounterRow, rendered: Rendered) -> None:
        if row.type != "UpDown":
            return
        if len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[row.id] = (row.version, rendered)


_NOTHING = (0, None)

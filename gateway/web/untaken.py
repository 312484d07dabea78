"""Answers that their clients do not take: bounded in all, since memory is."""

from collections.abc import Callable

UNTAKEN_MAX = 64 * 1024 * 1024
"""Bytes of answers that wait for clients to take them."""

HELD_MAX = 16 * 1024
"""Bytes that a connection may hold for its client and still serve it. The system holds more: this
is what did not fit there."""


class Untaken:
    """Counts what clients leave untaken. Beyond `most` bytes, who has waited longest is given up.

    A connection is known by what gives it up.
    """

    def __init__(self, most: int = UNTAKEN_MAX) -> None:
        self._most = most
        self._held: dict[Callable[[], None], int] = {}
        self._bytes = 0

    def hold(self, give_up: Callable[[], None], length: int) -> None:
        """So much waits for a client; `give_up` may be called for it, or for another's, at once."""
        self._held[give_up] = length
        self._bytes += length
        while self._bytes > self._most:
            longest = next(iter(self._held))
            self.release(longest)
            longest()

    def release(self, give_up: Callable[[], None]) -> None:
        """It was taken, or its connection is gone."""
        self._bytes -= self._held.pop(give_up, 0)

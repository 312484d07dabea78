"""How large the groups are that commits are shared by, for whoever watches."""


class GroupSizes:
    """Groups counted by their size, which is `most` at most: a class for each power of two."""

    def __init__(self, most: int) -> None:
        self.counts = [0] * ((most - 1).bit_length() + 1)
        """How many groups had 1, 2, up to 4, up to 8, … writes."""
        self.writes = 0

    def saw(self, size: int) -> None:
        self.counts[(size - 1).bit_length()] += 1
        self.writes += size

"""Rows of a chart, one a label set: how high each is, and which of them there is room for. Pure."""

MOST_LINES = 4
"""Of one row, with the blank one below it."""


class Rows:
    """`count` rows in `height` lines from row number `first`, or from where the row `shown` is seen.

    Where fewer than fit are left, it is the last ones that are seen.
    """

    def __init__(self, count: int, height: int, first: int, shown: int | None = None) -> None:
        self.count, self.height = count, max(1, height)
        self._pitch = max(1, min(MOST_LINES, (self.height + 1) // max(1, count)))
        seen = min(count, (self.height + (self._pitch > 1)) // self._pitch)
        if shown is not None:
            first = max(shown - seen + 1, min(first, shown))
        self.first = max(0, min(first, count - seen))
        self.seen = range(self.first, self.first + seen)

    def at(self, y: int) -> int | None:
        """The row on line `y`; None on a blank one."""
        number = self.first + y // self._pitch
        is_gap = self._pitch > 1 and y % self._pitch == self._pitch - 1
        return number if number in self.seen and not is_gap else None

    def is_middle(self, y: int) -> bool:
        """Whether line `y` is the one of its row that bears words."""
        return y % self._pitch == max(0, self._pitch - 2) // 2

    def lines_of(self, number: int) -> range:
        """The lines of a row that is seen."""
        top = (number - self.first) * self._pitch
        return range(top, top + max(1, self._pitch - 1))

    @property
    def words(self) -> str:
        """Which rows are seen, where not all are."""
        return "" if len(self.seen) == self.count else f"{self.seen[0] + 1}–{self.seen[-1] + 1}/{self.count}"

"""How hot each cell of a heatmap is: observations by time and band, summed up to what there is room for. Pure."""

import math
from collections.abc import Sequence

LEAST_PART = 1e-4
"""Of the most: what is less is as cold as this."""


def rows_of_bands(bands: int, rows: int) -> list[range]:
    """The bands of each of `rows` lines, the uppermost band first: several of them in a line, or several lines for one.

    >>> rows_of_bands(3, 6), rows_of_bands(4, 2)
    ([range(2, 3), range(2, 3), range(1, 2), range(1, 2), range(0, 1), range(0, 1)], [range(2, 4), range(0, 2)])
    """
    if not bands:
        return []
    if bands >= rows:
        return [range(row * bands // rows, (row + 1) * bands // rows) for row in reversed(range(rows))]
    each = rows // bands
    return [range(band, band + 1) for band in reversed(range(bands)) for _ in range(each)]


def merged(bands: Sequence[Sequence[float]], lines: Sequence[range]) -> list[list[float]]:
    """For each bucket of time, of which `bands` has the observations by band: those in the bands of each line."""
    return [[sum(counts[line.start : line.stop]) for line in lines] for counts in bands]


def by_column(
    buckets: Sequence[Sequence[float]], columns: Sequence[range], lines: int, width: int
) -> list[tuple[float, ...]]:
    """For each of `lines` lines, what each of `width` columns shows: of the buckets that share one, the most.

    Not their sum, or columns with one more bucket than others would stand out.
    """
    nothing = [0.0] * lines
    here: list[list[Sequence[float]]] = [[nothing] for _ in range(width)]
    for counts, covered in zip(buckets, columns, strict=True):
        for column in covered:
            here[column].append(counts)
    return list(zip(*(map(max, *found) if len(found) > 1 else nothing for found in here), strict=True))


class Heat:
    """From the least that is above nothing to the most that there is in any band of any bucket."""

    def __init__(self, bands: Sequence[Sequence[float]]) -> None:
        found = [count for counts in bands for count in counts if count > 0]
        self.most = max(found, default=0.0)
        self.least = max(min(found, default=0.0), self.most * LEAST_PART)

    def edges(self, levels: int) -> list[float]:
        """Where each level begins, each as many times the one before; the first with whatever is above nothing.

        Several bands that share a line may have more than the most: they are as hot as it gets.
        """
        times = self.most / self.least if self.least else 1.0
        return [math.ulp(0.0), *(self.least * times ** (level / levels) for level in range(1, levels))]

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


def merged(bands: Sequence[Sequence[float]], rows: Sequence[range]) -> list[list[float]]:
    """For each bucket of time, of which `bands` has the observations by band: those in the bands of each line."""
    distinct = list(dict.fromkeys(rows))
    lines = [distinct.index(covered) for covered in rows]
    sums = ([sum(counts[covered.start : covered.stop]) for covered in distinct] for counts in bands)
    return [[found[line] for line in lines] for found in sums]


def by_column(buckets: Sequence[Sequence[float]], columns: Sequence[range], rows: int, width: int) -> list[list[float]]:
    """For each of `rows` lines, what each of `width` columns shows: of the buckets that share one, the most.

    Not their sum, or columns with one more bucket than others would stand out.
    """
    result = [[0.0] * width for _ in range(rows)]
    for counts, covered in zip(buckets, columns, strict=True):
        for line, count in zip(result, counts, strict=True):
            if count > 0:
                for column in covered:
                    line[column] = max(line[column], count)
    return result


class Heat:
    """Levels from 1, the least that is above nothing, to `levels`, the most; each as many times the one before."""

    def __init__(self, cells: Sequence[Sequence[float]], levels: int) -> None:
        found = [value for row in cells for value in row if value > 0]
        self.levels = levels
        self.most = max(found, default=0.0)
        self.least = max(min(found, default=0.0), self.most * LEAST_PART)

    def level(self, count: float) -> int:
        """0 for nothing."""
        if count <= 0:
            return 0
        if count >= self.most:
            return self.levels
        if count <= self.least:
            return 1
        part = math.log(count / self.least) / math.log(self.most / self.least)
        return min(self.levels, 1 + int(part * self.levels))

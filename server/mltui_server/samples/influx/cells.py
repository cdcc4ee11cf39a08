"""Samples summed up by where they are on an axis: exact, and exact again when sums are summed up further.

What is kept of many samples does not grow with them: a cell a stretch of the axis that has any.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mltui_server.samples.influx.series import Floats, Integers, Placed
from mltui_server.samples.store import BucketColumns

SCALE = 2.0**40
"""Sums of finite doubles can overflow; scaled by a power of two they do not."""
NEVER, BEFORE = 2**63 - 1, -(2**63)
"""Where the first and the last finite sample of a cell is that has none: what is compared with it wins."""


@dataclass(frozen=True)
class Cells:
    """Columns with an entry a cell, in the order of `index`. Statistics are over the finite values."""

    index: Integers
    count: Integers
    finite: Integers
    first_point: Integers
    first_time: Integers
    last_point: Integers
    last_time: Integers
    min: Floats
    """Inf where nothing is finite."""
    max: Floats
    """-Inf where nothing is finite."""
    first: Floats
    """By (point, time)."""
    last: Floats
    total: Floats
    """Divided by SCALE."""

    def __len__(self) -> int:
        return len(self.index)

    def columns(self) -> list[NDArray[np.generic]]:
        """The integers, then the floats."""
        return list(self.__dict__.values())


INTEGERS, FLOATS = 7, 5
"""Columns of each kind."""


def joined(parts: Sequence[Cells]) -> Cells:
    """The cells of all parts, which may be none, one after another: not in order, and several of one index."""
    if not parts:
        return Cells(*[np.empty(0, np.int64)] * INTEGERS, *[np.empty(0)] * FLOATS)  # type: ignore[arg-type]
    return Cells(*(np.concatenate(columns) for columns in zip(*(part.columns() for part in parts), strict=True)))


def summed(placed: Placed, index: Integers) -> Cells:
    """Cells of samples, each in the cell that `index` says. Any order."""
    points, times, values = placed
    if not len(index):
        return joined([])
    if np.any(index[1:] < index[:-1]) or np.any(points[1:] < points[:-1]) or np.any(times[1:] <= times[:-1]):
        order = np.lexsort((times, points, index))
        index, points, times, values = index[order], points[order], times[order], values[order]
    starts = _starts(index)
    good = np.isfinite(values)
    place = np.arange(len(values))
    first = np.minimum.reduceat(np.where(good, place, len(values)), starts)
    last = np.maximum.reduceat(np.where(good, place, -1), starts)
    none = last < 0
    # Any sample will do where there is none: its place says that it is not meant.
    first[none] = last[none] = 0
    return Cells(
        index=index[starts],
        count=np.diff(starts, append=len(index)),
        finite=np.add.reduceat(good.astype(np.int64), starts),
        first_point=np.where(none, NEVER, points[first]),
        first_time=np.where(none, NEVER, times[first]),
        last_point=np.where(none, BEFORE, points[last]),
        last_time=np.where(none, BEFORE, times[last]),
        min=np.minimum.reduceat(np.where(good, values, np.inf), starts),
        max=np.maximum.reduceat(np.where(good, values, -np.inf), starts),
        first=values[first],
        last=values[last],
        total=np.add.reduceat(np.where(good, values, 0.0) / SCALE, starts),
    )


def merged(cells: Cells, index: Integers) -> Cells:
    """Cells of cells, each in the larger cell that `index` says. Any order, several of one index too."""
    if not len(cells):
        return cells
    order = np.lexsort((cells.first_time, cells.first_point, index))
    starts = _starts(index[order])
    first = order[starts]
    ends = np.append(starts[1:], len(order)) - 1
    last = np.lexsort((cells.last_time, cells.last_point, index))[ends]
    return Cells(
        index=index[first],
        count=np.add.reduceat(cells.count[order], starts),
        finite=np.add.reduceat(cells.finite[order], starts),
        first_point=cells.first_point[first],
        first_time=cells.first_time[first],
        last_point=cells.last_point[last],
        last_time=cells.last_time[last],
        min=np.minimum.reduceat(cells.min[order], starts),
        max=np.maximum.reduceat(cells.max[order], starts),
        first=cells.first[first],
        last=cells.last[last],
        total=np.add.reduceat(cells.total[order], starts),
    )


def _starts(index: Integers) -> NDArray[np.intp]:
    """Where runs of one number begin."""
    new = np.ones(len(index), np.bool_)
    np.not_equal(index[1:], index[:-1], out=new[1:])
    return np.flatnonzero(new)


class Sums:
    """Buckets so far, by series."""

    def __init__(self) -> None:
        self._cells: dict[str, Cells] = {}

    def add(self, key: str, cells: Cells) -> None:
        """More of a series: cells that are its buckets, in any order."""
        both = joined([self._cells[key], cells]) if key in self._cells else cells
        self._cells[key] = merged(both, both.index)

    def of(self, key: str) -> Cells:
        return self._cells.get(key) or joined([])

    def all(self) -> list[BucketColumns]:
        return [bucket_columns(key, cells) for key, cells in self._cells.items()]


def bucket_columns(key: str, cells: Cells) -> BucketColumns:
    """Cells that are buckets, as the store's port has them."""
    none = (cells.finite == 0).tolist()
    mean = cells.total / np.maximum(cells.finite, 1) * SCALE

    def known(column: Floats) -> list[float | None]:
        return [None if gone else value for value, gone in zip(column.tolist(), none, strict=True)]

    return BucketColumns(
        key=key,
        index=cells.index.tolist(),
        min=known(cells.min),
        max=known(cells.max),
        first=known(cells.first),
        last=known(cells.last),
        mean=known(mean),
        count=cells.count.tolist(),
        nonfinite=(cells.count - cells.finite).tolist(),
    )

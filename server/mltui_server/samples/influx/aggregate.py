"""Samples of one series to exact buckets, chunk by chunk: what is kept does not grow with what is read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mltui_server.samples.store import BucketColumns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SCALE = 2.0**40
"""Sums of finite doubles can overflow; scaled by a power of two they do not."""
INT64 = 2**63


@dataclass(frozen=True)
class Grid:
    """`count` equal buckets from `low` to `high`, both included."""

    low: float
    high: float
    count: int

    @property
    def width(self) -> float:
        return (self.high - self.low) / self.count if self.high > self.low else 1.0

    def index(self, points: Integers) -> Integers:
        """The bucket of each point, all of them within the bounds."""
        if self.high == self.low:
            return np.zeros(len(points), np.int64)
        exact = isinstance(self.low, int) and -INT64 <= self.low < INT64
        # Times are too large for floats: what is left of them after the bound is taken away is not.
        distance = (points - self.low).astype(np.float64) if exact else points.astype(np.float64) - self.low
        # Multiplied before divided: exact for whole numbers, so that a sample on a border falls on its right side.
        share = np.floor(distance * float(self.count) / float(self.high - self.low))
        return np.minimum(share, self.count - 1).astype(np.int64)


@dataclass(frozen=True)
class Extremes:
    """One chunk's finite values by bucket, as columns: the buckets that have any, and what is in them."""

    index: Integers
    min: Floats
    max: Floats
    first: Floats
    first_point: Integers
    last: Floats
    last_point: Integers
    total: Floats
    finite: Integers


class Aggregate:
    """One series' buckets. Samples come in the order of their times."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        count = grid.count
        self._samples, self._finite = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self._total = np.zeros(count)
        self._min, self._max = np.full(count, np.inf), np.full(count, -np.inf)
        self._first, self._last = np.zeros(count), np.zeros(count)
        self._first_point = np.full(count, INT64 - 1, np.int64)
        self._last_point = np.full(count, -INT64, np.int64)

    def add(self, points: Integers, values: Floats) -> None:
        """Samples within the grid, at `points` of its axis."""
        if not len(points):
            return
        index = self.grid.index(points)
        self._samples += np.bincount(index, minlength=self.grid.count)
        good = np.isfinite(values)
        if good.any():
            self._merge(_summed(index[good], points[good], values[good]))

    def _merge(self, new: Extremes) -> None:
        at = new.index
        self._finite[at] += new.finite
        self._total[at] += new.total
        self._min[at] = np.minimum(self._min[at], new.min)
        self._max[at] = np.maximum(self._max[at], new.max)
        # At one point of the axis time decides, and what comes now is later than all that came before.
        earlier = new.first_point < self._first_point[at]
        self._first[at[earlier]], self._first_point[at[earlier]] = new.first[earlier], new.first_point[earlier]
        later = new.last_point >= self._last_point[at]
        self._last[at[later]], self._last_point[at[later]] = new.last[later], new.last_point[later]

    def columns(self, key: str) -> BucketColumns:
        """The buckets that have samples."""
        index = np.flatnonzero(self._samples)
        finite = self._finite[index]
        empty = finite == 0
        mean = self._total[index] / np.maximum(finite, 1) * SCALE

        def known(column: Floats) -> list[float | None]:
            return [None if gone else value for value, gone in zip(column.tolist(), empty.tolist(), strict=True)]

        return BucketColumns(
            key=key,
            index=index.tolist(),
            min=known(self._min[index]),
            max=known(self._max[index]),
            first=known(self._first[index]),
            last=known(self._last[index]),
            mean=known(mean),
            count=self._samples[index].tolist(),
            nonfinite=(self._samples[index] - finite).tolist(),
        )


def _summed(index: Integers, points: Integers, values: Floats) -> Extremes:
    """Finite values, at least one, in the order of their times."""
    if np.any(np.diff(index) < 0) or np.any(np.diff(points) < 0):
        # Stable: what is equal stays in the order of its times.
        order = np.lexsort((points, index))
        index, points, values = index[order], points[order], values[order]
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    ends = np.append(starts[1:], len(index)) - 1
    return Extremes(
        index=index[starts],
        min=np.minimum.reduceat(values, starts),
        max=np.maximum.reduceat(values, starts),
        first=values[starts],
        first_point=points[starts],
        last=values[ends],
        last_point=points[ends],
        total=np.add.reduceat(values / SCALE, starts),
        finite=ends - starts + 1,
    )

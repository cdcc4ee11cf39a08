"""Where buckets begin and end: the same for every store, and such that what is summed up in advance fits into them.

A width is 4, 5, 6 or 7 times a power of two, and borders are multiples of that power: cells of that size or a finer
power of two never lie across a border. Borders do not move while a run grows, until its buckets get wider, nor while
a window moves on.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from mltui.wire.samples import MAX_STEP
from mltui_server.samples.batch import MAX_TIME

StoreAxis = Literal["step", "time"]
"""`time` in ns since 1970. Samples without a step are not on the step axis."""
Points = TypeVar("Points", int, NDArray[np.int64])

FACTORS = (4, 5, 6, 7)
MOVING = 2
"""So few buckets may have borders that follow the window."""
FINEST = {"step": -2, "time": 8}
"""Exponents of the finest widths: one step, and 1,024 ns, which floats of seconds since 1970 still tell apart."""
LAST_TIME = MAX_TIME + 10**12
"""Later than any sample (ns): equal times are pushed by nanoseconds."""
EXTENT = {"step": (-MAX_STEP, MAX_STEP), "time": (0, LAST_TIME)}
"""First and last point that a sample can have."""


@dataclass(frozen=True)
class Grid:
    """Bucket i covers [start + i * width, start + (i + 1) * width) of a store's axis."""

    start: int
    factor: int
    exponent: int

    @property
    def width(self) -> float:
        return self.factor * 2.0**self.exponent

    @property
    def ratio(self) -> tuple[int, int]:
        """The width as a fraction of whole numbers."""
        return self.factor << max(0, self.exponent), 1 << max(0, -self.exponent)

    def index(self, points: Points) -> Points:
        """The bucket of each point, all of them from `start` on."""
        width, parts = self.ratio
        return (points - self.start) * parts // width

    def border(self, index: int) -> float:
        """Where a bucket begins; whole where all borders are."""
        width, parts = self.ratio
        return self.start + (index * width if parts == 1 else index * width / parts)


def grid_over(axis: StoreAxis, low: int, high: int, count: int) -> Grid:
    """The finest grid that covers `low` to `high`, both included, with at most `count` buckets.

    It has more than four fifths of `count`, but for two, unless its buckets are the narrowest there are. On the axis of
    time, borders of three or more buckets are multiples of the width: they stand still in a window that moves on.
    """
    exponent = max(FINEST[axis], ((high - low) // count).bit_length() - 3)
    while True:
        for factor in FACTORS:
            if axis == "time" and count > MOVING:
                # However the window lies, it cuts into no more buckets than this.
                width = factor << exponent
                if (high - low) // width + 2 <= count:
                    return Grid(low // width * width, factor, exponent)
            else:
                grid = Grid(low >> exponent << exponent if exponent > 0 else low, factor, exponent)
                if grid.index(high) < count:
                    return grid
        exponent += 1


def whole_bounds(axis: StoreAxis, low: float | None, high: float | None) -> tuple[int, int]:
    """The first and the last point between two bounds (None: no bound) at which there can be a sample."""
    first, last = EXTENT[axis]
    return (
        first if low is None else min(max(math.ceil(low), first), last + 1),
        last if high is None else min(max(math.floor(high), first - 1), last),
    )

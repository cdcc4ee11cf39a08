"""Points beside the ones before them, batch by batch: what a state lasted, what a counter grew by."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mltui_server.samples.grid import Grid

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Successive:
    """`before`: the last point of each series before the first batch."""

    def __init__(self, before: pa.Table) -> None:
        self.last = before
        """The last point of each series so far."""

    def add(self, batch: pa.RecordBatch) -> tuple[pa.Table, NDArray[np.bool_]]:
        """The batch with the last points before it, by series and time, and which rows follow another of their series.

        Batches come in the order of time. Rows that do not follow are the last ones before, or the first ones ever.
        """
        joined = pa.concat_tables([self.last, pa.Table.from_batches([batch])]).combine_chunks()
        joined = joined.take(pa.array(np.lexsort((joined["time"].to_numpy(), joined["series"].to_numpy()))))
        series = joined["series"].to_numpy()
        follows = np.append(False, series[1:] == series[:-1])
        self.last = joined.filter(pa.array(np.append(~follows[1:], True)))
        return joined, follows


def borders_within(grid: Grid, first: int, last: int) -> Integers:
    """Of the grid's buckets that have any of `first` to `last` (ns), which are the outermost borders."""
    count = grid.index(last) + 1
    inner = [int(grid.border(index)) for index in range(1, count)]
    return np.array([first, *inner, last], np.int64)


def bucket_of(times: Integers, borders: Integers) -> Integers:
    """In which bucket each time is. What is at the very end is in the last one."""
    return np.clip(np.searchsorted(borders, times, "right") - 1, 0, len(borders) - 2)

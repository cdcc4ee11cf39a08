"""Samples of one series as numpy has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mltui_server.samples.grid import StoreAxis

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ABSENT = -(2**63)
"""In place of a step that is not there."""


class Placed(NamedTuple):
    """Samples that are on an axis: where, when (ns), and what."""

    points: Integers
    times: Integers
    values: Floats


@dataclass(frozen=True)
class Samples:
    """Columns of one length, in the order of their times."""

    times: Integers
    steps: Integers
    values: Floats

    def __len__(self) -> int:
        return len(self.times)

    def part(self, start: int, stop: int) -> "Samples":
        return Samples(self.times[start:stop], self.steps[start:stop], self.values[start:stop])

    def copy(self) -> "Samples":
        """One that holds nothing of what this is a part of."""
        return Samples(self.times.copy(), self.steps.copy(), self.values.copy())

    def on_axis(self, axis: StoreAxis) -> Placed:
        """Samples without a step are not on the step axis."""
        if axis == "time":
            return Placed(self.times, self.times, self.values)
        there = self.steps != ABSENT
        return Placed(self.steps[there], self.times[there], self.values[there])


def from_arrow(times: pa.Int64Array, steps: pa.Int64Array, values: pa.DoubleArray) -> Samples:
    """A step may be null."""
    return Samples(times.to_numpy(), steps.fill_null(ABSENT).to_numpy(), values.to_numpy())


def joined_samples(parts: Sequence[Samples]) -> Samples:
    """One after another; at least one part."""
    columns = zip(*((part.times, part.steps, part.values) for part in parts), strict=True)
    return Samples(*(np.concatenate(column) for column in columns))

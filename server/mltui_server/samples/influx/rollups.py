"""Roll-ups: what a reader needs to know of many samples at once, made when the last of them is written.

A block is so many samples of a series in the order of their times: block n of a span has samples n * span to
(n + 1) * span. It is summed up on both axes in cells of a power of two, the finest of them at most CELLS, and then in
cells of four of those, until one or two are left. The same samples always make the same block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from mltui_server.samples.grid import StoreAxis
from mltui_server.samples.influx.cells import Cells, joined, merged, summed
from mltui_server.samples.influx.series import Samples

UNIT = 2_048
"""Samples of the smallest block. So many come in one text well below the 64 KB that a field can hold."""
FAN_OUT = 8
"""Blocks that make one of the next larger span: then buckets of any width take some hundred blocks."""
SPANS = (UNIT * FAN_OUT**3, UNIT * FAN_OUT**2, UNIT * FAN_OUT, UNIT)
CELLS, UNIT_CELLS = 256, 128
"""Of a block, and of the smallest: finer ones would take more room than the samples, which can be read instead."""
COARSER = 2
"""Exponents from one level to the next."""
AXES: Sequence[StoreAxis] = ("time", "step")


class Extent(msgspec.Struct, array_like=True, frozen=True):
    """Where a block is on one axis: its first and last point, and the exponents of its finest and coarsest cells."""

    low: int
    high: int
    finest: int
    coarsest: int

    def level(self, exponent: int) -> int | None:
        """Exponent of the coarsest cells that are no coarser than asked for."""
        if exponent < self.finest:
            return None
        return min(self.coarsest, exponent - (exponent - self.finest) % COARSER)


class About(msgspec.Struct, array_like=True, frozen=True):
    """What tells whether a block is worth reading."""

    span: int
    number: int
    time: Extent
    step: Extent | None
    """None: no sample has a step."""

    @property
    def begin(self) -> int:
        """How many samples of the series come before it."""
        return self.span * self.number

    @property
    def end(self) -> int:
        return self.begin + self.span

    def on(self, axis: StoreAxis) -> Extent | None:
        return self.step if axis == "step" else self.time


Levels = Mapping[int, Cells]
"""A block's cells on one axis, by exponent."""


@dataclass(frozen=True)
class Block:
    about: About
    levels: Mapping[StoreAxis, Levels]


def unit(number: int, samples: Samples) -> Block:
    """A block of samples."""
    extents: dict[StoreAxis, Extent] = {}
    levels: dict[StoreAxis, Levels] = {}
    for axis in AXES:
        placed = samples.on_axis(axis)
        if len(placed.points):
            low, high = int(placed.points.min()), int(placed.points.max())
            finest = _finest(low, high, UNIT_CELLS)
            levels[axis] = _coarser(finest, summed(placed, placed.points >> finest))
            extents[axis] = Extent(low, high, finest, max(levels[axis]))
    return Block(About(UNIT, number, extents["time"], extents.get("step")), levels)


def roll(blocks: Sequence[Block]) -> Block:
    """The block of the next larger span, of all that are in it. It needs levels no coarser than its own finest."""
    extents = _roll_extents(blocks)
    levels: dict[StoreAxis, Levels] = {}
    for axis, extent in extents.items():
        parts = [_at(extent.finest, one.levels[axis]) for one in blocks if axis in one.levels]
        cells = joined(parts)
        levels[axis] = _coarser(extent.finest, merged(cells, cells.index))
        extents[axis] = msgspec.structs.replace(extent, coarsest=max(levels[axis]))
    first = blocks[0].about
    return Block(About(first.span * FAN_OUT, first.number // FAN_OUT, extents["time"], extents.get("step")), levels)


def fine_enough(blocks: Sequence[Block]) -> bool:
    """Whether they have the levels that `roll` needs."""
    extents = _roll_extents(blocks)
    return all(min(levels) <= extents[axis].finest for one in blocks for axis, levels in one.levels.items())


def _roll_extents(blocks: Sequence[Block]) -> dict[StoreAxis, Extent]:
    abouts = [one.about for one in blocks]
    return {axis: extent for axis in AXES if (extent := roll_extent(axis, abouts))}


def roll_extent(axis: StoreAxis, blocks: Sequence[About]) -> Extent | None:
    """Where the block of these is; its coarsest cells are not known yet."""
    extents = [extent for one in blocks if (extent := one.on(axis))]
    if not extents:
        return None
    low, high = min(one.low for one in extents), max(one.high for one in extents)
    finest = max(_finest(low, high, CELLS), *(one.finest for one in extents))
    return Extent(low, high, finest, finest)


def _finest(low: int, high: int, most: int) -> int:
    """The exponent of cells of which at most so many lie between."""
    exponent = max(0, (high - low).bit_length() - most.bit_length())
    while (high >> exponent) - (low >> exponent) >= most:
        exponent += 1
    return exponent


def _coarser(exponent: int, cells: Cells) -> Levels:
    """The cells and what they make in fewer ones."""
    levels = {exponent: cells}
    while len(cells) > 2:
        cells = merged(cells, cells.index >> COARSER)
        exponent += COARSER
        levels[exponent] = cells
    return levels


def _at(exponent: int, levels: Levels) -> Cells:
    """The coarsest cells up to an exponent, with the indices of cells of that exponent."""
    found = max(one for one in levels if one <= exponent)
    cells = levels[found]
    return Cells(cells.index >> (exponent - found), *cells.columns()[1:])  # type: ignore[arg-type]

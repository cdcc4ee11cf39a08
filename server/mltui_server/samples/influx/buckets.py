"""Exact buckets: of whole blocks their cells, of blocks that a bound cuts or whose cells are too coarse their packed
samples, and the samples that are in no block one by one.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from mltui_server.samples.grid import EXTENT, Grid, StoreAxis, grid_over, whole_bounds
from mltui_server.samples.influx.asking import Asking
from mltui_server.samples.influx.blocks import Piece, read_pieces
from mltui_server.samples.influx.cells import Cells, Sums, bucket_columns, joined, merged, summed
from mltui_server.samples.influx.cover import Cover, covers, opened
from mltui_server.samples.influx.loose import Loose
from mltui_server.samples.influx.packing import unpack_cells, unpack_samples
from mltui_server.samples.influx.points import PointReader
from mltui_server.samples.influx.rollups import About, Extent
from mltui_server.samples.influx.series import Placed, Samples
from mltui_server.samples.store import Buckets, Selection

REQUEST_COST = 512
"""Of what is read at a time, in texts of cells: some 5 MB."""
PACKED_COST = 8
"""Of a unit's samples."""


@dataclass(frozen=True)
class Frame:
    """What is asked for: points of an axis from `low` to `high`, both included, in buckets."""

    axis: StoreAxis
    low: int
    high: int
    grid: Grid

    def extent(self, about: About) -> Extent | None:
        """Where the block is, if any of it is asked for."""
        extent = about.on(self.axis)
        return extent if extent and extent.low <= self.high and extent.high >= self.low else None

    def exponent(self, extent: Extent) -> int | None:
        """Of the cells to read; None: there are none that would do."""
        whole = self.low <= extent.low and extent.high <= self.high
        return extent.level(self.grid.exponent) if whole else None

    def unfit(self, about: About) -> bool:
        """Whether the block is asked for, and has no cells that would do."""
        extent = self.extent(about)
        return extent is not None and self.exponent(extent) is None

    def of_samples(self, samples: Samples) -> Cells:
        points, times, values = samples.on_axis(self.axis)
        within = (points >= self.low) & (points <= self.high)
        placed = Placed(points[within], times[within], values[within])
        return summed(placed, self.grid.index(placed.points))

    def of_texts(self, texts: Sequence[str], exponent: int | None) -> Cells:
        """Of what is packed: cells of one exponent, or samples."""
        if exponent is None:
            return joined([self.of_samples(unpack_samples(text)) for text in texts])
        cells = joined([unpack_cells(text) for text in texts])
        return merged(cells, self.grid.index(np.left_shift(cells.index, exponent)))


async def read_buckets(asking: Asking, selection: Selection, count: int) -> Buckets | None:
    """As the store's port says."""
    axis, points = selection.axis, PointReader(asking)
    low, high = selection.low, selection.high
    within = whole_bounds(axis, low, high) if axis == "time" else EXTENT["time"]
    known, loose = await covers(asking, selection.keys), Loose(points)
    rest = [gap for cover in known for gap in cover.gaps(*within)]
    if low is None or high is None:
        await loose.look(rest)
        ends = _extents(axis, known) + await loose.extremes(axis, rest)
        low = min(ends, default=None) if low is None else low
        high = max(ends, default=None) if high is None else high
    if low is None or high is None or low > high:
        return None
    first, last = whole_bounds(axis, low, high)
    frame = Frame(axis, first, last, grid_over(axis, first, max(first, last), count))
    sums = Sums()
    covered, _ = await asyncio.gather(_add_blocks(asking, frame, known, sums), loose.look(rest))
    rest = [gap for cover in covered for gap in cover.gaps(*within)]
    async for key, samples in loose.pages(rest, (first, last) if axis == "step" else None):
        sums.add(key, await asyncio.to_thread(frame.of_samples, samples))
    # Series without a sample here are still in the answer, those that are nowhere are not.
    silent = [cover.key for cover in known if not cover.blocks and not len(sums.of(cover.key))]
    nowhere = set(silent) - await points.existing(silent)
    return Buckets(
        low, high, frame.grid, [bucket_columns(key, sums.of(key)) for key in selection.keys if key not in nowhere]
    )


async def _add_blocks(asking: Asking, frame: Frame, known: Sequence[Cover], sums: Sums) -> list[Cover]:
    """What the sums are of, now."""
    covered = await opened(asking, known, frame.unfit)
    for request in _requests(_pieces(frame, covered)):
        texts = await read_pieces(asking, frame.axis, request)
        for piece, some in zip(request, texts, strict=True):
            sums.add(piece.key, await asyncio.to_thread(frame.of_texts, some, piece.exponent))
    return covered


def _extents(axis: StoreAxis, known: Sequence[Cover]) -> list[int]:
    """The first and the last point of each block."""
    extents = [about.on(axis) for cover in known for about in cover.blocks]
    return [point for one in extents if one for point in (one.low, one.high)]


def _pieces(frame: Frame, covered: Sequence[Cover]) -> Iterator[Piece]:
    """Neighbours together: a statement reads all that lies between its first and its last block."""

    def how(about: About) -> tuple[int, bool] | None:
        extent = frame.extent(about)
        return (about.span, frame.exponent(extent) is None) if extent else None

    for cover in covered:
        for found, group in groupby(cover.blocks, how):
            if found:
                yield from _alike(frame, cover.key, list(group), REQUEST_COST // (PACKED_COST if found[1] else 1))


def _alike(frame: Frame, key: str, blocks: Sequence[About], most: int) -> Iterator[Piece]:
    """Blocks that have cells of one exponent, together: those between them have none of it."""
    by_exponent: dict[int | None, list[About]] = {}
    for about in blocks:
        if extent := frame.extent(about):
            by_exponent.setdefault(frame.exponent(extent), []).append(about)
    for exponent, alike in by_exponent.items():
        yield from (Piece(key, alike[at : at + most], exponent) for at in range(0, len(alike), most))


def _requests(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Pieces to be read at a time."""
    request, total = list[Piece](), 0
    for piece in pieces:
        cost = len(piece.blocks) * (PACKED_COST if piece.exponent is None else 1)
        if request and total + cost > REQUEST_COST:
            yield request
            request, total = [], 0
        request.append(piece)
        total += cost
    if request:
        yield request

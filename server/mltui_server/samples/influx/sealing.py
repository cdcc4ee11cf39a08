"""Making the blocks that a write completes, of its samples and of those before them."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import structlog

from mltui_server.samples.grid import StoreAxis
from mltui_server.samples.influx.asking import Asking, Places, Stretch
from mltui_server.samples.influx.blocks import Piece, packed_line, read_abouts, read_pieces, rollup_lines
from mltui_server.samples.influx.client import InfluxClient
from mltui_server.samples.influx.packing import unpack_cells
from mltui_server.samples.influx.points import PointReader
from mltui_server.samples.influx.recent import BlockId, Recent
from mltui_server.samples.influx.rollups import (
    AXES,
    FAN_OUT,
    SPANS,
    UNIT,
    About,
    Block,
    Levels,
    fine_enough,
    roll,
    roll_extent,
    unit,
)
from mltui_server.samples.influx.schema import Kind, layout
from mltui_server.samples.influx.series import Samples, from_arrow, joined_samples
from mltui_server.samples.influx.tails import Tails
from mltui_server.samples.store import SeriesColumns, SeriesName

logger = structlog.get_logger(__name__)

BODY_BYTES = 4_000_000
Line = tuple[Kind, str]


class Growth(NamedTuple):
    """What a write adds to one series: samples from number `start` on."""

    name: SeriesName
    start: int
    samples: Samples

    def completes(self, span: int) -> range:
        """Numbers of blocks."""
        return range(self.start // span, (self.start + len(self.samples)) // span)


Made = dict[BlockId, Block]
"""Smaller ones before larger."""


class Sealer:
    """Made again, blocks are the same."""

    def __init__(self, client: InfluxClient) -> None:
        self._client = client
        self._tails = Tails()
        self._recent = Recent()

    async def seal(self, places: Places, columns: Sequence[SeriesColumns]) -> None:
        """`columns`: what the store has taken."""
        growths = [
            Growth(one.name, one.before, from_arrow(one.times, one.steps, one.values))
            for one in columns
            if len(one.times)
        ]
        whole = [await self._from_unit(places, one) for one in growths if one.completes(UNIT)]
        made = await asyncio.to_thread(_units, whole)
        for span in reversed(SPANS[:-1]):
            for one in growths:
                for number in one.completes(span):
                    await self._roll(places, BlockId(one.name, span, number), made)
        await self._write(places, _lines(whole, made))
        self._recent.add(made.items())
        for one in growths:
            self._tails.grow(one.name, one.start, one.samples)

    async def _from_unit(self, places: Places, growth: Growth) -> Growth:
        """With the samples before it that are in one unit with it, or without that unit if they are not all there."""
        open_, (name, start, samples) = growth.start % UNIT, growth
        if not open_:
            return growth
        earlier = self._tails.before(name, start)
        if earlier is None:
            reader = PointReader(Asking(self._client, places, name.run))
            earlier = await reader.last(Stretch(name.key, 0, int(samples.times[0]) - 1), open_)
        if len(earlier) == open_:
            return Growth(name, start - open_, joined_samples([earlier, samples]))
        return Growth(name, start - open_ + UNIT, samples.part(UNIT - open_, len(samples)))

    async def _roll(self, places: Places, id_: BlockId, made: Made) -> None:
        """Of blocks made just now and earlier; none if one of them is missing."""
        children = id_.children()
        new = [made[one] for one in children if one in made]
        if not new:
            return
        blocks = [block for one in children if (block := made.get(one) or self._recent.get(one))]
        if len(blocks) < FAN_OUT or not fine_enough(blocks):
            blocks = [*await _earlier(Asking(self._client, places, id_.series.run), children, new), *new]
        if len(blocks) == FAN_OUT:
            made[id_] = await asyncio.to_thread(roll, blocks)

    async def _write(self, places: Places, lines: Iterator[Line]) -> None:
        bodies = _bodies(lines)
        while found := await asyncio.to_thread(next, bodies, None):
            kind, body = found
            if refused := await self._client.write(places[kind], body):
                # Older than they are kept, most likely. What is not summed up is read sample by sample.
                logger.warning("roll-ups are refused; charts do without them", reason=refused.reason)


def _units(growths: Sequence[Growth]) -> Made:
    return {BlockId(one.name, UNIT, number): unit(number, part) for one in growths for number, part in _parts(one)}


def _parts(growth: Growth) -> Iterator[tuple[int, Samples]]:
    """The samples of each unit, with its number."""
    _, start, samples = growth
    for number in range(start // UNIT, (start + len(samples)) // UNIT):
        yield number, samples.part(number * UNIT - start, (number + 1) * UNIT - start)


def _lines(growths: Sequence[Growth], made: Made) -> Iterator[Line]:
    for id_, block in made.items():
        yield from (("rollup", line) for line in rollup_lines(id_.series, block))
    for one in growths:
        for number, part in _parts(one):
            yield layout(one.name.key).measurement, packed_line(one.name, number, part)


def _bodies(lines: Iterator[Line]) -> Iterator[tuple[Kind, bytes]]:
    growing: dict[Kind, list[str]] = {}
    size = 0
    for kind, line in lines:
        growing.setdefault(kind, []).append(line)
        size += len(line)
        if size > BODY_BYTES:
            yield from _encoded(growing)
            growing, size = {}, 0
    yield from _encoded(growing)


def _encoded(lines: Mapping[Kind, Sequence[str]]) -> Iterator[tuple[Kind, bytes]]:
    yield from ((kind, "\n".join(some).encode()) for kind, some in lines.items())


async def _earlier(asking: Asking, wanted: Sequence[BlockId], made: Sequence[Block]) -> list[Block]:
    """The blocks wanted that are older than those made, each with the levels that a block of all needs."""
    first, key = made[0].about, wanted[0].series.key
    [abouts] = await read_abouts(asking, first.span, [Stretch(key, 0, first.time.low - 1)], FAN_OUT)
    abouts = [about for about in abouts if about.number in {one.number for one in wanted}]
    everything = [*abouts, *(one.about for one in made)]
    levels: dict[About, dict[StoreAxis, Levels]] = {about: {} for about in abouts}
    for axis in AXES:
        extent = roll_extent(axis, everything)
        pieces = [
            Piece(key, [about], own.level(extent.finest)) for about in abouts if extent and (own := about.on(axis))
        ]
        for piece, texts in zip(pieces, await read_pieces(asking, axis, pieces), strict=True):
            if texts and piece.exponent is not None:
                levels[piece.blocks[0]][axis] = {piece.exponent: unpack_cells(texts[0])}
    return [Block(about, levels[about]) for about in abouts if len(levels[about]) == (2 if about.step else 1)]

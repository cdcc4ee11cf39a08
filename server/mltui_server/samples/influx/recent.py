"""Blocks that no larger one is made of yet: kept, so that they need not be read to make it."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from mltui_server.samples.influx.rollups import FAN_OUT, SPANS, UNIT, Block, Levels
from mltui_server.samples.store import SeriesName

KEPT_BLOCKS = 2_000
"""Over all series: some 50 MB. Those that were made last are kept."""


class BlockId(NamedTuple):
    series: SeriesName
    span: int
    number: int

    def children(self) -> "list[BlockId]":
        """Those that it is made of, in order."""
        numbers = range(self.number * FAN_OUT, (self.number + 1) * FAN_OUT)
        return [BlockId(self.series, self.span // FAN_OUT, number) for number in numbers]


class Recent:
    def __init__(self) -> None:
        self._blocks: OrderedDict[BlockId, Block] = OrderedDict()

    def get(self, id_: BlockId) -> Block | None:
        """Perhaps without its finest cells."""
        return self._blocks.get(id_)

    def add(self, made: Iterable[tuple[BlockId, Block]]) -> None:
        """Smaller ones before the larger that are made of them."""
        for id_, block in made:
            for child in id_.children():
                self._blocks.pop(child, None)
            if id_.span < SPANS[0]:
                self._blocks[id_] = block if id_.span == UNIT else _coarse(block)
        while len(self._blocks) > KEPT_BLOCKS:
            self._blocks.popitem(last=False)


def _coarse(block: Block) -> Block:
    """Most of what it takes are its finest cells, and those of the larger one are coarser."""
    levels = {axis: _without_finest(one) for axis, one in block.levels.items()}
    return replace(block, levels=levels)


def _without_finest(levels: Levels) -> Levels:
    finest = min(levels)
    return {exponent: cells for exponent, cells in levels.items() if exponent > finest} or levels

"""Which blocks to read a series from: large ones where they will do, smaller ones where they are opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from mltui_server.samples.grid import EXTENT
from mltui_server.samples.influx.asking import Asking, Stretch
from mltui_server.samples.influx.blocks import read_abouts, read_latest_abouts
from mltui_server.samples.influx.rollups import SPANS, About


@dataclass(frozen=True)
class Cover:
    """Blocks of one series in order, no two of which have a sample in common."""

    key: str
    blocks: Sequence[About]

    def gaps(self, first: int, last: int) -> list[Stretch]:
        """Where samples are, from one time to another, that are in no block. After the last block, always."""
        found, samples, after = [], 0, first
        for about in self.blocks:
            if about.begin != samples:
                found.append(Stretch(self.key, after, min(last, about.time.low - 1)))
            samples, after = about.end, max(first, about.time.high + 1)
        found.append(Stretch(self.key, after, last))
        return [one for one in found if one.first <= one.last]

    def everywhere(self) -> list[Stretch]:
        return self.gaps(*EXTENT["time"])


async def covers(asking: Asking, keys: Sequence[str]) -> list[Cover]:
    """Each series in the largest blocks there are."""
    latest = await read_latest_abouts(asking, keys)
    found = [_cover(key, abouts) for key, abouts in zip(keys, latest, strict=True)]
    for span in SPANS:
        holes = [cover.everywhere()[:-1] for cover in found]
        if not any(holes):
            break
        found = await _filled(asking, found, span, holes)
    return found


async def opened(asking: Asking, given: Sequence[Cover], wanted: Callable[[About], bool]) -> list[Cover]:
    """With smaller blocks in place of those that are `wanted`."""
    found = list(given)
    for span, smaller in pairwise(SPANS):
        holes, kept = [], []
        for cover in found:
            open_ = [about.span == span and wanted(about) for about in cover.blocks]
            runs = [
                [about for about, _ in run]
                for away, run in groupby(zip(cover.blocks, open_, strict=True), lambda pair: pair[1])
                if away
            ]
            holes.append([Stretch(cover.key, run[0].time.low, run[-1].time.high) for run in runs])
            kept.append(Cover(cover.key, [about for about, away in zip(cover.blocks, open_, strict=True) if not away]))
        found = await _filled(asking, kept, smaller, holes)
    return found


async def _filled(asking: Asking, given: Sequence[Cover], span: int, holes: Sequence[Sequence[Stretch]]) -> list[Cover]:
    """With the blocks of one span that are in the holes of each."""
    answers = iter(await read_abouts(asking, span, [hole for several in holes for hole in several]))
    return [
        _cover(cover.key, [*cover.blocks, *(about for _ in several for about in next(answers))]) if several else cover
        for cover, several in zip(given, holes, strict=True)
    ]


def _cover(key: str, abouts: Sequence[About]) -> Cover:
    blocks, end = [], 0
    for about in sorted(abouts, key=lambda about: (about.begin, -about.span)):
        if about.begin >= end:
            blocks.append(about)
            end = about.end
    return Cover(key, blocks)

"""Samples that are in no block: few after the last block, read once and kept; where there are many, page by page."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from mltui_server.samples.grid import StoreAxis
from mltui_server.samples.influx.asking import Stretch
from mltui_server.samples.influx.points import PointReader, Steps
from mltui_server.samples.influx.rollups import UNIT
from mltui_server.samples.influx.series import Samples


@dataclass
class Loose:
    points: PointReader
    short: dict[Stretch, Samples] = field(default_factory=dict)
    """What has been read in full."""
    looked: set[Stretch] = field(default_factory=set)

    async def look(self, stretches: Sequence[Stretch]) -> None:
        """Read those that have less than a unit, once."""
        new = [one for one in stretches if one not in self.looked]
        self.looked.update(new)
        for stretch, samples in zip(new, await self.points.first(new, UNIT), strict=True):
            if len(samples) < UNIT:
                self.short[stretch] = samples

    async def extremes(self, axis: StoreAxis, stretches: Sequence[Stretch]) -> list[int]:
        """Points of the axis, the first and the last among them; none where there are no samples."""
        known = [self.short[one].on_axis(axis).points for one in stretches if one in self.short]
        long = [one for one in stretches if one not in self.short]
        ends = [int(end) for points in known if len(points) for end in (points.min(), points.max())]
        return ends + await self.points.extremes(axis, long)

    async def pages(self, stretches: Sequence[Stretch], steps: Steps | None) -> AsyncIterator[tuple[str, Samples]]:
        """Samples of one stretch at a time; of those that are long, with these steps only."""
        for stretch in stretches:
            if stretch in self.short:
                yield stretch.key, self.short[stretch]
        async for found in self.points.pages([one for one in stretches if one not in self.short], steps):
            yield found

"""Points by bucket of time: what a chart is drawn from."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pyarrow as pa

from mltui.wire.metrics import EnumData, GaugeData, GaugeSeries, HistogramData, MetricData, MetricType
from mltui_server.lib.errors import Invalid
from mltui_server.metrics.enums import Durations
from mltui_server.metrics.histograms import Increases
from mltui_server.metrics.selecting import Selection
from mltui_server.metrics.successive import Floats, borders_within
from mltui_server.metrics.times import iso
from mltui_server.samples.grid import grid_over
from mltui_server.samples.points import SCHEMAS, PointStore
from mltui_server.samples.store import BucketColumns

MAX_BUCKETS = 5_000
MAX_SERIES = 500
"""Label sets of one answer."""
MAX_CELLS = 250_000
"""Label sets times buckets."""
READ_TIMEOUT_S = 20.0
SECOND_NS = 10**9
QUANTILES = "0.5,0.9,0.99"


def quantiles_of(text: str) -> list[str]:
    """Raises Invalid unless each is from 0 to 1."""
    found = [part.strip() for part in text.split(",")]
    for part in found:
        try:
            good = 0 <= float(part) <= 1
        except ValueError:
            good = False
        if not good:
            raise Invalid(f"quantiles={text!r}: {part!r} is no quantile; write numbers from 0 to 1, as 0.5,0.99")
    return list(dict.fromkeys(found))


async def read_buckets(store: PointStore, selection: Selection, buckets: int, quantiles: str) -> MetricData:
    """Raises Invalid for too much at a time, or what takes too long, StoreError for a store that does not answer."""
    wanted = quantiles_of(quantiles)
    if not 1 <= buckets <= MAX_BUCKETS:
        raise Invalid(f"buckets={buckets}; it must be between 1 and {MAX_BUCKETS}")
    count = len(selection.points.series)
    filters = f"filter by {' or '.join(selection.keys)}" if selection.keys else "narrow the range"
    if count > MAX_SERIES:
        raise Invalid(f"{count} label sets have points here; at most {MAX_SERIES} are read at a time: {filters}")
    if count * buckets > MAX_CELLS:
        raise Invalid(f"{count} label sets in {buckets} buckets are too much; ask for fewer buckets, or {filters}")
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await Reading(store, selection, buckets).answer(wanted)
    except TimeoutError:
        await store.answer()
        fewer = f", or {filters}" if count > 1 and selection.keys else ""
        raise Invalid(
            f"{count} label sets from {iso(selection.points.first)} to {iso(selection.points.last)} take longer "
            f"than {READ_TIMEOUT_S:g} s to read; ask for a shorter range{fewer}"
        ) from None


class Reading:
    """One question put to the store."""

    def __init__(self, store: PointStore, selection: Selection, buckets: int) -> None:
        self._store, self._selection = store, selection
        points = selection.points
        self._grid = grid_over("time", points.first, points.last, buckets)
        self._start, self._end = points.first / SECOND_NS, points.last / SECOND_NS
        self._width = self._grid.width / SECOND_NS
        self._borders = borders_within(self._grid, points.first, points.last)
        self._x: Floats = np.array([self._grid.border(at) for at in range(len(self._borders) - 1)]) / SECOND_NS

    async def answer(self, quantiles: Sequence[str]) -> MetricData:
        match self._selection.type:
            case MetricType.GAUGE:
                return await self._gauge()
            case MetricType.ENUM:
                return await self._enum()
            case MetricType.HISTOGRAM:
                return await self._histogram(quantiles)

    async def _gauge(self) -> GaugeData:
        points = self._selection.points
        found = await self._store.gauge_buckets(points, self._grid) if points.series else []
        by_series = {int(columns.key): columns for columns in found}
        return GaugeData(
            start=self._start,
            end=self._end,
            width=self._width,
            series=[
                self._gauge_series(labels, by_series[id_])
                for id_, labels in self._selection.labels.items()
                if id_ in by_series
            ],
            cursor=self._selection.version,
        )

    def _gauge_series(self, labels: dict[str, str], found: BucketColumns) -> GaugeSeries:
        return GaugeSeries(
            labels=labels,
            x=self._x[found.index].tolist(),
            min=found.min,
            max=found.max,
            first=found.first,
            last=found.last,
            mean=found.mean,
            count=found.count,
            nonfinite=found.nonfinite,
        )

    async def _enum(self) -> EnumData:
        durations = Durations(self._borders, await self._before())
        await self._feed(durations.add)
        durations.close(min(self._selection.points.last, self._selection.now))
        return EnumData(
            start=self._start,
            end=self._end,
            width=self._width,
            states=durations.states,
            series=durations.series(self._selection.labels, self._x),
            cursor=self._selection.version,
        )

    async def _histogram(self, quantiles: Sequence[str]) -> HistogramData:
        increases = Increases(self._borders, await self._before())
        await self._feed(increases.add)
        return increases.data(
            self._selection.labels,
            self._x,
            quantiles,
            start=self._start,
            end=self._end,
            width=self._width,
            cursor=self._selection.version,
        )

    async def _before(self) -> pa.Table:
        """The last point of each series before the range."""
        points = self._selection.points
        if not points.series or not points.first:
            return SCHEMAS[points.type].empty_table()
        return await self._store.last(replace(points, first=0, last=points.first - 1))

    async def _feed(self, add: Callable[[pa.RecordBatch], None]) -> None:
        if self._selection.points.series:
            async with aclosing(self._store.outline(self._selection.points, self._grid)) as batches:
                async for batch in batches:
                    await asyncio.to_thread(add, batch)

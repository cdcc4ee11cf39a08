"""The port for points of operational metrics. Times stay as they were given; a point replaces one of the same time."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from mltui.wire.metrics import MetricType
from mltui_server.samples.batch import MAX_TIME
from mltui_server.samples.grid import Grid
from mltui_server.samples.store import BucketColumns

SERIES, TIME = pa.field("series", pa.int64()), pa.field("time", pa.int64())
SCHEMAS: Mapping[MetricType, pa.Schema] = {
    MetricType.GAUGE: pa.schema([SERIES, TIME, pa.field("value", pa.float64())]),
    MetricType.ENUM: pa.schema([SERIES, TIME, pa.field("state", pa.string())]),
    MetricType.HISTOGRAM: pa.schema(
        [
            SERIES,
            TIME,
            pa.field("le", pa.list_(pa.float64())),
            pa.field("n", pa.list_(pa.float64())),
            pa.field("sum", pa.float64()),
        ]
    ),
}
"""Points as columns. `series` is a label set's id, `time` ns. `le` grows and ends with infinity, `n` is cumulative, and
`sum` null where it is not known."""


@dataclass(frozen=True)
class PointSeries:
    """A label set. The id is its own for ever; metric and labels are for who reads the store without us."""

    id: int
    metric: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class PointRange:
    """Points of some series between two times (ns), both included."""

    type: MetricType
    series: Sequence[PointSeries]
    first: int = 0
    last: int = MAX_TIME


@dataclass(frozen=True)
class RefusedPoints:
    """What the store will never take, and why, in its own words."""

    points: pa.Table
    reason: str


class PointStore(Protocol):
    """Every method raises StoreError where the store cannot be used. Cancelling a read stops its work."""

    async def write(
        self, type_: MetricType, series: Mapping[int, PointSeries], points: pa.Table
    ) -> Sequence[RefusedPoints]:
        """Add points, no two of one series and time; each takes the place of one that is there. Readable at its end."""

    def read(
        self, wanted: PointRange, *, descending: bool = False, limit: int | None = None
    ) -> AsyncGenerator[pa.RecordBatch, None]:
        """Points ordered by (time, series), or the reverse of that, in bounded memory; about `limit` are wanted."""

    async def last(self, wanted: PointRange) -> pa.Table:
        """The last point of each series that has any."""

    async def gauge_buckets(self, wanted: PointRange, grid: Grid) -> Sequence[BucketColumns]:
        """Exact statistics by bucket of the grid; `key` is the series' id. Those with points only."""

    def outline(self, wanted: PointRange, grid: Grid) -> AsyncGenerator[pa.RecordBatch, None]:
        """Points of enums or histograms, ordered by time within a series.

        Some may be left out: of an enum, those between two of the same state; of a histogram, those that another of
        the same bucket of the grid follows, where counts grew all the way. Of the others, times are in their bucket.
        """

    async def delete(self, series: Collection[int]) -> None:
        """Forget every point of these."""

    async def answer(self) -> None:
        """Does nothing, soon. Raises StoreError otherwise."""

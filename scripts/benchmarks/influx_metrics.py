"""Operational metrics on InfluxDB: 500 buckets of a million points of each type, ten label sets together."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from benchmarks.figure import Figure
from benchmarks.influxd import influx_server
from mltui.wire.metrics import MetricType
from mltui_server.lib.ids import new_id
from mltui_server.metrics.reading import read_buckets
from mltui_server.metrics.selecting import Selection
from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.points import SCHEMAS, PointRange, PointSeries, PointStore

POINTS, QUICK_POINTS = 1_000_000, 20_000
LABEL_SETS, WRITES = 10, 10
START_NS, EVERY_NS = 1_760_000_000 * 10**9, 10**10
BUCKETS, TIMES = 500, 5
BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, float("inf")]
STATES = np.array(["healthy", "degraded", "down"])
AIMS_MS = {MetricType.GAUGE: 1_000, MetricType.ENUM: 2_000, MetricType.HISTOGRAM: 3_000}

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]


def figures(quick: bool) -> Iterator[Figure]:
    """The store as a server uses it, without HTTP around it."""
    points = QUICK_POINTS if quick else POINTS
    with influx_server() as url:
        if url is None:
            return
        took = asyncio.run(_measured(url, points))
    for type_, ms in took.items():
        yield Figure(
            name=f"InfluxDB: 500 buckets of {points:,} points of a metric of type {type_}",
            value=ms, unit="ms", aim=f"< {AIMS_MS[type_]:,}",
        )  # fmt: skip


async def _measured(url: str, points: int) -> dict[MetricType, float]:
    store = InfluxStore(Access(url, "bench"), Retention())
    took = {}
    for number, type_ in enumerate(MetricType):
        ids = range(number * LABEL_SETS, (number + 1) * LABEL_SETS)
        series = {id_: PointSeries(id_, "bench", {"s": str(id_)}) for id_ in ids}
        await _write(store.points, type_, series, points // LABEL_SETS)
        last = START_NS + (points // LABEL_SETS - 1) * EVERY_NS
        selection = Selection(new_id(), ["s"], 1, PointRange(type_, list(series.values()), START_NS, last), last)
        took[type_] = statistics.median([await _once_ms(store.points, selection) for _ in range(TIMES)])
    await store.close()
    return took


async def _write(store: PointStore, type_: MetricType, series: dict[int, PointSeries], points: int) -> None:
    """So many of each series, in the order of their times."""
    for part in np.array_split(np.arange(points), WRITES):
        tables = [
            pa.table([pa.array([id_] * len(part)), pa.array(START_NS + part * EVERY_NS), *_COLUMNS[type_](part)],
                     schema=SCHEMAS[type_])
            for id_ in series
        ]  # fmt: skip
        await store.write(type_, series, pa.concat_tables(tables))


async def _once_ms(store: PointStore, selection: Selection) -> float:
    started = time.perf_counter()
    found = await read_buckets(store, selection, BUCKETS, "0.5,0.9,0.99")
    took = (time.perf_counter() - started) * 1000
    if len(found.series) != LABEL_SETS:
        raise RuntimeError("a label set that was written is not there")
    return took


def _gauge(part: Numbers) -> list[pa.Array]:
    return [pa.array(np.random.default_rng(int(part[0])).normal(size=len(part)).cumsum())]


def _enum(part: Numbers) -> list[pa.Array]:
    """A state lasts for 3,700 points."""
    return [pa.array(STATES[part // 3_700 % len(STATES)].tolist())]


def _histogram(part: Numbers) -> list[pa.Array]:
    """Begins anew after 30,000 points."""
    counts = np.outer(part % 30_000, np.arange(1.0, len(BOUNDS) + 1))
    ends = pa.array(np.arange(0, counts.size + 1, len(BOUNDS)), pa.int32())
    le, n = pa.array(np.tile(BOUNDS, len(part))), pa.array(counts.ravel())
    return [pa.ListArray.from_arrays(ends, le), pa.ListArray.from_arrays(ends, n), pa.array(counts[:, -1] / 10)]


_COLUMNS: dict[MetricType, Callable[[Numbers], Sequence[pa.Array]]] = {
    MetricType.GAUGE: _gauge,
    MetricType.ENUM: _enum,
    MetricType.HISTOGRAM: _histogram,
}

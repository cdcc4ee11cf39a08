"""Points of operational metrics in DuckDB: a table for each type, in the order in which they came.

Live points come in the order of their times, so that what lies in a range of time is found by DuckDB's zone maps. What
is put into the statements are numbers of ours, never a client's text.
"""

from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from mltui.wire.metrics import MetricType
from mltui_server.samples.bucket_sql import SCALE
from mltui_server.samples.duckdb_file import DuckDBFile
from mltui_server.samples.grid import Grid
from mltui_server.samples.points import SCHEMAS, PointRange, PointSeries, RefusedPoints
from mltui_server.samples.store import BucketColumns

TABLES = {
    MetricType.GAUGE: "gauge_point",
    MetricType.ENUM: "state_point",
    MetricType.HISTOGRAM: "histogram_point",
}
WINDOW_ROWS = 100_000
"""Sorted at a time."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS gauge_point (series BIGINT NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL);
CREATE TABLE IF NOT EXISTS state_point (series BIGINT NOT NULL, time BIGINT NOT NULL, state VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS histogram_point (
    series BIGINT NOT NULL, time BIGINT NOT NULL, le DOUBLE[] NOT NULL, n DOUBLE[] NOT NULL, sum DOUBLE);
"""


class DuckDBPoints:
    """The part of DuckDBStore that is about points."""

    def __init__(self, file: DuckDBFile) -> None:
        self._file = file
        file.connection.execute(SCHEMA)

    async def write(
        self, type_: MetricType, series: Mapping[int, PointSeries], points: pa.Table
    ) -> Sequence[RefusedPoints]:
        await self._file.write(lambda: self._replace(TABLES[type_], points))
        return ()

    def _replace(self, table: str, points: pa.Table) -> None:
        times = pc.min_max(points["time"])
        # The bounds let DuckDB pass over all that is older, which is all there is when points come as they happen.
        replaced = (
            f"DELETE FROM {table} USING arriving WHERE {table}.series = arriving.series "
            f"AND {table}.time = arriving.time AND {table}.time BETWEEN {times['min']} AND {times['max']}"
        )
        with self._file.transaction(), self._file.arriving(points):
            self._file.connection.execute(replaced)
            self._file.connection.execute(f"INSERT INTO {table} SELECT * FROM arriving")

    async def read(
        self, wanted: PointRange, *, descending: bool = False, limit: int | None = None
    ) -> AsyncGenerator[pa.RecordBatch, None]:
        way = "DESC" if descending else "ASC"
        windows = await self._windows(wanted) if limit is None else [wanted]
        for window in reversed(windows) if descending else windows:
            statement = f"FROM {TABLES[wanted.type]} WHERE {_within(window)} ORDER BY time {way}, series {way}"
            if limit is not None:
                statement += f" LIMIT {limit}"
            async with aclosing(self._file.stream(statement)) as batches:
                async for batch in batches:
                    yield batch.cast(SCHEMAS[wanted.type])

    async def _windows(self, wanted: PointRange) -> list[PointRange]:
        """The range in parts of about WINDOW_ROWS: what is sorted at a time does not grow with it."""
        where = f"FROM {TABLES[wanted.type]} WHERE {_within(wanted)}"
        rows = await self._file.read(lambda cursor: cursor.execute(f"SELECT count(*) {where}").fetchall())
        count = rows[0][0] // WINDOW_ROWS
        if not count:
            return [wanted]
        shares = [at / (count + 1) for at in range(1, count + 1)]
        rows = await self._file.read(
            lambda cursor: cursor.execute(f"SELECT approx_quantile(time, {shares}) {where}").fetchall()
        )
        starts = sorted({wanted.first, *(time for time in rows[0][0] if wanted.first < time <= wanted.last)})
        ends = [*(start - 1 for start in starts[1:]), wanted.last]
        return [replace(wanted, first=first, last=last) for first, last in zip(starts, ends, strict=True)]

    async def last(self, wanted: PointRange) -> pa.Table:
        schema = SCHEMAS[wanted.type]
        statement = (
            f"SELECT unnest(arg_max(point, time)) FROM {TABLES[wanted.type]} AS point WHERE {_within(wanted)} "
            "GROUP BY series"
        )
        batches = [batch.cast(schema) async for batch in self._file.stream(statement)]
        return pa.Table.from_batches(batches, schema)

    async def gauge_buckets(self, wanted: PointRange, grid: Grid) -> Sequence[BucketColumns]:
        return await self._file.read(lambda cursor: _buckets(cursor, wanted, grid))

    def outline(self, wanted: PointRange, grid: Grid) -> AsyncGenerator[pa.RecordBatch, None]:
        return self.read(wanted)

    async def delete(self, series: Collection[int]) -> None:
        def delete() -> None:
            with self._file.transaction():
                for table in TABLES.values():
                    self._file.connection.execute(f"DELETE FROM {table} WHERE {_one_of(series)}")

        if series:
            await self._file.write(delete)

    async def answer(self) -> None:
        """It is in this process."""


def _within(wanted: PointRange) -> str:
    return f"{_one_of(one.id for one in wanted.series)} AND time BETWEEN {wanted.first} AND {wanted.last}"


def _one_of(series: Iterable[int]) -> str:
    return f"series IN ({', '.join(map(str, series))})"


def _buckets(cursor: duckdb.DuckDBPyConnection, wanted: PointRange, grid: Grid) -> list[BucketColumns]:
    # On the axis of time a width is whole.
    bucket = f"((time - {grid.start}) // {int(grid.width)})::INTEGER"
    rows = cursor.execute(
        f"SELECT series, {bucket} AS bucket, min(v), max(v), arg_min(v, time), arg_max(v, time), "
        f"sum(v / {SCALE}::DOUBLE) / nullif(count(v), 0) * {SCALE}::DOUBLE, count(*), count(*) - count(v) "
        "FROM (SELECT series, time, CASE WHEN isfinite(value) THEN value END AS v "
        f"FROM gauge_point WHERE {_within(wanted)}) GROUP BY series, bucket ORDER BY series, bucket"
    ).fetchall()
    by_series: dict[int, list[tuple[object, ...]]] = {}
    for series, *row in rows:
        by_series.setdefault(series, []).append(tuple(row))
    return [BucketColumns(str(series), *map(list, zip(*found, strict=True))) for series, found in by_series.items()]

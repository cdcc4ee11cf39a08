"""Points of operational metrics in InfluxDB: where run metrics are, and kept as long."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Literal

import numpy as np
import pyarrow as pa

from mltui.wire.metrics import MetricType
from mltui_server.samples.grid import Grid
from mltui_server.samples.influx.cells import Sums, summed
from mltui_server.samples.influx.client import InfluxClient, Place
from mltui_server.samples.influx.control import Control
from mltui_server.samples.influx.lines import BODY_BYTES, BODY_LINES
from mltui_server.samples.influx.point_lines import lines
from mltui_server.samples.influx.point_rows import FIELDS, Row, batch
from mltui_server.samples.influx.schema import POINTS, name
from mltui_server.samples.influx.series import Placed
from mltui_server.samples.points import SCHEMAS, PointRange, PointSeries, RefusedPoints
from mltui_server.samples.store import BucketColumns

PAGE_ROWS = 50_000
"""Of one answer: some 10 MB."""
STATEMENTS = 200
"""Of one request."""

KIND: Literal["metric"] = "metric"
"""What they are kept with."""


class InfluxPoints:
    """The part of InfluxStore that is about points. `control`: of the server, once it has been greeted."""

    def __init__(self, client: InfluxClient, control: Callable[[], AbstractAsyncContextManager[Control]]) -> None:
        self._client, self._control = client, control

    async def write(
        self, type_: MetricType, series: Mapping[int, PointSeries], points: pa.Table
    ) -> Sequence[RefusedPoints]:
        made = await asyncio.to_thread(lines, type_, series, points)
        refused: list[RefusedPoints] = []
        async with self._control() as control:
            place = control.places[KIND]
            for start in range(0, len(made), BODY_LINES):
                refused += await self._send(place, made[start : start + BODY_LINES])
        return refused

    async def _send(self, place: Place, part: Sequence[str]) -> list[RefusedPoints]:
        """Halves what is too large, or refused, until single lines are left: there is something wrong with those."""
        body = "\n".join(part).encode()
        answer = await self._client.write(place, body) if len(body) <= BODY_BYTES else None
        if len(body) <= BODY_BYTES and answer is None:
            return []
        if answer is not None and len(part) in (1, answer.lines):
            return [RefusedPoints("\n".join(part), answer.reason)]
        middle = len(part) // 2
        return await self._send(place, part[:middle]) + await self._send(place, part[middle:])

    async def read(
        self, wanted: PointRange, *, descending: bool = False, limit: int | None = None
    ) -> AsyncGenerator[pa.RecordBatch, None]:
        first, last = wanted.first, wanted.last
        count = PAGE_ROWS if limit is None or wanted.type is MetricType.HISTOGRAM else min(limit, PAGE_ROWS)
        async with self._control() as control:
            place = control.places[KIND]
            while first <= last:
                way = "DESC" if descending else "ASC"
                where = _condition(wanted.series, first, last)
                source = place.source(POINTS[wanted.type])
                [result] = await self._client.query(
                    place,
                    [f"SELECT {FIELDS[wanted.type]} FROM {source} WHERE {where} ORDER BY time {way} LIMIT {count}"],
                )
                rows = result.rows.values
                whole = len(rows) < count and not result.rows.partial
                # The last time may be cut in two: all of it comes with the next page.
                edge = None if whole or not rows else rows[-1][0]
                ready = [row for row in rows if row[0] != edge]
                if ready:
                    yield await asyncio.to_thread(lambda: batch(wanted.type, ready, descending=descending))  # noqa: B023
                if edge is None:
                    break
                count = count if ready else count * 2
                first, last = (first, edge) if descending else (edge, last)

    async def last(self, wanted: PointRange) -> pa.Table:
        """Of a histogram, the last point of which anything is there."""
        source = POINTS[wanted.type]
        field = {"gauge": "nf", "state": "s", "histogram": "bounds"}[source]
        where = _condition(wanted.series, wanted.first, wanted.last)
        async with self._control() as control:
            place = control.places[KIND]
            [found] = await self._client.query(
                place, [f'SELECT last({name(field)}) FROM {place.source(source)} WHERE {where} GROUP BY "labelset"']
            )
            times = {int(rows.tags["labelset"]): rows.values[0][0] for rows in found.series}
            statements = [
                f"SELECT {FIELDS[wanted.type]} FROM {place.source(source)} "
                f"WHERE {_condition([one], times[one.id], times[one.id])}"
                for one in wanted.series
                if one.id in times
            ]
            rows: list[Row] = []
            for start in range(0, len(statements), STATEMENTS):
                results = await self._client.query(place, statements[start : start + STATEMENTS])
                rows += [row for result in results for row in result.rows.values]
        return pa.Table.from_batches([batch(wanted.type, rows)], SCHEMAS[wanted.type])

    async def gauge_buckets(self, wanted: PointRange, grid: Grid) -> Sequence[BucketColumns]:
        sums = Sums()
        async with aclosing(self.read(wanted)) as batches:
            async for points in batches:
                await asyncio.to_thread(_sum_up, points, grid, sums)
        return sums.all()

    async def delete(self, series: Collection[int]) -> None:
        async with self._control() as control:
            await control.delete_points(series)


def _sum_up(points: pa.RecordBatch, grid: Grid, sums: Sums) -> None:
    series, times, values = (points[column].to_numpy() for column in ("series", "time", "value"))
    for id_ in np.unique(series).tolist():
        mine = series == id_
        sums.add(str(id_), summed(Placed(times[mine], times[mine], values[mine]), grid.index(times[mine])))


def _condition(series: Iterable[PointSeries], first: int, last: int) -> str:
    wanted = " OR ".join(f"\"labelset\" = '{one.id}'" for one in series)
    return f"({wanted}) AND time >= {first} AND time <= {last}"

"""Points of operational metrics in InfluxDB: where run metrics are, and kept as long."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Literal

import numpy as np
import pyarrow as pa

from mltui.wire.metrics import MetricType
from mltui_server.samples.grid import Grid
from mltui_server.samples.influx.cells import Sums, summed
from mltui_server.samples.influx.client import InfluxClient, Place
from mltui_server.samples.influx.lines import BODY_BYTES, BODY_LINES
from mltui_server.samples.influx.point_gauges import gauge_buckets
from mltui_server.samples.influx.point_groups import Groups, within
from mltui_server.samples.influx.point_lines import lines
from mltui_server.samples.influx.point_links import Links
from mltui_server.samples.influx.point_outline import finer, outline
from mltui_server.samples.influx.point_rows import FIELDS, Row, batch
from mltui_server.samples.influx.presence import Presence
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
    """The part of InfluxStore that is about points."""

    def __init__(self, client: InfluxClient, presence: Presence) -> None:
        self._client, self._presence = client, presence
        self._links = Links()

    async def write(
        self, type_: MetricType, series: Mapping[int, PointSeries], points: pa.Table
    ) -> Sequence[RefusedPoints]:
        made, rows = await asyncio.to_thread(lines, type_, series, points, self._links)
        refused: list[tuple[range, str]] = []
        async with self._presence.control() as control:
            for start in range(0, len(made), BODY_LINES):
                part = range(start, min(start + BODY_LINES, len(made)))
                refused += await self._send(control.places[KIND], made, part)
        # A point is refused once, however many of its lines were.
        reasons = {rows[at]: reason for part, reason in refused for at in part}
        by_reason: dict[str, list[int]] = {}
        for row, reason in reasons.items():
            by_reason.setdefault(reason, []).append(row)
        return [RefusedPoints(points.take(found), reason) for reason, found in by_reason.items()]

    async def _send(self, place: Place, made: Sequence[str], part: range) -> list[tuple[range, str]]:
        """Halves what is too large, or refused, until single lines are left: there is something wrong with those."""
        body = "\n".join(made[part.start : part.stop]).encode()
        answer = await self._client.write(place, body) if len(body) <= BODY_BYTES else None
        if len(body) <= BODY_BYTES and answer is None:
            return []
        if answer is not None and len(part) in (1, answer.lines):
            return [(part, answer.reason)]
        middle = len(part) // 2
        return await self._send(place, made, part[:middle]) + await self._send(place, made, part[middle:])

    async def read(
        self, wanted: PointRange, *, descending: bool = False, limit: int | None = None
    ) -> AsyncGenerator[pa.RecordBatch, None]:
        first, last = wanted.first, wanted.last
        count = PAGE_ROWS if limit is None or wanted.type is MetricType.HISTOGRAM else min(limit, PAGE_ROWS)
        async with self._presence.control() as control:
            place = control.places[KIND]
            while first <= last:
                way = "DESC" if descending else "ASC"
                where = within(wanted.series, first, last)
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
        where = within(wanted.series, wanted.first, wanted.last)
        async with self._presence.control() as control:
            place = control.places[KIND]
            [found] = await self._client.query(
                place, [f'SELECT last({name(field)}) FROM {place.source(source)} WHERE {where} GROUP BY "labelset"']
            )
            times = {int(rows.tags["labelset"]): rows.values[0][0] for rows in found.series}
            statements = [
                f"SELECT {FIELDS[wanted.type]} FROM {place.source(source)} "
                f"WHERE {within([one], times[one.id], times[one.id])}"
                for one in wanted.series
                if one.id in times
            ]
            rows: list[Row] = []
            for start in range(0, len(statements), STATEMENTS):
                results = await self._client.query(place, statements[start : start + STATEMENTS])
                rows += [row for result in results for row in result.rows.values]
        return pa.Table.from_batches([batch(wanted.type, rows)], SCHEMAS[wanted.type])

    async def gauge_buckets(self, wanted: PointRange, grid: Grid) -> Sequence[BucketColumns]:
        async with self._presence.control() as control:
            found, beyond = await gauge_buckets(Groups(self._client, control.places[KIND], wanted, grid))
        return found + await self._by_point(replace(wanted, series=beyond), grid) if beyond else found

    async def answer(self) -> None:
        await self._presence.look()

    async def _by_point(self, wanted: PointRange, grid: Grid) -> list[BucketColumns]:
        sums = Sums()
        async with aclosing(self.read(wanted)) as batches:
            async for points in batches:
                await asyncio.to_thread(_sum_up, points, grid, sums)
        return sums.all()

    async def outline(self, wanted: PointRange, grid: Grid) -> AsyncGenerator[pa.RecordBatch, None]:
        async with self._presence.control() as control:
            groups = Groups(self._client, control.places[KIND], wanted, finer(grid, wanted))
            async with aclosing(outline(groups, self.read)) as batches:
                async for batch in batches:
                    yield batch

    async def delete(self, series: Collection[int]) -> None:
        async with self._presence.control() as control:
            await control.delete_points(series)


def _sum_up(points: pa.RecordBatch, grid: Grid, sums: Sums) -> None:
    series, times, values = (points[column].to_numpy() for column in ("series", "time", "value"))
    for id_ in np.unique(series).tolist():
        mine = series == id_
        sums.add(str(id_), summed(Placed(times[mine], times[mine], values[mine]), grid.index(times[mine])))

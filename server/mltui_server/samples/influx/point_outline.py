"""What is left of points when those are left out between which nothing turned: a state went on, counters grew.

InfluxDB sums up by cells, which are buckets or fine parts of them. Of a steady cell nothing more is read; cells in
which something may have turned are read point by point.
"""

import asyncio
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import pyarrow as pa

from mltui.wire.metrics import MetricType
from mltui_server.samples.grid import FINEST, Grid
from mltui_server.samples.influx.point_groups import Groups, Row
from mltui_server.samples.influx.point_lines import INFINITY
from mltui_server.samples.influx.point_links import fingerprint
from mltui_server.samples.influx.point_rows import bounds_of, number_of
from mltui_server.samples.points import SCHEMAS, PointRange

CELLS = 5_000
"""Of all series together: buckets are halved while they make fewer. The finer they are, the less is read by point."""

REQUEST_POINTS = 500
"""To read so many more costs less than to ask once more."""

Read = Callable[[PointRange], AsyncGenerator[pa.RecordBatch, None]]
Point = tuple[Any, ...]
"""(cell, series, *values)"""


class Judged(NamedTuple):
    turning: Mapping[int, set[int]]
    """By cell: the series of which something may have turned."""
    steady: Sequence[Point]
    """What is left of other cells, in their order."""
    points: Mapping[int, int]
    """By cell: how many there are of all series."""


class Run(NamedTuple):
    """Cells side by side, of which these series are read point by point."""

    start: int
    stop: int
    series: set[int]


def finer(grid: Grid, wanted: PointRange) -> Grid:
    """Its borders are those of the grid, and more."""
    buckets = (grid.index(wanted.last) + 1) * len(wanted.series)
    halvings = max(1, CELLS // buckets).bit_length() - 1
    return replace(grid, exponent=max(FINEST["time"], grid.exponent - halvings))


async def outline(groups: Groups, read: Read) -> AsyncGenerator[pa.RecordBatch, None]:
    """As the port says; what is left of a steady cell is at its end."""
    wanted, grid = groups.wanted, groups.grid
    judged = await (_states(groups) if wanted.type is MetricType.ENUM else _histograms(groups))
    cells, done = [point[0] for point in judged.steady], 0
    for run in _runs(judged):
        begun, ended = bisect_left(cells, run.start), bisect_left(cells, run.stop)
        others = [point for point in judged.steady[begun:ended] if point[1] not in run.series]
        if left := [*judged.steady[done:begun], *others]:
            yield _batch(groups, left)
        done = ended
        part = replace(
            wanted,
            series=[one for one in wanted.series if one.id in run.series],
            first=max(wanted.first, int(grid.border(run.start))),
            last=min(wanted.last, int(grid.border(run.stop)) - 1),
        )
        async with aclosing(read(part)) as batches:
            async for batch in batches:
                yield batch
    if done < len(cells):
        yield _batch(groups, judged.steady[done:])


def _runs(judged: Judged) -> Iterator[Run]:
    run: Run | None = None
    for cell, series in sorted(judged.turning.items()):
        if run is None:
            run = Run(cell, cell + 1, series)
        elif sum(judged.points.get(between, 0) for between in range(run.stop, cell)) <= REQUEST_POINTS:
            run = Run(run.start, cell + 1, run.series | series)
        else:
            yield run
            run = Run(cell, cell + 1, series)
    if run is not None:
        yield run


def _batch(groups: Groups, points: Sequence[Point]) -> pa.RecordBatch:
    schema, last = SCHEMAS[groups.wanted.type], groups.wanted.last
    rows = [(series, min(last, int(groups.grid.border(cell + 1)) - 1), *values) for cell, series, *values in points]
    return pa.record_batch([list(column) for column in zip(*rows, strict=True)], schema=schema)


async def _states(groups: Groups) -> Judged:
    states, counts = await groups.ask('distinct("s")'), await groups.ask('count("s")')
    return await asyncio.to_thread(lambda: Judged(_turning_states(states), (), _points(counts)))


def _turning_states(found: Mapping[int, Sequence[Row]]) -> Mapping[int, set[int]]:
    """Rows (cell, state). Steady: the cell has one state, the one before it the same, and another comes after it."""
    turning: dict[int, set[int]] = defaultdict(set)
    for series, rows in found.items():
        before: set[str] = set()
        for cell, group in groupby(rows, itemgetter(0)):
            states = {state for _, state in group}
            if len(states) > 1 or states != before:
                turning[cell].add(series)
            before = states
        turning[rows[-1][0]].add(series)
    return turning


async def _histograms(groups: Groups) -> Judged:
    fields = 'sum("counts_link"), last("bounds"), last("counts"), last("sum"), last("nf"), count("nf")'
    found = await groups.ask(fields, f"AND \"le\" = '{INFINITY}'")
    return await asyncio.to_thread(_judged_histograms, found)


def _judged_histograms(found: Mapping[int, Sequence[Row]]) -> Judged:
    """Rows (cell, sum of links, the last point's fields, how many).

    Steady: links lead from the point before the cell to its last one.
    """
    turning: dict[int, set[int]] = defaultdict(set)
    steady: list[Point] = []
    for series, rows in found.items():
        before = None
        for cell, links, bounds, counts, total, mark, _ in rows:
            now = fingerprint(bounds, counts) if counts is not None else None
            if now is None or before is None or links != now - before:
                turning[cell].add(series)
            else:
                numbers = [float(count) for count in counts.split()]
                steady.append((cell, series, bounds_of(bounds), numbers, number_of(total, mark)))
            before = now
    return Judged(turning, sorted(steady, key=itemgetter(0)), _points(found))


def _points(found: Mapping[int, Sequence[Row]]) -> Mapping[int, int]:
    """Rows (cell, …, how many)."""
    points: Counter[int] = Counter()
    for rows in found.values():
        for cell, *_, count in rows:
            points[cell] += count
    return points

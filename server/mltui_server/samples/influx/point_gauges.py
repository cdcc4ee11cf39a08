"""Exact buckets of gauges, of InfluxDB's own sums.

A point that is no number any more may still have the number that it was: `v` holds where `nf` is 0. So label sets that
have any other `nf` are asked for once more.
"""

import math
from collections.abc import Sequence

from mltui_server.samples.influx.point_groups import Groups, Row
from mltui_server.samples.influx.point_lines import FINITE
from mltui_server.samples.points import PointSeries
from mltui_server.samples.store import BucketColumns

STATISTICS = 'min("v"), max("v"), first("v"), last("v"), mean("v")'
NO_NUMBER: Row = (None, None, None, None, None, 0)
"""Statistics of a bucket without one, and how many there are."""


async def gauge_buckets(groups: Groups) -> tuple[list[BucketColumns], list[PointSeries]]:
    """Buckets; and the series that are not among them, as the sum of a bucket is more than InfluxDB can hold."""
    points = await groups.ask(f'{STATISTICS}, count("nf"), max("nf")')
    marked = [one for one in groups.wanted.series if any(row[-1] != FINITE for row in points.get(one.id, ()))]
    numbers = await groups.ask(f'{STATISTICS}, count("v")', f'AND "nf" = {FINITE}', marked) if marked else {}
    found, beyond = [], []
    for one in groups.wanted.series:
        rows = points.get(one.id, ())
        statistics = [row[1:-1] for row in rows]
        if one in marked:
            known = {row[0]: row[1:] for row in numbers.get(one.id, ())}
            statistics = [known.get(row[0], NO_NUMBER) for row in rows]
        if any(mean is not None and not math.isfinite(mean) for *_, mean, _ in statistics):
            beyond.append(one)
        elif rows:
            found.append(_columns(one, rows, statistics))
    return found, beyond


def _columns(series: PointSeries, rows: Sequence[Row], statistics: Sequence[Row]) -> BucketColumns:
    index, *_, count, _ = (list(column) for column in zip(*rows, strict=True))
    low, high, first, last, mean, finite = (list(column) for column in zip(*statistics, strict=True))
    nonfinite = [whole - part for whole, part in zip(count, finite, strict=True)]
    return BucketColumns(str(series.id), index, low, high, first, last, mean, count, nonfinite)

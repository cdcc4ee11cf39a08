"""Every sample of a series, in the order of an axis, in bounded memory.

By time InfluxDB gives them in order. By step it cannot: windows of steps are read that are small enough to be sorted.
"""

import math
from collections.abc import AsyncIterator
from dataclasses import replace

import pyarrow as pa

from mltui_server.samples.influx.points import Points, Reader
from mltui_server.samples.store import Selection

SORTED_ROWS = 100_000
"""Samples that are sorted at a time."""
ORDER = [("step", "ascending"), ("time", "ascending")]
SCHEMA = pa.schema([("step", pa.int64()), ("time", pa.int64()), ("value", pa.float64())])


async def exported(reader: Reader, selection: Selection, key: str) -> AsyncIterator[pa.RecordBatch]:
    """Batches of (step, time, value), ordered by (axis, time)."""
    one = replace(selection, keys=[key])
    if one.axis == "time":
        async for _, points in reader.pages(one):
            yield _batch(points)
        return
    bounds = await reader.bounds(one)
    if bounds is None:
        return
    low = bounds[0] if one.low is None else max(bounds[0], math.ceil(one.low))
    high = bounds[1] if one.high is None else min(bounds[1], math.floor(one.high))
    windows = [(low, high)] if low <= high else []
    while windows:
        low, high = windows.pop()
        window = replace(one, low=low, high=high)
        if low == high:
            # However many: of one step, they come in order.
            async for _, points in reader.pages(window):
                yield _batch(points)
        elif await reader.count(window, key) <= SORTED_ROWS:
            parts = [_batch(points) async for _, points in reader.pages(window)]
            for batch in pa.Table.from_batches(parts, SCHEMA).sort_by(ORDER).to_batches():
                yield batch
        else:
            middle = (low + high) // 2
            windows += [(middle + 1, high), (low, middle)]


def _batch(points: Points) -> pa.RecordBatch:
    return pa.record_batch([points.steps, points.times, points.values], schema=SCHEMA)

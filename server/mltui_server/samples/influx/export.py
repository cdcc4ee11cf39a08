"""Every sample of a series, in the order of an axis, in bounded memory.

By time InfluxDB gives them in order. By step it cannot: windows of steps are read that are small enough to be sorted.
"""

from collections.abc import AsyncIterator

import pyarrow as pa

from mltui_server.samples.grid import whole_bounds
from mltui_server.samples.influx.asking import Asking, Stretch, all_of
from mltui_server.samples.influx.points import PointReader
from mltui_server.samples.influx.series import ABSENT, Samples
from mltui_server.samples.store import Selection

SORTED_ROWS = 100_000
"""Samples that are sorted at a time."""
ORDER = [("step", "ascending"), ("time", "ascending")]
SCHEMA = pa.schema([("step", pa.int64()), ("time", pa.int64()), ("value", pa.float64())])


async def exported(asking: Asking, selection: Selection, key: str) -> AsyncIterator[pa.RecordBatch]:
    """Batches of (step, time, value), ordered by (axis, time)."""
    reader, whole = PointReader(asking), all_of(key)
    bounds = whole_bounds(selection.axis, selection.low, selection.high)
    if selection.axis == "time":
        async for _, samples in reader.pages([Stretch(key, *bounds)]):
            yield _batch(samples)
        return
    steps = await reader.extremes("step", [whole])
    low, high = (max(bounds[0], min(steps)), min(bounds[1], max(steps))) if steps else (0, -1)
    windows = [(low, high)] if low <= high else []
    while windows:
        low, high = windows.pop()
        # However many of one step: they come in order.
        if low < high and await reader.count(whole, (low, high)) > SORTED_ROWS:
            middle = (low + high) // 2
            windows += [(middle + 1, high), (low, middle)]
            continue
        parts = reader.pages([whole], (low, high))
        if low == high:
            async for _, samples in parts:
                yield _batch(samples)
        else:
            batches = [_batch(samples) async for _, samples in parts]
            for batch in pa.Table.from_batches(batches, SCHEMA).sort_by(ORDER).to_batches():
                yield batch


def _batch(samples: Samples) -> pa.RecordBatch:
    steps = pa.array(samples.steps, mask=samples.steps == ABSENT)
    return pa.record_batch([steps, pa.array(samples.times), pa.array(samples.values)], schema=SCHEMA)

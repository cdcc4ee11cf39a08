"""Series to write to a store, and reading them back."""

import pyarrow as pa

from mltui_server.lib.ids import new_id
from mltui_server.samples.store import SampleStore, Selection, SeriesColumns, SeriesName

RUN = new_id()


def columns(values, *, key="loss", steps=None, times=None, run=RUN) -> SeriesColumns:
    count = len(values)
    return SeriesColumns(
        SeriesName(run, key),
        pa.array(range(count) if times is None else times, pa.int64()),
        pa.array(range(count) if steps is None else steps, pa.int64()),
        pa.array(values, pa.float64()),
    )


async def exported(store: SampleStore, key="loss", axis="time", run=RUN, low=None, high=None) -> list[tuple]:
    rows = []
    async for batch in store.export(Selection(run, [key], axis, low, high), key):
        rows += [tuple(row.values()) for row in batch.to_pylist()]
    return rows

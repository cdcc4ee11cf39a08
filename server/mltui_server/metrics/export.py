"""All points of a selection as a file, in memory that does not grow with it: CSV, JSON or Parquet.

CSV and Parquet have a line a point, of a histogram one a bucket: `le`, `n`, and on the last bucket's line `sum`.
"""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Literal, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mltui.wire.metrics import MetricType
from mltui_server.metrics.raw import bound_text, points
from mltui_server.metrics.selecting import LABEL, Selection
from mltui_server.samples.export import begun, iso_times, quoted, words
from mltui_server.samples.points import PointStore

Format = Literal["csv", "json", "parquet"]
MEDIA_TYPES: Mapping[Format, str] = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
BOUND = "le"
VALUES: Mapping[MetricType, Sequence[pa.Field]] = {
    MetricType.GAUGE: (pa.field("value", pa.float64()),),
    MetricType.ENUM: (pa.field("state", pa.string()),),
    MetricType.HISTOGRAM: (
        pa.field(BOUND, pa.float64()),
        pa.field("n", pa.float64()),
        pa.field("sum", pa.float64()),
    ),
}
OWN_COLUMNS = ("timestamp", "value", "state")
"""Label keys named so get LABEL before their names; others of ours no label can have."""
ROW_GROUP = 131_072

_encode_lines = msgspec.json.Encoder().encode_lines


class Writer(Protocol):
    """A format: what it writes for each batch, and at the end."""

    def add(self, batch: pa.RecordBatch) -> bytes: ...

    def end(self) -> bytes: ...


async def export(store: PointStore, selection: Selection, format_: Format) -> AsyncIterator[bytes]:
    """Pieces of the file, once the first has been read: before that, StoreError can still be said."""
    return await begun(_pieces(store, selection, WRITERS[format_](selection)))


async def _pieces(store: PointStore, selection: Selection, writer: Writer) -> AsyncGenerator[bytes, None]:
    if selection.points.series:
        async with aclosing(store.read(selection.points)) as batches:
            async for batch in batches:
                if piece := await asyncio.to_thread(writer.add, batch):
                    yield piece
    yield await asyncio.to_thread(writer.end)


class Csv:
    """Times with nanoseconds; NaN, Infinity and -Infinity as words; nothing where there is no sum.

    Bounds are names of buckets, and written as everywhere: the last one is `+Inf`.
    """

    def __init__(self, selection: Selection) -> None:
        self._flat = Flat(selection)
        self._head = (",".join(field.name for field in self._flat.schema) + "\n").encode()

    def add(self, batch: pa.RecordBatch) -> bytes:
        table = self._flat.table(batch)
        columns = [_text(name, table[name]) for name in table.column_names]
        lines = pc.binary_join_element_wise(*columns, ",")
        head, self._head = self._head, b""
        return head + ("\n".join(lines.to_pylist()) + "\n").encode()

    def end(self) -> bytes:
        return self._head


def _text(name: str, column: pa.ChunkedArray) -> pa.StringArray:
    array = column.combine_chunks()
    if pa.types.is_timestamp(array.type):
        return iso_times(array.cast(pa.int64()))
    if pa.types.is_floating(array.type) and name != BOUND:
        return pc.fill_null(words(array), "")
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    write = bound_text if name == BOUND else quoted
    return pa.array([write(value) for value in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


class Json:
    """An array of MetricPoint, one a line."""

    def __init__(self, selection: Selection) -> None:
        self._type, self._labels = selection.type, selection.labels
        self._begun = False

    def add(self, batch: pa.RecordBatch) -> bytes:
        lines = _encode_lines(list(points(self._type, batch, self._labels)))
        before, self._begun = b",\n" if self._begun else b"[\n", True
        return before + lines.removesuffix(b"\n").replace(b"\n", b",\n")

    def end(self) -> bytes:
        return b"\n]\n" if self._begun else b"[]\n"


class Parquet:
    """Times as timestamps in UTC, labels as dictionaries."""

    def __init__(self, selection: Selection) -> None:
        self._flat = Flat(selection)
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(self._sink, self._flat.schema)
        self._waiting: list[pa.Table] = []

    def add(self, batch: pa.RecordBatch) -> bytes:
        self._waiting.append(self._flat.table(batch))
        return self._group() if sum(map(len, self._waiting)) >= ROW_GROUP else b""

    def end(self) -> bytes:
        written = self._group()
        self._writer.close()
        return written + self._sink.taken()

    def _group(self) -> bytes:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting.clear()
        return self._sink.taken()


class _Sink(io.RawIOBase):
    """A file that is handed on while it is written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._size += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


WRITERS: Mapping[Format, Callable[[Selection], Writer]] = {"csv": Csv, "json": Json, "parquet": Parquet}


class Flat:
    """Points as a table for other programs: timestamp, labels, values."""

    def __init__(self, selection: Selection) -> None:
        self._type, self._series = selection.type, [one.id for one in selection.points.series]
        labels = list(selection.labels.values())
        words = pa.dictionary(pa.int32(), pa.string())
        self._labels = {key: pa.array([found[key] for found in labels], pa.string()) for key in selection.keys}
        self.schema = pa.schema(
            [
                pa.field("timestamp", pa.timestamp("ns", "UTC")),
                *(pa.field(LABEL + key if key in OWN_COLUMNS else key, words) for key in selection.keys),
                *VALUES[self._type],
            ]
        )

    def table(self, batch: pa.RecordBatch) -> pa.Table:
        columns = [batch[field.name] for field in VALUES[self._type] if field.name in batch.schema.names]
        if self._type is MetricType.HISTOGRAM:
            rows = pc.list_parent_indices(batch["n"])
            le = batch["le"].flatten()
            total = pc.if_else(pc.is_inf(le), batch["sum"].take(rows), pa.scalar(None, pa.float64()))
            columns, batch = [le, batch["n"].flatten(), total], batch.take(rows)
        series = pc.index_in(batch["series"], pa.array(self._series, pa.int64()))
        labels = [values.take(series).dictionary_encode() for values in self._labels.values()]
        times = batch["time"].cast(pa.timestamp("ns", "UTC"))
        return pa.Table.from_arrays([times, *labels, *columns], schema=self.schema)

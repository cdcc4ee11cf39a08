"""Points as the inbox keeps them: columns in msgpack, and from there to Arrow."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from mltui.wire.metrics import MetricType
from mltui_server.samples.points import SCHEMAS


class GaugePoints(msgspec.Struct, array_like=True, tag="gauge"):
    series: list[int]
    times: list[int]
    values: list[float]


class EnumPoints(msgspec.Struct, array_like=True, tag="enum"):
    series: list[int]
    times: list[int]
    states: list[str]


class HistogramPoints(msgspec.Struct, array_like=True, tag="histogram"):
    series: list[int]
    times: list[int]
    le: list[tuple[float, ...]]
    n: list[tuple[float, ...]]
    sums: list[float | None]


PackedPoints = GaugePoints | EnumPoints | HistogramPoints
"""Points of one metric. Fields are in the order of the store's columns."""

_KINDS: Mapping[MetricType, Callable[..., PackedPoints]] = {
    MetricType.GAUGE: GaugePoints,
    MetricType.ENUM: EnumPoints,
    MetricType.HISTOGRAM: HistogramPoints,
}
_decoder: msgspec.msgpack.Decoder[PackedPoints] = msgspec.msgpack.Decoder(PackedPoints)
_encoder = msgspec.msgpack.Encoder()


def pack(type_: MetricType, columns: Sequence[Sequence[Any]]) -> PackedPoints:
    """`columns` as the store has them, of one length."""
    return _KINDS[type_](*columns)


def samples_in(points: PackedPoints) -> int:
    """Numbers and states: a point of a histogram has several."""
    return sum(map(len, points.n)) if isinstance(points, HistogramPoints) else len(points.times)


def encode(points: PackedPoints) -> bytes:
    """What an inbox row's body holds."""
    return _encoder.encode(points)


def decode(body: bytes) -> PackedPoints:
    """The reverse of `encode`. Raises msgspec.DecodeError for anything else."""
    return _decoder.decode(body)


def table(type_: MetricType, bodies: Iterable[PackedPoints]) -> pa.Table:
    """As the store takes them: of one series and time only the last, ordered by both."""
    schema = SCHEMAS[type_]
    parts = [_batch(schema, points) for points in bodies]
    joined = pa.Table.from_batches(parts, schema).combine_chunks()
    series, times = joined["series"].to_numpy(), joined["time"].to_numpy()
    order = np.lexsort((times, series))
    series, times = series[order], times[order]
    followed = (series[1:] == series[:-1]) & (times[1:] == times[:-1])
    return joined.take(pa.array(order[~np.append(followed, False)]))


def _batch(schema: pa.Schema, points: PackedPoints) -> pa.RecordBatch:
    columns = [getattr(points, name) for name in points.__struct_fields__]
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )

"""Points of operational metrics as line protocol: measurements `gauge`, `state` and `histogram` (docs/influxdb.md).

A line replaces the fields of an earlier one with its tags and time, and leaves those that it has not. So each line has
all that say what holds: `nf` which number is one, `bounds` which lines make a histogram's point.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from mltui.wire.metrics import MetricType
from mltui_server.samples.influx.schema import MINUS_INF, NAN, PLUS_INF, POINTS, encoded, escaped
from mltui_server.samples.points import PointSeries

FINITE, UNKNOWN = 0, 4
"""Values of the `nf` field, beside those for NaN and infinities."""
INFINITY = "+Inf"


def lines(type_: MetricType, series: Mapping[int, PointSeries], points: pa.Table) -> list[str]:
    """One line a point, of a histogram one a bucket; without line breaks."""
    heads = {id_: _head(POINTS[type_], one) for id_, one in series.items()}
    ids, times, *columns = (column.to_pylist() for column in points.columns)
    rows = _ROWS[type_]
    return [
        f"{heads[id_]}{tail} {time}"
        for id_, time, *values in zip(ids, times, *columns, strict=True)
        for tail in rows(*values)
    ]


def _head(measurement: str, series: PointSeries) -> str:
    """Measurement and tags; `le` comes last, where there is one. InfluxDB has no empty tags: they are left out."""
    tags = {"labelset": str(series.id), "metric": series.metric, **series.labels}
    written = (f"{key}={escaped(encoded(value))}" for key, value in sorted(tags.items()) if value)
    return ",".join([measurement, *written])


def _gauge(value: float) -> Sequence[str]:
    return (f" {_number('v', value)}",)


def _state(state: str) -> Sequence[str]:
    quoted = state.replace("\\", "\\\\").replace('"', '\\"')
    return (f' s="{quoted}"',)


def _histogram(le: Sequence[float], counts: Sequence[float], total: float | None) -> Iterator[str]:
    texts = [bound_text(bound) for bound in le]
    for text, count in zip(texts[:-1], counts, strict=False):
        yield f",le={text} n={count!r}"
    known = f"nf={UNKNOWN}i" if total is None else _number("sum", total)
    yield f',le={INFINITY} n={counts[-1]!r},count={counts[-1]!r},{known},bounds="{" ".join(texts)}"'


def _number(field: str, value: float) -> str:
    """The field, and the one that says whether it holds, or in which way the number is not finite."""
    if math.isfinite(value):
        return f"{field}={value!r},nf={FINITE}i"
    return f"nf={NAN if math.isnan(value) else PLUS_INF if value > 0 else MINUS_INF}i"


def bound_text(bound: float) -> str:
    return INFINITY if math.isinf(bound) else repr(bound)


_ROWS: Mapping[MetricType, Callable[..., Iterator[str] | Sequence[str]]] = {
    MetricType.GAUGE: _gauge,
    MetricType.ENUM: _state,
    MetricType.HISTOGRAM: _histogram,
}

"""Points of operational metrics as line protocol: measurements `gauge`, `state` and `histogram` (docs/influxdb.md).

A line replaces the fields of an earlier one with its tags and time, and leaves those that it has not. So each line has
all that say what holds: `nf` which number is one, `bounds` which lines make a histogram's point. `counts` has all of
their numbers once more, and `counts_link` says whether they grew: with these InfluxDB can sum points up.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from mltui.wire.metrics import MetricType
from mltui_server.samples.influx.point_links import Links, counts_text
from mltui_server.samples.influx.schema import MINUS_INF, NAN, PLUS_INF, POINTS, encoded, escaped
from mltui_server.samples.points import PointSeries

FINITE, UNKNOWN = 0, 4
"""Values of the `nf` field, beside those for NaN and infinities."""
INFINITY = "+Inf"


def lines(
    type_: MetricType, series: Mapping[int, PointSeries], points: pa.Table, links: Links
) -> tuple[list[str], list[int]]:
    """One line a point, of a histogram one a bucket, without line breaks; and of each line, which point it is of."""
    heads = {id_: _head(POINTS[type_], one) for id_, one in series.items()}
    ids, times, *columns = (column.to_pylist() for column in points.columns)
    if type_ is MetricType.HISTOGRAM:
        columns.append(
            [
                links.add(id_, time, bounds_text(le), counts, _mark(total))
                for id_, time, le, counts, total in zip(ids, times, *columns, strict=True)
            ]
        )
    found, rows, of = [], [], _ROWS[type_]
    for row, (id_, time, *values) in enumerate(zip(ids, times, *columns, strict=True)):
        for tail in of(*values):
            found.append(f"{heads[id_]}{tail} {time}")
            rows.append(row)
    return found, rows


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


def _histogram(le: Sequence[float], counts: Sequence[float], total: float | None, link: int) -> Iterator[str]:
    bounds = bounds_text(le)
    for bound, count in zip(bounds.split()[:-1], counts, strict=False):
        yield f",le={bound} n={count!r}"
    yield (
        f",le={INFINITY} n={counts[-1]!r},count={counts[-1]!r},{_number('sum', total)},"
        f'bounds="{bounds}",counts="{counts_text(counts)}",counts_link={link}i'
    )


def _number(field: str, value: float | None) -> str:
    """The field, where it holds, and the one that says whether it does."""
    mark = f"nf={_mark(value)}i"
    return f"{field}={value!r},{mark}" if _mark(value) == FINITE else mark


def _mark(value: float | None) -> int:
    if value is None:
        return UNKNOWN
    if math.isfinite(value):
        return FINITE
    return NAN if math.isnan(value) else PLUS_INF if value > 0 else MINUS_INF


def bounds_text(le: Sequence[float]) -> str:
    return " ".join(INFINITY if math.isinf(bound) else repr(bound) for bound in le)


_ROWS: Mapping[MetricType, Callable[..., Iterator[str] | Sequence[str]]] = {
    MetricType.GAUGE: _gauge,
    MetricType.ENUM: _state,
    MetricType.HISTOGRAM: _histogram,
}

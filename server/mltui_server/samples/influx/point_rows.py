"""What InfluxDB answers about points of operational metrics, as columns. The reverse of `point_lines`."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from mltui.wire.metrics import MetricType
from mltui_server.samples.influx.point_lines import FINITE, INFINITY, UNKNOWN
from mltui_server.samples.influx.schema import MINUS_INF, NAN, PLUS_INF
from mltui_server.samples.points import SCHEMAS

FIELDS: Mapping[MetricType, str] = {
    MetricType.GAUGE: '"v"::field, "nf"::field, "labelset"::tag',
    MetricType.ENUM: '"s"::field, "labelset"::tag',
    MetricType.HISTOGRAM: '"n"::field, "sum"::field, "nf"::field, "bounds"::field, "le"::tag, "labelset"::tag',
}
"""What is selected, for `batch`."""
NONFINITE = {NAN: math.nan, PLUS_INF: math.inf, MINUS_INF: -math.inf, UNKNOWN: None}

Row = Sequence[Any]


def batch(type_: MetricType, rows: Iterable[Row], *, descending: bool = False) -> pa.RecordBatch:
    """By (time, series), or the reverse. Rows are (time, *FIELDS), all of a time together.

    Points of which a part is missing are left out: they are being written.
    """
    way = "descending" if descending else "ascending"
    columns = [list(column) for column in zip(*_COLUMNS[type_](rows), strict=True)] or [[] for _ in SCHEMAS[type_]]
    return pa.record_batch(columns, schema=SCHEMAS[type_]).sort_by([("time", way), ("series", way)])


def _gauges(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    return [
        (int(series), time, number)
        for time, value, mark, series in rows
        if mark is not None and (number := number_of(value, mark)) is not None
    ]


def _states(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    return [(int(series), time, state) for time, state, series in rows if state is not None]


def _histograms(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    counts: dict[tuple[int, int], dict[str, float]] = {}
    wholes: dict[tuple[int, int], tuple[str, float | None]] = {}
    for time, count, total, mark, bounds, le, series in rows:
        point = int(series), time
        if count is not None:
            counts.setdefault(point, {})[le] = count
        if bounds is not None and mark is not None:
            wholes[point] = bounds, number_of(total, mark)
    found = []
    for point, (bounds, total) in wholes.items():
        there, texts = counts.get(point, {}), bounds.split()
        if all(text in there for text in texts):
            found.append((*point, bounds_of(bounds), [float(there[text]) for text in texts], total))
    return found


def bounds_of(text: str) -> list[float]:
    """The reverse of `point_lines.bounds_text`."""
    return [math.inf if bound == INFINITY else float(bound) for bound in text.split()]


def number_of(value: float | None, mark: int) -> float | None:
    """What a value is, or a sum, by its `nf`. None: it is not known."""
    return value if int(mark) == FINITE else NONFINITE.get(int(mark), math.nan)


_COLUMNS: Mapping[MetricType, Callable[[Iterable[Row]], list[tuple[Any, ...]]]] = {
    MetricType.GAUGE: _gauges,
    MetricType.ENUM: _states,
    MetricType.HISTOGRAM: _histograms,
}

"""Curves from a metric's data: of gauges, quantiles and means. Pure."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from mltui.console.state.series import Curve
from mltui.console.widgets.chart.label_sets import names, short_names
from mltui.wire.metrics import GaugeData, GaugeSeries, HistogramData, HistogramSeries
from mltui.wire.samples import SeriesBuckets

S = TypeVar("S", GaugeSeries, HistogramSeries)


def gauges(data: GaugeData, metric: str) -> list[Curve]:
    """One a label set: its means, in the band of its least and greatest. `metric`: its name."""
    return _curves(data.series, metric, _gauge_buckets)


def quantiles(data: HistogramData) -> list[Curve]:
    """One a quantile, of all label sets together, the least first."""
    named = sorted(data.total.quantiles.items(), key=lambda item: float(item[0]))
    total = data.total
    return [
        _curve(quantile_name(q), colour, _buckets(quantile_name(q), total.x, values, total.count))
        for colour, (q, values) in enumerate(named)
    ]


def quantile_name(quantile: str) -> str:
    """As people say it.

    >>> quantile_name("0.5"), quantile_name("0.999")
    ('p50', 'p99.9')
    """
    return f"p{float(quantile) * 100:.10g}"


def means(data: GaugeData | HistogramData, metric: str) -> list[Curve]:
    """One a label set: the mean of each bucket, which of a histogram is sum by count."""
    if isinstance(data, GaugeData):
        return gauges(data, metric)
    return _curves(data.series, metric, lambda name, series: _buckets(name, series.x, mean_of(series), series.count))


def mean_of(series: HistogramSeries) -> list[float | None]:
    """By bucket; None where nothing was observed or the sum is not known."""
    pairs = zip(series.sum, series.count, strict=True)
    return [total / count if total is not None and count else None for total, count in pairs]


def _curves(series: Sequence[S], metric: str, buckets_of: Callable[[str, S], SeriesBuckets]) -> list[Curve]:
    label_sets = [one.labels for one in series]
    named = zip(names(label_sets, metric), short_names(label_sets, metric), series, strict=True)
    return [_curve(name, n, buckets_of(name, one), short) for n, (name, short, one) in enumerate(named)]


def _curve(name: str, colour: int, buckets: SeriesBuckets, short: str = "") -> Curve:
    return Curve(name, colour, buckets, buckets.mean, short)


def _gauge_buckets(name: str, series: GaugeSeries) -> SeriesBuckets:
    return SeriesBuckets(
        key=name, x=series.x, min=series.min, max=series.max, first=series.first, last=series.last,
        mean=series.mean, count=series.count, nonfinite=series.nonfinite,
    )  # fmt: skip


def _buckets(name: str, x: list[float], values: list[float | None], count: list[float]) -> SeriesBuckets:
    """Buckets of which one value is known, and so no band."""
    nothing: list[float | None] = [None] * len(x)
    return SeriesBuckets(
        key=name, x=x, min=nothing, max=nothing, first=values, last=values, mean=values,
        count=[round(n) for n in count], nonfinite=[0] * len(x),
    )  # fmt: skip

"""The range of time that a metric's data covers. Pure."""

from collections.abc import Iterator

from mltui.wire.metrics import EnumSeries, GaugeSeries, HistogramData, HistogramSeries, MetricData


def time_range(data: MetricData) -> tuple[float, float]:
    """From where the first bucket begins, which may be before the range that was asked for; seconds since 1970."""
    return min([data.start, *(series.x[0] for series in _all_series(data) if series.x)]), data.end


def _all_series(data: MetricData) -> Iterator[GaugeSeries | EnumSeries | HistogramSeries]:
    yield from data.series
    if isinstance(data, HistogramData):
        yield data.total

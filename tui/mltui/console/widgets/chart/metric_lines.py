"""Curves of metrics over time: gauges with their bands, quantiles of a histogram, and means as dots."""

from bisect import bisect_left

from mltui.console.state.series import Curve
from mltui.console.widgets.chart import metric_curves
from mltui.console.widgets.chart.lines import Lines
from mltui.console.widgets.chart.plot import View
from mltui.console.widgets.chart.reading import Quantity
from mltui.console.widgets.chart.time_range import time_range
from mltui.wire.metrics import GaugeData, HistogramData


def _bucket_at(curve: Curve, x: float) -> int | None:
    """The bucket that begins at `x` and no other one, as a table has it."""
    xs = curve.buckets.x
    at = bisect_left(xs, x)
    return at if at < len(xs) and xs[at] == x else None


class GaugeLines(Lines[GaugeData]):
    """A line a label set in the band of its least and greatest, with marks where it was NaN or infinite."""

    def view_of(self, shown: GaugeData) -> View:
        return View(metric_curves.gauges(shown), "time", *time_range(shown))

    def bucket_at(self, curve: Curve, x: float) -> int | None:
        return _bucket_at(curve, x)


class QuantileLines(Lines[HistogramData]):
    """A line a quantile, of all label sets together."""

    def view_of(self, shown: HistogramData) -> View:
        return View(metric_curves.quantiles(shown), "time", *time_range(shown))

    def bucket_at(self, curve: Curve, x: float) -> int | None:
        return _bucket_at(curve, x)

    def quantities(self, curve: Curve, at: int) -> tuple[Quantity, ...]:
        return (Quantity("value", curve.line[at], self.unit),)


class Scatter(Lines[GaugeData | HistogramData]):
    """A dot a bucket and label set: its mean."""

    def view_of(self, shown: GaugeData | HistogramData) -> View:
        return View(metric_curves.means(shown), "time", *time_range(shown), apart=True)

    def bucket_at(self, curve: Curve, x: float) -> int | None:
        return _bucket_at(curve, x)

    def quantities(self, curve: Curve, at: int) -> tuple[Quantity, ...]:
        if not isinstance(self.shown, HistogramData):
            return super().quantities(curve, at)
        series = self.shown.series[curve.colour]
        return (
            Quantity("mean", curve.line[at], self.unit),
            Quantity("sum", series.sum[at], self.unit),
            Quantity("count", series.count[at]),
        )

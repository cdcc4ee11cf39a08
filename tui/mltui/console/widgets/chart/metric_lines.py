"""Curves of metrics over time: gauges with their bands, quantiles of a histogram, and means as dots."""

from bisect import bisect_left

from mltui.console.state.series import Curve
from mltui.console.widgets.chart import metric_curves
from mltui.console.widgets.chart.chart import T
from mltui.console.widgets.chart.lines import Lines
from mltui.console.widgets.chart.plot import View
from mltui.console.widgets.chart.reading import Quantity, exact
from mltui.console.widgets.chart.time_range import time_range
from mltui.wire.metrics import GaugeData, HistogramData


class MetricLines(Lines[T]):
    """Reads the bucket that begins at the crosshair and no other one, as a table has it."""

    def bucket_at(self, curve: Curve, x: float) -> int | None:
        xs = curve.buckets.x
        at = bisect_left(xs, x)
        return at if at < len(xs) and xs[at] == x else None

    def write(self, value: float | None) -> str:
        return exact(value)


class GaugeLines(MetricLines[GaugeData]):
    """A line a label set in the band of its least and greatest, with marks where it was NaN or infinite."""

    def view_of(self, shown: GaugeData) -> View:
        return View(metric_curves.gauges(shown, self.title), "time", *time_range(shown))


class QuantileLines(MetricLines[HistogramData]):
    """A line a quantile, of all label sets together."""

    def view_of(self, shown: HistogramData) -> View:
        return View(metric_curves.quantiles(shown), "time", *time_range(shown))

    def quantities(self, curve: Curve, at: int) -> tuple[Quantity, ...]:
        return (Quantity("value", curve.line[at], self.unit),)


class Scatter(MetricLines[GaugeData | HistogramData]):
    """A dot a bucket and label set: its mean."""

    def view_of(self, shown: GaugeData | HistogramData) -> View:
        return View(metric_curves.means(shown, self.title), "time", *time_range(shown), apart=True)

    def quantities(self, curve: Curve, at: int) -> tuple[Quantity, ...]:
        if not isinstance(self.shown, HistogramData):
            return super().quantities(curve, at)
        series = self.shown.series[curve.colour]
        return (
            Quantity("mean", curve.line[at], self.unit),
            Quantity("sum", series.sum[at], self.unit),
            Quantity("count", series.count[at]),
        )

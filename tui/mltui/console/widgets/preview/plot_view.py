"""A plot that was logged as data, as a chart that is read and zoomed like all others."""

import math

from mltui.console.state.series import Curve
from mltui.console.widgets.chart.lines import Lines
from mltui.console.widgets.chart.plot import View
from mltui.wire.base import to_float
from mltui.wire.plots import Plot, PlotSeries
from mltui.wire.samples import SeriesBuckets


class PlotView(Lines[Plot]):
    def __init__(self, plot: Plot) -> None:
        super().__init__(plot.y, unit=plot.x)
        self._plot = plot

    def on_mount(self) -> None:
        self.show(self._plot)

    def view_of(self, shown: Plot) -> View:
        curves = [_curve(one, colour) for colour, one in enumerate(shown.series)]
        xs = [x for one in shown.series for x in one.x]
        return View(curves, "number", min(xs), max(xs), apart=shown.form == "points")


def _curve(series: PlotSeries, colour: int) -> Curve:
    """Points in the order of x, as a line goes."""
    pairs = sorted(zip(series.x, map(to_float, series.y), strict=True), key=lambda pair: pair[0])
    x = [pair[0] for pair in pairs]
    y = [pair[1] if math.isfinite(pair[1]) else None for pair in pairs]
    nothing: list[float | None] = [None] * len(x)
    buckets = SeriesBuckets(
        key=series.name, x=x, min=nothing, max=nothing, first=y, last=y, mean=y, count=[1] * len(x),
        nonfinite=[int(value is None) for value in y],
    )  # fmt: skip
    return Curve(series.name, colour, buckets, y)

"""Which charts show a metric of a type."""

from typing import Any

from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.enum_pie import EnumPie
from mltui.console.widgets.chart.heatmap import HistogramHeatmap
from mltui.console.widgets.chart.metric_lines import GaugeLines, QuantileLines, Scatter
from mltui.console.widgets.chart.share_bars import ShareBars
from mltui.console.widgets.chart.timeline import StateTimeline
from mltui.wire.metrics import MetricType

_CHOICES: dict[MetricType, dict[str, type[Chart[Any]]]] = {
    MetricType.GAUGE: {"lines": GaugeLines, "scatter": Scatter},
    MetricType.ENUM: {"timeline": StateTimeline, "bars": ShareBars, "pie": EnumPie},
    MetricType.HISTOGRAM: {"heatmap": HistogramHeatmap, "quantiles": QuantileLines, "scatter": Scatter},
}


def choices(metric_type: MetricType) -> dict[str, type[Chart[Any]]]:
    """The charts for it by name, the one to begin with first. Each is made as `Chart` is and shows the type's data."""
    return _CHOICES[metric_type]

"""The table under a metric's chart, as it is drawn."""

from dataclasses import replace

import metric_data
import pytest
from msgspec import structs
from textual.app import ComposeResult
from widget_apps import WidgetApp, lines_of

from mltui.console.state.metric_table import metric_table
from mltui.console.widgets.exact_table import ExactTable
from mltui.wire.metrics import GaugeData, MetricData

EMPTY = "No points in this time."


class ExactApp(WidgetApp):
    def __init__(self) -> None:
        super().__init__()
        self.table = ExactTable()
        self.table.empty = EMPTY

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()


def unlabelled(sets: int) -> GaugeData:
    data = metric_data.gauge(sets)
    return structs.replace(data, series=[structs.replace(one, labels={}) for one in data.series])


KINDS: dict[str, tuple[MetricData, MetricData, str]] = {
    "a gauge with labels": (metric_data.gauge(2), metric_data.gauge(0), "lines"),
    "a gauge without": (unlabelled(1), unlabelled(0), "lines"),
    "states": (metric_data.enum(2), metric_data.enum(0), "timeline"),
    "shares of states": (metric_data.enum(2), metric_data.enum(0), "pie"),
    "a histogram": (metric_data.histogram(2), metric_data.histogram(0, 0), "heatmap"),
    "quantiles": (metric_data.histogram(2), metric_data.histogram(0, 0), "quantiles"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_times_with_and_without_points_follow_each_other(kind: str) -> None:
    some, none, chart = KINDS[kind]
    full, empty = metric_table(some, chart), metric_table(none, chart)
    assert len(full) > 0 and len(empty) == 0
    app = ExactApp()
    async with app.run_test(size=(100, 12)) as pilot:
        # None is for no answer yet. Nothing of an earlier answer is left in a later one.
        for table in (full, empty, full, None, empty, replace(full)):
            app.table.show(table, None)
            await pilot.pause()
            drawn = "\n".join(lines_of(app.table))
            assert (full.headings[0].title in drawn.split()) == bool(table)
            assert (EMPTY in drawn) != bool(table)

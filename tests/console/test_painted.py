"""What is drawn line by line knows how large it is, whoever asked what while it came."""

import asyncio

from textual.app import App, ComposeResult
from textual.containers import Container, VerticalScroll
from textual.widgets import Static

from mltui.console.theme import DARK, THEMES
from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.choices import choices
from mltui.wire.metrics import MetricType


class ChartLater(App[None]):
    """A chart comes in above what can be scrolled."""

    def __init__(self) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name
        self.columns: list[int] = []

    def compose(self) -> ComposeResult:
        yield Container()
        with VerticalScroll():
            yield Static("\n" * 100)

    def on_chart_columns_changed(self, message: Chart.ColumnsChanged) -> None:
        self.columns.append(message.columns)


async def test_a_chart_whose_region_was_asked_for_before_it_was_laid_out_says_how_wide_it_is() -> None:
    app = ChartLater()
    async with app.run_test(size=(100, 30)) as pilot:
        # From here on, Textual makes up its map of regions when it is asked for one.
        app.query_one(VerticalScroll).scroll_to(y=3, animate=False)
        await pilot.pause()
        chart = choices(MetricType.GAUGE)["lines"]("queue_depth")
        app.query_one(Container).mount(chart)
        await asyncio.sleep(0)
        assert chart.region.width == 100
        async with asyncio.timeout(10):
            while not app.columns:
                await pilot.pause(0.01)
        assert app.columns == [chart.columns] and chart.columns > 150

"""What was sent from anywhere is drawn, and never obeyed by the terminal."""

import unicodedata

import metric_data
import pytest
from msgspec import structs
from rich.text import Text
from test_exact_table import ExactApp
from textual.app import ComposeResult
from textual.widget import Widget
from widget_apps import MetricApp, WidgetApp, lines_of

from mltui.console.screens.metrics_filter import Line, Values
from mltui.console.state.metric_table import metric_table
from mltui.console.state.window import Window
from mltui.console.widgets.chart.choices import choices
from mltui.console.widgets.columns import Column
from mltui.console.widgets.plain_table import PlainTable
from mltui.wire.metrics import EnumData, GaugeData, HistogramData, MetricType

SENT, DRAWN = "a\nb\tc\x1b[31m\u202e", "a␊b␉c␛[31m�"


def labelled(data: GaugeData | EnumData | HistogramData) -> GaugeData | EnumData | HistogramData:
    """The same under a label value that would wreck a screen."""
    series = [structs.replace(one, labels={"host": SENT + one.labels.get("host", "")}) for one in data.series]
    return structs.replace(data, series=series)  # type: ignore[arg-type]


DATA = {
    MetricType.GAUGE: labelled(metric_data.gauge(3)),
    MetricType.ENUM: labelled(metric_data.enum(2, states=("up", SENT))),
    MetricType.HISTOGRAM: labelled(metric_data.histogram(2)),
}


def check(widget: Widget, least: str = DRAWN) -> None:
    lines = lines_of(widget)
    assert not [line for line in lines for character in line if unicodedata.category(character) == "Cc"]
    assert least in "\n".join(lines)


@pytest.mark.parametrize("chart", [(kind, name) for kind in DATA for name in choices(kind)])
async def test_charts_draw_signs_for_control_characters(chart: tuple[MetricType, str]) -> None:
    kind, name = chart
    named = {"lines", "timeline", "bars", "pie"} | ({"scatter"} if kind is MetricType.GAUGE else set())
    app = MetricApp(choices(kind)[name]("a metric"), DATA[kind])
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.pause()
        check(app.chart, "␊" if name in named else "")
        await pilot.press("right")
        check(app.chart, "␊" if name in named else "")


async def test_the_table_draws_signs_in_columns_as_wide_as_they_are() -> None:
    app = ExactApp()
    async with app.run_test(size=(160, 12)) as pilot:
        app.table.show(metric_table(DATA[MetricType.GAUGE], "lines"), None)
        await pilot.pause()
        check(app.table)


class ListApp(WidgetApp):
    """The list of metrics and that of a label's values, as the widgets that they are."""

    def __init__(self) -> None:
        super().__init__()

        async def fetch(offset: int, limit: int) -> tuple[list[str], int]:
            return [SENT], 1

        columns = (Column("plain", "Plain", str), Column("styled", "Styled", lambda row: Text(row, "muted")))
        self.table = PlainTable(Window(fetch, str), columns)
        self.values = Values()

    def compose(self) -> ComposeResult:
        yield self.table
        yield self.values

    def on_mount(self) -> None:
        self.values.show([Line("host", None), Line("host", SENT, 1, 2)])


async def test_lists_draw_signs_for_control_characters() -> None:
    app = ListApp()
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        check(app.table, f"{DRAWN}  {DRAWN}")
        check(app.values)

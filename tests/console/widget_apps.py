"""Small apps around one widget each, with the project's own theme."""

from datetime import UTC
from typing import Any

from curves import CurveServer
from log_server import LogServer, training_line
from rows import COLUMNS, Row, Server, make_rows
from stages import NOW, demo_stages
from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget

from mltui.console.state.log_window import LogWindow
from mltui.console.state.series import SeriesState
from mltui.console.state.window import Window
from mltui.console.theme import DARK, THEMES
from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.grid import ChartGrid, Panel
from mltui.console.widgets.log_view import LogView
from mltui.console.widgets.preview.matrix import MatrixView
from mltui.console.widgets.run_table import RunTable
from mltui.console.widgets.stage_tree import StageTree
from mltui.wire.metrics import MetricData
from mltui.wire.plots import ConfusionMatrix


class WidgetApp(App[None]):
    """One widget, focused. `seen` holds the messages that it posted."""

    def __init__(self, theme: str = DARK.name) -> None:
        super().__init__()
        self.seen: list[Message] = []
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme

    def of(self, kind: type[Message]) -> list[Message]:
        return [message for message in self.seen if isinstance(message, kind)]


class TableApp(WidgetApp):
    def __init__(self, count: int = 1000, theme: str = DARK.name, **options: str) -> None:
        super().__init__(theme)
        self.server = Server(make_rows(count))
        self.window: Window[Row] = Window(self.server.fetch, lambda row: row.id)
        self.table = RunTable(self.window, COLUMNS, sort=("status", True), **options)

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_run_table_opened(self, message: RunTable.Opened) -> None:
        self.seen.append(message)

    def on_run_table_sorted(self, message: RunTable.Sorted) -> None:
        self.seen.append(message)

    def on_run_table_marked(self, message: RunTable.Marked) -> None:
        self.seen.append(message)

    def on_run_table_highlighted(self, message: RunTable.Highlighted) -> None:
        self.seen.append(message)


class LogApp(WidgetApp):
    def __init__(self, server: LogServer | None = None, theme: str = DARK.name, **options: bool) -> None:
        super().__init__(theme)
        self.server = server or LogServer(1_000_000, training_line)
        self.log_window = LogWindow(self.server.fetch)
        self.view = LogView(self.log_window, zone=UTC, **options)

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.focus()

    def on_log_view_following(self, message: LogView.Following) -> None:
        self.seen.append(message)

    def on_log_view_search_wanted(self, message: LogView.SearchWanted) -> None:
        self.seen.append(message)


PANELS = (
    Panel("loss", ("train/loss", "val/loss")),
    Panel("accuracy", ("train/acc", "val/acc")),
    Panel("learning rate", ("lr",)),
    Panel("grad norm", ("norm/a", "norm/b", "norm/c", "norm/d")),
)


class GridApp(WidgetApp):
    def __init__(self, panels: tuple[Panel, ...] = PANELS, theme: str = DARK.name) -> None:
        super().__init__(theme)
        self.server = CurveServer()
        self.state = SeriesState(self.server.fetch)
        self.grid = ChartGrid(self.state, panels)

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_mount(self) -> None:
        self.call_after_refresh(self.focus_first)

    def focus_first(self) -> None:
        for chart in self.query(Chart):
            chart.focus()
            return

    def on_chart_grid_enlarged(self, message: ChartGrid.Enlarged) -> None:
        self.seen.append(message)


class MetricApp(WidgetApp):
    """One chart of a metric."""

    def __init__(self, chart: Chart[Any], data: MetricData, theme: str = DARK.name) -> None:
        super().__init__(theme)
        self.chart, self.data = chart, data

    def compose(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        self.chart.focus()
        self.chart.show(self.data)

    def on_chart_crosshair_moved(self, message: Chart.CrosshairMoved) -> None:
        self.seen.append(message)

    def on_chart_range_changed(self, message: Chart.RangeChanged) -> None:
        self.seen.append(message)


class StagesApp(WidgetApp):
    def __init__(self, theme: str = DARK.name) -> None:
        super().__init__(theme)
        self.tree_widget = StageTree()

    def compose(self) -> ComposeResult:
        yield self.tree_widget

    def on_mount(self) -> None:
        self.tree_widget.focus()
        self.tree_widget.show(demo_stages(), NOW)

    def on_stage_tree_selected(self, message: StageTree.Selected) -> None:
        self.seen.append(message)

    def on_stage_tree_opened(self, message: StageTree.Opened) -> None:
        self.seen.append(message)


class MatrixApp(WidgetApp):
    """A confusion matrix of more labels than fit: of each, 100 are right, and its number are taken for the next."""

    def __init__(self, labels: int = 24, theme: str = DARK.name) -> None:
        super().__init__(theme)
        matrix = [[100.0 * (b == a) + a * (b == a + 1) for b in range(labels)] for a in range(labels)]
        names = [f"digit number {label}" for label in range(labels)]
        self.matrix = MatrixView(ConfusionMatrix(labels=names, matrix=matrix))

    def compose(self) -> ComposeResult:
        yield self.matrix

    def on_mount(self) -> None:
        self.matrix.focus()


def lines_of(widget: Widget) -> list[str]:
    """What the widget shows, as text."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.scrollable_content_region.height)]

"""One metric: its chart, and the table of the same numbers; what is read in one is read in the other."""

import time
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message

from mltui.console import format
from mltui.console.screens.lines import OneLine, TabLine
from mltui.console.state.metric_state import MetricState
from mltui.console.state.metric_table import MetricTable, metric_table
from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.choices import choices
from mltui.console.widgets.chart.enum_pie import EnumPie
from mltui.console.widgets.exact_table import ExactTable
from mltui.wire.counting import counted
from mltui.wire.metrics import EnumData, MetricData, MetricRow

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

GRAPH, TABLE = 1, 2
TABS = ("Graph", "Table")
SAID_AFTER_S = 0.3
"""A request that takes longer is spoken of."""
SAID_EVERY_S = 0.25


class MetricView(Vertical):
    """Draws the answer that `state` holds, under two lines that say what was asked."""

    app: "MltuiApp"

    class Columns(Message):
        """There is room for so many buckets now."""

        def __init__(self, columns: int) -> None:
            super().__init__()
            self.columns = columns

    class Slow(Message):
        """A request takes so long that it is spoken of, or does so no more."""

    class Range(Message):
        """Another range is wanted, in seconds since 1970; None for the one that was chosen."""

        def __init__(self, bounds: tuple[float, float] | None) -> None:
            super().__init__()
            self.bounds = bounds

    def __init__(self, state: MetricState) -> None:
        super().__init__(id="metric")
        self.state = state
        self.tab = GRAPH
        self.chart_name = ""
        self._metric: MetricRow | None = None
        self._shown: dict[int, MetricData | None] = {}
        """By tab: one that is covered shows older data."""
        self._table: tuple[MetricData, int | None, MetricTable] | None = None
        """Of which data, and of which of its label sets where a pie shows one; made once somebody looks at it."""
        self._read: float | None = None
        """The x of the crosshair, in the chart and in the table."""
        self._asked, self._filters = Text(), Text()
        self.chart: Chart[MetricData] | None = None

    def compose(self) -> ComposeResult:
        yield TabLine(id="metric-tabs")
        yield OneLine(id="metric-facts")
        # One over the other: a chart that is covered still knows how many buckets it has room for.
        with Container(id="tabbed"):
            yield Container(id="graph")
            yield ExactTable(id="numbers")

    def on_mount(self) -> None:
        self._clock = self.set_interval(SAID_EVERY_S, self._say_tabs, pause=True)
        self.show_tab(GRAPH)

    # What is shown.

    def show_metric(self, metric: MetricRow, chart: str) -> None:
        """Another metric, unit or chart of it; a chart that its type has not got stands for the first that it has."""
        fitting = choices(metric.type)
        name = chart if chart in fitting else next(iter(fitting))
        before = self._metric
        if before is not None and (before.id, before.unit, self.chart_name) == (metric.id, metric.unit, name):
            return
        self._read = None
        self._metric, self.chart_name = metric, name
        old, self.chart = self.chart, fitting[name](metric.name, unit=metric.unit)
        self.query_one("#graph", Container).mount(self.chart)
        if old is not None:
            if old.has_focus:
                # At once: when one with the focus goes, the focus goes anywhere.
                self.screen.set_focus(self.chart)
            old.remove()
        self._table = None
        self._shown.clear()
        self._say_tabs()
        self.show_data()

    def show_data(self) -> None:
        """The state has changed."""
        if self.state.progress is None:
            self._clock.pause()
        else:
            self._clock.resume()
        self._say_tabs()
        self._say_facts()
        data = self.state.data
        shown = self.tab in self._shown and self._shown[self.tab] is data
        self._shown[self.tab] = data
        if self.tab == TABLE:
            self.query_one(ExactTable).show(self.table, self._read)
        elif self.chart is not None and data is not None:
            if not shown:
                self.chart.show(data)
            self.chart.crosshair = self._read

    def show_tab(self, tab: int) -> None:
        """GRAPH or TABLE."""
        self.tab = tab
        self.query_one(ExactTable).display = tab == TABLE
        self._say_tabs()
        self.show_data()

    def say(self, asked: Text, filters: Text, empty: str) -> None:
        """Which time and how often; which label sets; and what stands where there is nothing to draw."""
        self._asked, self._filters = asked, filters
        self._say_tabs()
        self._say_facts()
        if self.chart is not None:
            self.chart.empty = empty
            self.chart.repaint_changed()
        table = self.query_one(ExactTable)
        table.empty = empty
        table.repaint_changed()

    def focus_content(self) -> None:
        target = self.chart if self.tab == GRAPH else self.query_one(ExactTable)
        if target is not None:
            target.focus()

    @property
    def asks_for_long(self) -> bool:
        """Whether a request is under way for so long that it is spoken of."""
        return self._took() > SAID_AFTER_S

    @property
    def table(self) -> MetricTable | None:
        """The numbers of what is drawn, and nothing else."""
        data, chart = self.state.data, self.chart
        if data is None:
            return None
        chosen = chart.number_in(data) if isinstance(chart, EnumPie) and isinstance(data, EnumData) else None
        if self._table is None or self._table[0] is not data or self._table[1] != chosen:
            self._table = data, chosen, metric_table(data, self.chart_name, chosen)
        return self._table[2]

    # The two lines.

    def _say_tabs(self) -> None:
        charts = Text()
        for name in choices(self._metric.type) if self._metric is not None else ():
            charts.append(f" {name}", "bold" if name == self.chart_name else "muted")
        progress = Text()
        if self.asks_for_long and self.state.progress is not None:
            received = self.state.progress.received
            words = f"asking {self._took():.1f} s" + (f" · {format.size(received)}" if received else "")
            progress.append(f"{words} · ", "warning").append("esc", "accent").append(" stops it", "warning")
        tabs = self.query_one(TabLine)
        if bool(tabs.right) != bool(progress):
            self.post_message(self.Slow())
        tabs.say(TABS, self.tab, charts, progress)

    def _say_facts(self) -> None:
        data = self.state.data
        count = 0 if data is None else len(data.series)
        facts = Text(counted(count, "label set") if count else "", "muted")
        if self._filters:
            facts = Text("  ").join([self._filters, facts])
        self.query_one("#metric-facts", OneLine).show(facts, self._asked)

    def _took(self) -> float:
        """Seconds for which a request is under way; 0 for none."""
        return 0.0 if self.state.progress is None else time.monotonic() - self.state.progress.since

    # What is read.

    def on_chart_crosshair_moved(self, message: Chart.CrosshairMoved) -> None:
        message.stop()
        if self.tab == GRAPH:
            self._read = message.x

    def on_exact_table_moved(self, message: ExactTable.Moved) -> None:
        message.stop()
        self._read = message.x

    def on_chart_columns_changed(self, message: Chart.ColumnsChanged) -> None:
        message.stop()
        if message.columns:
            self.post_message(self.Columns(message.columns))

    def on_chart_range_changed(self, message: Chart.RangeChanged) -> None:
        message.stop()
        bounds = None if message.start is None or message.end is None else (message.start, message.end)
        self.post_message(self.Range(bounds))

"""Small multiples: as many charts as fit beside each other, one of them with the focus, any of them enlarged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Grid, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from mltui.console.state.series import SeriesState
from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.lines import RunLines
from mltui.console.widgets.chart.plot import View
from mltui.console.widgets.keys import Key, bindings

LEAST_WIDTH, LEAST_HEIGHT = 44, 9
"""Of one chart, in cells."""

KEYS = [
    Key("grid.enlarge", "enlarge", "enter", "Enlarge", show=True),
    Key("grid.next", "step(1)", "down,j", "Next chart"),
    Key("grid.previous", "step(-1)", "up,k", "Previous chart"),
    Key("grid.page_down", "page(1)", "pagedown,ctrl+f", "Page of charts down"),
    Key("grid.page_up", "page(-1)", "pageup,ctrl+b", "Page of charts up"),
    Key("grid.half_page_down", "page(0.5)", "ctrl+d", "Half a page down"),
    Key("grid.half_page_up", "page(-0.5)", "ctrl+u", "Half a page up"),
    Key("grid.first", "end(0)", "g", "First chart"),
    Key("grid.last", "end(-1)", "G", "Last chart"),
]


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart of the grid: its title and the series in it."""

    title: str
    keys: tuple[str, ...]
    names: tuple[str, ...] = ()
    """What the legend calls them, one for each key; empty for the keys themselves."""


class ChartGrid(VerticalScroll, can_focus=False, inherit_bindings=False):
    """All charts show one SeriesState: they ask together, for the columns of the widest, and zoom together."""

    BINDINGS = bindings(KEYS)
    DEFAULT_CSS = """
    ChartGrid {
        height: 1fr;
        scrollbar-size-vertical: 1;
        & > Grid { grid-gutter: 0 1; height: auto; }
        & > .grid--empty { width: 1fr; height: 1fr; content-align: center middle; color: $secondary; }
        & .-parked { display: none; }
    }
    """

    class Enlarged(Message):
        """One chart fills the grid now; None when all are shown again."""

        def __init__(self, title: str | None) -> None:
            super().__init__()
            self.title = title

    def __init__(
        self,
        state: SeriesState,
        panels: Sequence[Panel] = (),
        *,
        empty: str = "Nothing logged yet.",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.state, self.empty = state, empty
        self.panels = tuple(panels)
        self.enlarged: str | None = None
        self._columns = 1
        state.on_change = self.refresh_charts

    def compose(self) -> ComposeResult:
        yield Static(self.empty, classes="grid--empty")
        with Grid():
            for panel in self.panels:
                yield RunLines(panel.title)

    async def set_panels(self, panels: Sequence[Panel]) -> None:
        """Other charts. Those with the same title stay as they are."""
        charts = {str(chart.border_title): chart for chart in self.charts}
        self.panels = tuple(panels)
        titles = [panel.title for panel in panels]
        for title, chart in charts.items():
            if title not in titles:
                await chart.remove()
        grid = self.query_one(Grid)
        await grid.mount_all(RunLines(title) for title in titles if title not in charts)
        grid.sort_children(key=lambda chart: titles.index(str(chart.border_title)))
        self.state.set_keys([key for panel in panels for key in panel.keys])
        self._lay_out()
        self.refresh_charts()

    @property
    def charts(self) -> list[RunLines]:
        return list(self.query(RunLines))

    def on_mount(self) -> None:
        self.state.set_keys([key for panel in self.panels for key in panel.keys])
        self._lay_out()

    def on_unmount(self) -> None:
        self.state.close()

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out()

    def refresh_charts(self) -> None:
        """Draw what the state holds now."""
        if not self.is_mounted:
            return
        extent = self.state.extent
        for chart, panel in zip(self.charts, self.panels, strict=False):
            if self.state.error is not None:
                chart.empty = f"{self.state.error}"
            start, end = extent or (0.0, 1.0)
            curves = self.state.curves(panel.keys) if extent else []
            if panel.names:
                names = dict(zip(panel.keys, panel.names, strict=True))
                curves = [replace(curve, key=names[curve.key]) for curve in curves]
            chart.show(View(curves, self.state.axis, start, end))

    def _lay_out(self) -> None:
        """As many columns and rows as leave each chart its least size; one that is enlarged has it all."""
        grid = self.query_one(Grid)
        count = len(self.panels)
        self.query_one(".grid--empty").display = count == 0
        grid.display = count > 0
        for chart in self.charts:
            chart.set_class(self.enlarged is not None and chart.border_title != self.enlarged, "-parked")
        shown = 1 if self.enlarged is not None else max(1, count)
        width, height = self.size.width, self.size.height
        columns = max(1, min(shown, width // LEAST_WIDTH))
        rows = -(-shown // columns)
        # Three charts in three columns rather than two and a hole.
        self._columns = columns = -(-shown // rows)
        grid.styles.grid_size_columns = columns
        # What does not divide evenly goes to the first rows, a line each.
        heights = [max(LEAST_HEIGHT, height // rows + (row < height % rows)) for row in range(rows)]
        grid.styles.grid_rows = " ".join(map(str, heights))

    # What keys do.

    def action_step(self, step: int) -> None:
        count = len(self.panels)
        if count:
            at = self._focused()
            self._go_to((at + step) % count if at is not None else 0 if step > 0 else count - 1)

    def action_page(self, pages: float) -> None:
        """As far as there is room for charts; unlike a step not around the end."""
        count, at = len(self.panels), self._focused() or 0
        if count:
            charts = int(pages * self._charts_a_page) or (1 if pages > 0 else -1)
            self._go_to(max(0, min(count - 1, at + charts)))

    def action_end(self, at: int) -> None:
        if self.panels:
            self._go_to(at)

    def action_enlarge(self) -> None:
        focused = self._focused()
        self._enlarge(None if self.enlarged is not None or focused is None else self.panels[focused].title)

    def _focused(self) -> int | None:
        return next((at for at, chart in enumerate(self.charts) if chart.has_focus), None)

    @property
    def _charts_a_page(self) -> int:
        if self.enlarged is not None:
            return 1
        return max(1, self.size.height // LEAST_HEIGHT) * self._columns

    def _go_to(self, at: int) -> None:
        """Focus that chart; where one fills the grid, that one does from now on."""
        chart = self.charts[at]
        if self.enlarged is None:
            chart.focus()
        elif self.enlarged != chart.border_title:
            self._enlarge(str(chart.border_title))
            # What is parked cannot have the focus.
            self.call_after_refresh(chart.focus)

    def _enlarge(self, title: str | None) -> None:
        self.enlarged = title
        self._lay_out()
        self.post_message(self.Enlarged(title))

    def on_chart_columns_changed(self, message: Chart.ColumnsChanged) -> None:
        message.stop()
        self.state.set_columns(max((chart.columns for chart in self.charts if chart.display), default=0))

    def on_chart_range_changed(self, message: Chart.RangeChanged) -> None:
        message.stop()
        self.state.zoom(message.start, message.end)
        self.refresh_charts()

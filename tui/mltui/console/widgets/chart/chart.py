"""The chart widget: a plot that can be read with a crosshair, zoomed and panned by keys."""

from bisect import bisect_left, bisect_right
from datetime import tzinfo

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from mltui.console.widgets.chart.legend import Legend, last_values, values_at
from mltui.console.widgets.chart.plot import AXIS_LINES, GUTTER, Plot, View
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.painted import PaintedLines

ZOOM = 2.0
PAN = 0.25
"""Of what is visible."""
LEAST_ROWS = 2
"""Of the plot that stay while values are read, whatever the legend takes."""

KEYS = [
    Key("chart.right", "crosshair(1)", "right", "Read the next value", show=True),
    Key("chart.left", "crosshair(-1)", "left", "Read the previous value"),
    Key("chart.first", "crosshair_end(0)", "home", "Read the first value"),
    Key("chart.last", "crosshair_end(1)", "end", "Read the last value"),
    Key("chart.zoom_in", "zoom_in", "plus,equals_sign", "Zoom in", show=True),
    Key("chart.zoom_out", "zoom_out", "minus", "Zoom out", show=True),
    Key("chart.pan_left", "pan(-1)", "h,shift+left", "Earlier"),
    Key("chart.pan_right", "pan(1)", "l,shift+right", "Later"),
    Key("chart.reset", "reset", "0", "Show all", show=True),
    Key("chart.log", "log", "y", "Logarithmic y axis"),
]


class Chart(PaintedLines):
    """Shows what `show` was given. Zooming shows the buckets it has at once, and posts what to fetch."""

    BINDINGS = bindings(KEYS)
    DEFAULT_CSS = """
    Chart {
        overflow: hidden hidden;
        scrollbar-gutter: auto;
        border: round $border-blurred;
        border-title-color: $foreground;
        border-title-style: bold;
        border-subtitle-color: $secondary;
        &:focus { border: round $border; }
    }
    """

    crosshair: reactive[float | None] = reactive(None, repaint=False)
    """The x that is read; None for none."""

    class RangeChanged(Message):
        """Another range is wanted, in units of the axis; None and None for all of it."""

        def __init__(self, chart: "Chart", start: float | None, end: float | None) -> None:
            super().__init__()
            self.chart, self.start, self.end = chart, start, end

    class ColumnsChanged(Message):
        """There is room for `columns` buckets now."""

        def __init__(self, chart: "Chart", columns: int) -> None:
            super().__init__()
            self.chart, self.columns = chart, columns

    def __init__(
        self,
        title: str = "",
        *,
        empty: str = "Nothing logged yet.",
        log: bool = False,
        zone: tzinfo | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`zone` is that of a time axis; None is the terminal's own."""
        super().__init__(id=id, classes=classes)
        self.border_title = title
        self.empty, self.log_scale, self.zone = empty, log, zone
        self._view: View | None = None
        self._plot: Plot | None = None
        self._legend: Legend | None = None
        self._columns = 0
        self._legend_lines = 1
        """Taken by the legend. While values are read it only grows, or the plot would jump at each step."""

    @property
    def columns(self) -> int:
        """How many buckets to ask for: one a column of dots."""
        return max(0, (self.scrollable_content_region.width - GUTTER) * 2)

    def show(self, view: View) -> None:
        """Draw this. With no curves, the chart says that it is empty."""
        self._view = View(view.curves, view.axis, view.start, view.end, self.log_scale, self.zone)
        self._plot = self._legend = None
        self.repaint_changed()

    # Drawing.

    def visible_changed(self) -> None:
        self._plot = self._legend = None
        self._legend_lines = 1
        if self.columns != self._columns:
            self._columns = self.columns
            self.post_message(self.ColumnsChanged(self, self.columns))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._plot = None

    def visible_line(self, y: int) -> Strip:
        size, base = self.scrollable_content_region.size, self.rich_style
        if self._view is None or not self._view.curves or size.width <= GUTTER + 1 or size.height < 4:
            return self._note(y, base)
        legend = self._current_legend()
        return self._current_plot().line(y, legend, self._read) if y < size.height else Strip.blank(size.width, base)

    @property
    def _read(self) -> float | None:
        """The crosshair, where it can be seen."""
        view, x = self._view, self.crosshair
        return x if view is not None and x is not None and view.start <= x <= view.end else None

    def _current_legend(self) -> Legend:
        if self._legend is None:
            assert self._view is not None
            size, curves = self.scrollable_content_region.size, self._view.curves
            # One column is blank at the left.
            if self._read is None:
                self._legend = last_values(curves, size.width - 1)
            else:
                most = max(1, size.height - AXIS_LINES - LEAST_ROWS)
                self._legend = values_at(curves, self._read, size.width - 1, most)
                self._legend_lines = max(self._legend_lines, len(self._legend.lines))
        return self._legend

    def _current_plot(self) -> Plot:
        if self._plot is None or self._plot.legend_lines != self._legend_lines:
            assert self._view is not None
            size = self.scrollable_content_region.size
            start, end = self._view.start, self._view.end
            view = self._view if start < end else View(
                self._view.curves, self._view.axis, start - 0.5, end + 0.5, self.log_scale, self.zone
            )  # fmt: skip
            self._plot = Plot(
                view, size.width, size.height, self.palette, self.rich_style, legend_lines=self._legend_lines
            )
        return self._plot

    def _note(self, y: int, base: Style) -> Strip:
        size = self.scrollable_content_region.size
        words = self.empty if y == (size.height - 1) // 2 else ""
        left = max(0, (size.width - cell_len(words)) // 2)
        strip = Strip([Segment(" " * left, base), Segment(words, base + self.palette.style("muted"))])
        return strip.adjust_cell_length(size.width, base)

    def watch_crosshair(self, old: float | None, new: float | None) -> None:
        size = self.scrollable_content_region.size
        if not self.is_mounted or self._view is None or not self._view.curves:
            return
        self._legend = None
        if new is None:
            self._legend_lines = 1
        self._current_legend()
        before, plot = self._plot, self._current_plot()
        if plot is not before:
            self.repaint_changed()
            return
        columns = {plot.column_of(x) for x in (old, new) if x is not None}
        self.refresh(
            Region(0, 0, size.width, plot.legend_lines),
            Region(0, size.height - 1, size.width, 1),
            *(Region(GUTTER + column, plot.legend_lines, 1, plot.rows) for column in columns),
        )

    # What keys do.

    def _positions(self) -> list[float]:
        """Every x that can be read, in order, inside what is visible."""
        if self._view is None:
            return []
        xs = sorted({x for curve in self._view.curves for x in curve.buckets.x})
        return xs[bisect_left(xs, self._view.start) : bisect_right(xs, self._view.end)]

    def action_crosshair(self, step: int) -> None:
        xs = self._positions()
        if not xs:
            return
        if self.crosshair is None:
            self.crosshair = xs[-1]
            return
        at = bisect_left(xs, self.crosshair) if step > 0 else bisect_right(xs, self.crosshair) - 1
        if 0 <= at < len(xs) and xs[at] == self.crosshair:
            at += step
        self.crosshair = xs[max(0, min(at, len(xs) - 1))]

    def action_crosshair_end(self, end: int) -> None:
        xs = self._positions()
        if xs:
            self.crosshair = xs[-end]

    def action_zoom_in(self) -> None:
        self._zoom(1 / ZOOM)

    def action_zoom_out(self) -> None:
        self._zoom(ZOOM)

    def action_pan(self, direction: int) -> None:
        if self._view is not None:
            by = (self._view.end - self._view.start) * PAN * direction
            self._go_to(self._view.start + by, self._view.end + by)

    def action_reset(self) -> None:
        self.crosshair = None
        self.post_message(self.RangeChanged(self, None, None))

    def action_log(self) -> None:
        self.log_scale = not self.log_scale
        if self._view is not None:
            self.show(self._view)

    def _zoom(self, factor: float) -> None:
        if self._view is None:
            return
        start, end = self._view.start, self._view.end
        centre = self.crosshair if self.crosshair is not None and start <= self.crosshair <= end else (start + end) / 2
        self._go_to(centre - (centre - start) * factor, centre + (end - centre) * factor)

    def _go_to(self, start: float, end: float) -> None:
        view = self._view
        if view is not None and start < end:
            self.show(View(view.curves, view.axis, start, end))
            self.post_message(self.RangeChanged(self, start, end))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        xs = self._positions()
        if offset is not None and offset.x >= GUTTER and xs:
            plot = self._current_plot()
            column = offset.x - GUTTER
            self.crosshair = min(xs, key=lambda x: abs(plot.column_of(x) - column))

"""What every chart can: it is read with a crosshair, zoomed and panned by keys. What it draws is for subclasses."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import tzinfo
from typing import Generic, Protocol, TypeVar

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from mltui.console.widgets.chart import x_axis
from mltui.console.widgets.chart.ink import Ink
from mltui.console.widgets.chart.reading import Reading
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.note import placed
from mltui.console.widgets.painted import PaintedLines

T = TypeVar("T")

ZOOM = 2.0
PAN = 0.25
"""Of what is visible."""
LEAST_ROWS = 2
"""Of the picture that stay while values are read, whatever the head takes."""
LEAST_WIDTH, LEAST_HEIGHT = 12, 4
TOO_SMALL = "Too small."

KEYS = [
    Key("chart.right", "crosshair(1)", "right", "Read", show=True),
    Key("chart.left", "crosshair(-1)", "left", "Read back"),
    Key("chart.far_right", "crosshair(10)", "ctrl+right", "Read ten further"),
    Key("chart.far_left", "crosshair(-10)", "ctrl+left", "Read ten back"),
    Key("chart.first", "crosshair_end(0)", "home", "Read the first value"),
    Key("chart.last", "crosshair_end(1)", "end", "Read the last value"),
    Key("chart.zoom_in", "zoom_in", "plus,equals_sign", "Zoom in", show=True),
    Key("chart.zoom_out", "zoom_out", "minus", "Zoom out"),
    Key("chart.pan_left", "pan(-1)", "h,shift+left", "Earlier"),
    Key("chart.pan_right", "pan(1)", "l,shift+right", "Later"),
    Key("chart.reset", "reset", "0", "Show all", show=True),
]


class Drawing(Protocol):
    """A picture at one size. Its lines are made as they are asked for."""

    def line(self, y: int, crosshair: float | None) -> Strip:
        """Line `y`, with what is read at `crosshair` marked; None for nothing."""

    def touched(self, x: float) -> list[Region]:
        """What looks different with the crosshair at `x`."""

    def nearest(self, column: int, row: int, xs: list[float]) -> float:
        """The one of `xs`, of which there are some, that stands nearest to a cell."""


class Chart(PaintedLines, Generic[T]):
    """Shows what `show` was given. Zooming shows at once what is there, and posts what to fetch.

    Over an axis, x is what the axis counts (of time: seconds since 1970); elsewhere, the number of a slice or bar.
    """

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
    begins_at = -1
    """Which of the xs the first key reads: of time, the latest."""

    class RangeChanged(Message):
        """Another range is wanted, in units of the axis; None and None for all of it."""

        def __init__(self, chart: "Chart[T]", start: float | None, end: float | None) -> None:
            super().__init__()
            self.chart, self.start, self.end = chart, start, end

    class ColumnsChanged(Message):
        """There is room for `columns` buckets now."""

        def __init__(self, chart: "Chart[T]", columns: int) -> None:
            super().__init__()
            self.chart, self.columns = chart, columns

    class CrosshairMoved(Message):
        """Something else is read, at `x`; None for nothing any more. The chart's `reading` has the numbers."""

        def __init__(self, chart: "Chart[T]", x: float | None) -> None:
            super().__init__()
            self.chart, self.x = chart, x

    def __init__(
        self,
        title: str = "",
        *,
        unit: str = "",
        empty: str = "Nothing logged yet.",
        zone: tzinfo | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`unit` is that of the values; `zone` that of a time axis, None is the terminal's own."""
        super().__init__(id=id, classes=classes)
        self.border_title, self.border_subtitle = title, unit
        self.title, self.unit, self.empty, self.zone = title, unit, empty, zone
        self.shown: T | None = None
        self._whole = (0.0, 1.0)
        """The part of the axis that what is shown covers."""
        self._seen: tuple[float, float] | None = None
        """The part that keys went to; None for the whole."""
        self._drawing: tuple[int, Drawing] | None = None
        """And its height."""
        self._head: list[Strip] | None = None
        self._head_lines = 1
        """Taken by the head. While values are read it only grows, or the picture would jump at each step."""
        self._columns = 0

    # What subclasses say.

    @property
    def columns(self) -> int:
        """How many buckets to ask for."""
        raise NotImplementedError

    @property
    def has_data(self) -> bool:
        """Whether there is anything to draw of what is shown."""
        raise NotImplementedError

    def range_of(self, shown: T) -> tuple[float, float]:
        """The part of the axis that it covers."""
        raise NotImplementedError

    def xs(self) -> Iterable[float]:
        """Every x that can be read, in any order."""
        raise NotImplementedError

    def can_see(self, x: float) -> bool:
        """Whether `x` is in what is visible."""
        start, end = self.range
        return start <= x <= end

    def head(self, width: int, most: int) -> list[Strip]:
        """The lines above the picture: what is what, or what is read; `most` lines at most, one at least."""
        raise NotImplementedError

    def draw(self, width: int, height: int) -> Drawing:
        """The picture at this size."""
        raise NotImplementedError

    def reading(self) -> list[Reading]:
        """What the crosshair reads, exactly; empty where it reads nothing."""
        raise NotImplementedError

    # What is shown.

    def show(self, shown: T) -> None:
        """Draw this. Where there is nothing in it, the chart says so."""
        self.shown, self._whole, self._seen = shown, self.range_of(shown), None
        self.redraw()
        self._keep_crosshair()

    def redraw(self) -> None:
        """Draw anew what is shown, and send what came out different."""
        self._drawing = self._head = None
        self.repaint_changed()

    @property
    def range(self) -> tuple[float, float]:
        """What is visible of the axis, start < end."""
        start, end = self._seen or self._whole
        return (start, end) if start < end else (start - 0.5, end + 0.5)

    @property
    def read(self) -> float | None:
        """The crosshair, where it can be seen."""
        return self.crosshair if self.crosshair is not None and self.can_see(self.crosshair) else None

    @property
    def ink(self) -> Ink:
        return Ink(self.palette, self.rich_style)

    def _positions(self) -> list[float]:
        """Every x that can be read, in order, inside what is visible."""
        return [] if self.shown is None else [x for x in sorted(set(self.xs())) if self.can_see(x)]

    def _keep_crosshair(self) -> None:
        """What is shown has other buckets: the crosshair goes to the one nearest to where it was."""
        x = self.read
        if x is not None and (xs := self._positions()):
            self.crosshair = min(xs, key=lambda other: abs(other / 2 - x / 2))

    # Drawing.

    def visible_changed(self) -> None:
        self._drawing = self._head = None
        self._head_lines = 1
        if self.columns != self._columns:
            self._columns = self.columns
            self.post_message(self.ColumnsChanged(self, self.columns))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawing = self._head = None

    def visible_line(self, y: int) -> Strip:
        size = self.viewport
        if not self._can_draw(size):
            return self._note(y, size)
        head = self._current_head(size)
        if y < self._head_lines:
            return head[y] if y < len(head) else Strip.blank(size.width, self.rich_style)
        return self._current_drawing(size).line(y - self._head_lines, self.read)

    def _can_draw(self, size: Size) -> bool:
        return self.shown is not None and self.has_data and size.width >= LEAST_WIDTH and size.height >= LEAST_HEIGHT

    def _current_head(self, size: Size) -> list[Strip]:
        if self._head is None:
            self._head = self.head(size.width, max(1, size.height - x_axis.LINES - LEAST_ROWS))
            least = 1 if self.read is None else self._head_lines
            self._head_lines = max(least, len(self._head))
        return self._head

    def _current_drawing(self, size: Size) -> Drawing:
        height = size.height - self._head_lines
        if self._drawing is None or self._drawing[0] != height:
            self._drawing = height, self.draw(size.width, height)
        return self._drawing[1]

    def _note(self, y: int, size: Size) -> Strip:
        ink, is_empty = self.ink, self.shown is None or not self.has_data
        words = placed(self.empty if is_empty else TOO_SMALL, size.width, size.height).get(y, "")
        return Strip([Segment(words, ink.style("muted"))]).adjust_cell_length(size.width, ink.base)

    def watch_crosshair(self, old: float | None, new: float | None) -> None:
        if not self.is_mounted:
            return
        self.post_message(self.CrosshairMoved(self, new))
        size = self.viewport
        if not self._can_draw(size):
            return
        before, self._head = self._drawing, None
        self._current_head(size)
        drawing = self._current_drawing(size)
        if before is None or drawing is not before[1]:
            self.repaint_changed()
            return
        touched = [region for x in (old, new) if x is not None for region in drawing.touched(x)]
        self.refresh(
            Region(0, 0, size.width, self._head_lines),
            *(region.translate((0, self._head_lines)) for region in touched),
        )

    # What keys do.

    def action_crosshair(self, step: int) -> None:
        xs = self._positions()
        if not xs:
            return
        if self.crosshair is None:
            self.crosshair = xs[self.begins_at]
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
        start, end = self.range
        by = (end - start) * PAN * direction
        self._go_to(start + by, end + by)

    def action_reset(self) -> None:
        self.crosshair = self._seen = None
        self.redraw()
        self.post_message(self.RangeChanged(self, None, None))

    def _zoom(self, factor: float) -> None:
        start, end = self.range
        centre = self.crosshair if self.crosshair is not None and start <= self.crosshair <= end else (start + end) / 2
        self._go_to(centre - (centre - start) * factor, centre + (end - centre) * factor)

    def _go_to(self, start: float, end: float) -> None:
        if self.shown is not None and start < end:
            self._seen = start, end
            self.redraw()
            self.post_message(self.RangeChanged(self, start, end))

    def on_click(self, event: events.Click) -> None:
        offset, xs, size = event.get_content_offset(self), self._positions(), self.viewport
        if offset is not None and offset.y >= self._head_lines and xs and self._can_draw(size):
            self.crosshair = self._current_drawing(size).nearest(offset.x, offset.y - self._head_lines, xs)

"""The table of a metric's numbers, with every digit; its cursor reads what a chart's crosshair reads."""

from collections.abc import Sequence
from datetime import datetime

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from mltui.console import format
from mltui.console.state.metric_table import Cell, Heading, MetricTable, words
from mltui.console.widgets import cells
from mltui.console.widgets.note import placed
from mltui.console.widgets.virtual import VirtualLines

GAP = 2
MOST_TEXT = 40
"""Columns of a label's value."""


class ExactTable(VirtualLines):
    """Draws what `show` was given."""

    HEADER_LINES = 1
    COMPONENT_CLASSES = {"table--header"}
    DEFAULT_CSS = """
    ExactTable > .table--header { background: $surface; color: $secondary; text-style: bold; }
    """

    class Moved(Message):
        """What is read is what a crosshair reads at `x`."""

        def __init__(self, x: float) -> None:
            super().__init__()
            self.x = x

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.empty = ""
        self._table: MetricTable | None = None
        """None where there are no rows."""
        self._headings: tuple[Heading, ...] = ()
        self._widths: list[int] = []
        """By heading."""
        self._read: float | None = None

    def show(self, table: MetricTable | None, read: float | None) -> None:
        """Draw `table`, or that there is nothing; the cursor goes to what is read, and keeps its label set."""
        before, at, newest = self._table, self.cursor, self.cursor >= self.line_count - 1
        self._table, self._read = (table if table is not None and len(table) else None), read
        headings = self._table.headings if self._table is not None else ()
        if headings != self._headings:
            self._headings, self._widths = headings, [len(heading.title) for heading in headings]
        self.resize_content(len(self._table) if self._table is not None else 0, self._width())
        if self._table is not None and read is not None:
            self.cursor = self._table.row_at(read, before.places[at][1] if before and at < len(before) else 0)
        elif newest:
            self.cursor = self.line_count - 1
        self.repaint_changed()

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        if old != new and self.has_focus and self._table is not None:
            x = self._table.places[new][0]
            if x != self._read:
                self._read = x
                self.post_message(self.Moved(x))

    def on_resize(self) -> None:
        # While it was hidden there was nowhere to scroll to.
        self.show_line(self.cursor)

    # Drawing.

    def visible_changed(self) -> None:
        self._measure()

    def repaint_changed(self) -> None:
        self._measure()
        super().repaint_changed()

    def _measure(self) -> None:
        """Columns are as wide as what was seen of them."""
        if self._table is None:
            return
        top = self.scroll_offset.y
        for index in range(top, min(top + self.viewport.height, len(self._table))):
            for at, text in enumerate(self._texts(index)):
                self._widths[at] = max(self._widths[at], min(cells.width_of(text), MOST_TEXT))
        if self._width() != self.virtual_size.width:
            self._drawn.clear()
            self.resize_content(len(self._table), self._width())

    def _width(self) -> int:
        return 1 + sum(self._widths) + GAP * len(self._widths)

    def _texts(self, index: int) -> list[str]:
        assert self._table is not None
        return [_text(cell, heading) for cell, heading in zip(self._table.cells(index), self._headings, strict=True)]

    def draw_header(self, y: int, base: Style) -> Strip:
        style = base + self.get_component_rich_style("table--header")
        strip = self._line([heading.title for heading in self._headings], style)
        return strip.extend_cell_length(self.viewport.width + self.scroll_offset.x, style)

    def draw_line(self, index: int, base: Style) -> Strip:
        return self._line(self._texts(index), base)

    def _line(self, texts: Sequence[str], style: Style) -> Strip:
        segments = [Segment(" ", style)]
        for text, heading, width in zip(texts, self._headings, self._widths, strict=True):
            align = "right" if heading.kind == "number" else "left"
            segments += [*cells.plain(text, width, align, style), Segment(" " * GAP, style)]  # type: ignore[arg-type]
        return Strip(cells.joined(segments))

    def draw_beyond(self, y: int, base: Style) -> Strip:
        if self.line_count:
            return super().draw_beyond(y, base)
        words = placed(self.empty, self.viewport.width, self.viewport.height).get(y, "")
        return Strip([Segment(words, base + self.palette.style("muted"))])


def _text(cell: Cell, heading: Heading) -> str:
    if cell is None or isinstance(cell, str):
        return format.ABSENT if cell is None else format.label(cell)
    if heading.kind == "number":
        return words(cell)
    moment = datetime.fromtimestamp(cell)
    return f"{moment:%Y-%m-%d %H:%M:%S}" + (f".{moment:%f}" if moment.microsecond else "")

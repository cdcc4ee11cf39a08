"""The log view: the visible lines of a log of any length, with follow, wrap, search marks and gutters."""

import re
import textwrap
from bisect import bisect_right
from datetime import tzinfo

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.scrollbar import ScrollTo
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.state.log_window import PAGE_RECORDS, LogWindow, VisualLine
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.log_lines import Ink, Row, draw, row_width, wrap
from mltui.console.widgets.painted import PaintedLines

COLUMNS_A_STEP = 8
WHEEL_LINES = 3
CONTINUES = "›"
"""At the right edge of a line that is longer than what is seen of it."""

KEYS = [
    Key("log.down", "scroll_rows(1)", "down,j", "Down"),
    Key("log.up", "scroll_rows(-1)", "up,k", "Up"),
    Key("log.page_down", "scroll_pages(1)", "pagedown,ctrl+f,space", "Page down"),
    Key("log.page_up", "scroll_pages(-1)", "pageup,ctrl+b", "Page up"),
    Key("log.half_page_down", "scroll_pages(0.5)", "ctrl+d", "Half a page down"),
    Key("log.half_page_up", "scroll_pages(-0.5)", "ctrl+u", "Half a page up"),
    Key("log.top", "top", "home,g", "First line"),
    Key("log.follow", "follow", "f,end,G", "Follow the end", show=True),
    Key("log.wrap", "wrap", "w", "Wrap long lines", show=True),
    Key("log.times", "times", "t", "Show times", show=True),
    Key("log.numbers", "numbers", "number_sign", "Show line numbers"),
    Key("log.next", "find(1)", "n", "Next match"),
    Key("log.previous", "find(-1)", "N", "Previous match"),
    Key("log.right", "sideways(1)", "right,l", "Scroll right"),
    Key("log.left", "sideways(-1)", "left,h", "Scroll left"),
]


class LogView(PaintedLines):
    """Where the view stands is a record's number and a row within its line, so lines may join and wrap freely."""

    BINDINGS = bindings(KEYS)
    COMPONENT_CLASSES = {"log--match", "log--found"}
    DEFAULT_CSS = """
    LogView > .log--match { color: $warning; text-style: reverse; }
    LogView > .log--found { background: $block-cursor-background; }
    LogView:nocolor > .log--found { text-style: underline; }
    """

    class Following(Message):
        """The view began, or ceased, to stay at the end of the log."""

        def __init__(self, on: bool) -> None:
            super().__init__()
            self.on = on

    class SearchWanted(Message):
        """`n` or `N`: find the next match from record `start` on (before it, if not `forward`); then `show_match`."""

        def __init__(self, forward: bool, start: int) -> None:
            super().__init__()
            self.forward, self.start = forward, start

    def __init__(
        self,
        window: LogWindow,
        *,
        wrap: bool = False,
        times: bool = False,
        numbers: bool = True,
        zone: tzinfo | None = None,
        empty: str = "No output yet.",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`zone` is that of the times; None is the terminal's own."""
        super().__init__(id=id, classes=classes)
        self.window, self.wrap, self.times, self.numbers = window, wrap, times, numbers
        self.zone, self.empty = zone, empty
        self._pattern: re.Pattern[str] | None = None
        self._found: int | None = None
        self._top = (0, 0)
        self._rows: list[tuple[VisualLine, int]] = []
        self._wrapped: dict[int, tuple[VisualLine, list[Row]]] = {}
        self._widest = 0
        self._placing = False
        window.on_change = self._window_changed

    @property
    def following(self) -> bool:
        return self.window.following

    @property
    def top_record(self) -> int:
        """The number of the first visible line's first record."""
        return self._rows[0][0].n if self._rows else self._top[0]

    def search(self, pattern: str, *, regex: bool = False, case: bool = False) -> None:
        """Highlight what matches; an empty pattern highlights nothing. Raises re.error for a bad expression."""
        compiled = re.compile(pattern if regex else re.escape(pattern), 0 if case else re.IGNORECASE)
        self._pattern = compiled if pattern else None
        self._found = None
        self._redraw()

    def show_match(self, record: int) -> None:
        """Bring this record into view and mark its line."""
        self._found = record
        self._set_following(False)
        self._top = (max(0, record - self.viewport.height // 3), 0)
        self._redraw()

    def set_window(self, window: LogWindow) -> None:
        """Show another log."""
        self.window.close()
        self.window = window
        window.on_change = self._window_changed
        self._top, self._found, self._widest = (0, 0), None, 0
        self._redraw()
        self.visible_changed()

    # Which rows are visible.

    def on_mount(self) -> None:
        self.visible_changed()

    def on_unmount(self) -> None:
        self.window.close()

    def visible_changed(self) -> None:
        if not self._placing:
            self._redraw()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        if not self._placing:
            self._top = (round(new_value), 0)
        super().watch_scroll_y(old_value, new_value)

    def _window_changed(self) -> None:
        if not self.is_mounted:
            return
        self._lay_out()
        self._want_records()
        self._place_scrollbars()
        self.repaint_changed()

    def _redraw(self) -> None:
        self._wrapped.clear()
        self._window_changed()

    def _lay_out(self) -> None:
        lines, height = self.window.lines, self.viewport.height
        rows: list[tuple[VisualLine, int]] = []
        if not self.following:
            rows = self._rows_from(self._top, height)
        if self.following or (0 < len(rows) < height and self.window.end == self.window.total):
            rows = self._rows_up_to(len(lines), height)
        if rows:
            self._rows = rows
            self._top = (rows[0][0].n, rows[0][1])
        elif not lines:
            self._rows = []

    def _rows_from(self, top: tuple[int, int], height: int) -> list[tuple[VisualLine, int]]:
        lines = self.window.lines
        if not self.window.first <= top[0] < self.window.end:
            return []
        at = max(0, bisect_right(lines, top[0], key=lambda line: line.n) - 1)
        rows: list[tuple[VisualLine, int]] = []
        skip = min(top[1], self._height(lines[at]) - 1)
        while at < len(lines) and len(rows) < height:
            rows += [(lines[at], row) for row in range(skip, self._height(lines[at]))]
            at, skip = at + 1, 0
        return rows[:height]

    def _rows_up_to(self, end: int, height: int) -> list[tuple[VisualLine, int]]:
        rows: list[tuple[VisualLine, int]] = []
        while end and len(rows) < height:
            end -= 1
            line = self.window.lines[end]
            rows[:0] = [(line, row) for row in range(self._height(line))]
        return rows[len(rows) - height :] if len(rows) > height else rows

    def _want_records(self) -> None:
        height, window = max(1, self.viewport.height), self.window
        first, count = self._top[0], height
        if len(self._rows) < height and window.lines and self._rows:
            # Lines of many records, such as progress bars, fill few rows: look further.
            if self.following:
                first = max(0, window.first - PAGE_RECORDS)
                count = window.end - first
            else:
                count = max(height, window.end - first + PAGE_RECORDS)
        window.show(first, count)

    def _place_scrollbars(self) -> None:
        total = self.window.total or 0
        self._placing = True
        self.resize_content(total, 0 if self.wrap else self._gutter_width() + self._widest)
        at_end = self.following or (bool(self._rows) and self._rows[-1][0] is self.window.lines[-1])
        self.scroll_to(y=self.max_scroll_y if at_end and self.window.end == total else self._top[0])
        self._placing = False

    # Drawing.

    def visible_line(self, y: int) -> Strip:
        width, base = self.viewport.width, self.rich_style
        if not self._rows:
            return self._note(y, base)
        if y >= len(self._rows):
            return Strip.blank(width, base)
        line, row = self._rows[y]
        found = self._found is not None and line.n <= self._found < self._next_record(y)
        if found:
            base += self.get_component_rich_style("log--found")
        gutter = self._gutter(line, row, base)
        body = Strip([Segment(piece, base + style) for piece, style, _ in self._rows_of(line)[row]])
        left = 0 if self.wrap else self.scroll_offset.x
        room = width - gutter.cell_length
        if body.cell_length > left + room:
            more = Segment(CONTINUES, base + self.palette.style("accent"))
            return Strip.join([gutter, body.crop_extend(left, left + room - 1, base), Strip([more], 1)])
        return Strip.join([gutter, body.crop_extend(left, left + room, base)])

    def _next_record(self, y: int) -> int:
        line = self._rows[y][0]
        following = (other.n for other, _ in self._rows[y + 1 :] if other is not line)
        return next(following, line.n + 1)

    def _note(self, y: int, base: Style) -> Strip:
        if self.window.error is not None:
            note, name = f"{self.window.error}", "error"
        else:
            note, name = ("Loading…" if self.window.total is None else self.empty), "muted"
        width = max(1, self.viewport.width - 2)
        lines = [piece for line in note.split("\n") for piece in textwrap.wrap(line, width) or [""]]
        at = y - max(0, (self.viewport.height - len(lines)) // 3)
        words = lines[at] if 0 <= at < len(lines) else ""
        left = max(0, (self.viewport.width - len(words)) // 2)
        strip = Strip([Segment(" " * left, base), Segment(words, base + self.palette.style(name))])
        return strip.crop_extend(0, self.viewport.width, base)

    def _gutter(self, line: VisualLine, row: int, base: Style) -> Strip:
        muted = base + self.palette.style("muted")
        words = ""
        if self.times:
            words += text.clock(line.time, self.zone) + " "
        if self.numbers:
            words += f"{line.n + 1:>{len(str(self.window.total or 0))}} "
        if row:
            words = " " * len(words)
        bar = {"out": " ", "err": "▎", "agent": "▎"}[line.stream]
        colour = self.palette.style("error" if line.stream == "err" else "status-running")
        return Strip([Segment(words, muted), Segment(bar, base + colour)])

    def _gutter_width(self) -> int:
        return 13 * self.times + (len(str(self.window.total or 0)) + 1) * self.numbers + 1

    def _height(self, line: VisualLine) -> int:
        return len(self._rows_of(line)) if self.wrap else 1

    def _rows_of(self, line: VisualLine) -> list[Row]:
        known = self._wrapped.get(line.n)
        if known is not None and known[0] == line:
            return known[1]
        row = draw(line.text, Ink(self._stream_style(line), self.get_component_rich_style("log--match"), self._pattern))
        self._widest = max(self._widest, row_width(row))
        rows = wrap(row, max(1, self.viewport.width - self._gutter_width())) if self.wrap else [row]
        if len(self._wrapped) > 8 * (self.viewport.height + 1):
            self._wrapped.clear()
        self._wrapped[line.n] = (line, rows)
        return rows

    def _stream_style(self, line: VisualLine) -> Style:
        if line.stream == "out":
            return Style.null()
        return self.palette.style("log-stderr" if line.stream == "err" else "muted")

    # What keys and the mouse do.

    def _set_following(self, on: bool) -> None:
        if on != self.window.following:
            self.window.follow(on)
            self.post_message(self.Following(on))

    def action_scroll_rows(self, rows: int) -> None:
        if not self._rows:
            return
        if rows < 0:
            self._set_following(False)
            self._top = self._above(-rows)
        else:
            below = self._rows_from(self._top, rows + 1)
            if below:
                self._top = (below[-1][0].n, below[-1][1])
        self._window_changed()

    def _above(self, rows: int) -> tuple[int, int]:
        line, row = self._rows[0]
        at = bisect_right(self.window.lines, line.n, key=lambda other: other.n) - 1
        above = [(line, i) for i in range(row)]
        if len(above) < rows:
            above = self._rows_up_to(max(0, at), rows - len(above)) + above
        if not above:
            return line.n, row
        top = above[-rows] if len(above) >= rows else above[0]
        return top[0].n, top[1]

    def action_scroll_pages(self, pages: float) -> None:
        self.action_scroll_rows(int(pages * max(1, self.viewport.height - 1)))

    def action_top(self) -> None:
        self._set_following(False)
        self._top = (0, 0)
        self._window_changed()

    def action_follow(self) -> None:
        self._set_following(True)
        self._window_changed()

    def action_wrap(self) -> None:
        self.wrap = not self.wrap
        self.scroll_to(x=0)
        self._redraw()

    def action_times(self) -> None:
        self.times = not self.times
        self._redraw()

    def action_numbers(self) -> None:
        self.numbers = not self.numbers
        self._redraw()

    def action_sideways(self, steps: int) -> None:
        self.scroll_to(x=self.scroll_x + steps * COLUMNS_A_STEP)

    def action_find(self, direction: int) -> None:
        if self._pattern is not None:
            at = self._found if self._found is not None else self.top_record - (direction > 0)
            self.post_message(self.SearchWanted(direction > 0, at + (direction > 0)))

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.action_scroll_rows(WHEEL_LINES)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.action_scroll_rows(-WHEEL_LINES)

    def _on_scroll_to(self, message: ScrollTo) -> None:
        # The scroll bar was dragged; the base class, which is called next, scrolls.
        self._set_following(False)

"""The table: rows of a Window under a fixed header. Used for runs, pipelines and every other list."""

from collections.abc import Sequence
from operator import is_
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip

from mltui.console.faults import words_within
from mltui.console.state.window import Window
from mltui.console.widgets import cells
from mltui.console.widgets.columns import GAP, Column, lay_out, title_in
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.note import placed
from mltui.console.widgets.virtual import VirtualLines

R = TypeVar("R")

GUTTER = 2
"""Columns at the left for the mark."""
KEPT_VIEWS = 4
"""Rows are kept as rendered for this many times what can be seen."""

KEYS = [
    Key("table.open", "open", "enter", "Open", show=True),
    Key("table.mark", "mark", "space", "Mark", show=True),
    Key("table.clear_marks", "clear_marks", "M", "Clear marks"),
    Key("table.sort", "sort(1)", "o", "Sort", show=True),
    Key("table.reverse", "reverse", "i", "Reverse order"),
]


class RunTable(VirtualLines, Generic[R]):
    """Draws what the window holds, and dots for what it does not hold yet.

    The order is the server's business: the table shows the arrow and posts `Sorted`.
    """

    BINDINGS = bindings(KEYS)
    HEADER_LINES = 1
    COMPONENT_CLASSES = {"table--header"}
    DEFAULT_CSS = """
    RunTable > .table--header { background: $surface; color: $secondary; text-style: bold; }
    """

    class Opened(Message):
        """Enter or a double click on a row."""

        def __init__(self, row_id: str) -> None:
            super().__init__()
            self.row_id = row_id

    class Highlighted(Message):
        """The cursor is on another row now; None when there is no row under it.

        It has `moved`, or there are other rows.
        """

        def __init__(self, row_id: str | None, *, moved: bool) -> None:
            super().__init__()
            self.row_id, self.moved = row_id, moved

    class Sorted(Message):
        """Another order is wanted: by the column `key`."""

        def __init__(self, key: str, descending: bool) -> None:
            super().__init__()
            self.key, self.descending = key, descending

    class Marked(Message):
        """The marks changed; `ids` are those that are marked now."""

        def __init__(self, ids: frozenset[str]) -> None:
            super().__init__()
            self.ids = ids

    def __init__(
        self,
        window: Window[R],
        columns: Sequence[Column[R]],
        *,
        empty: str = "Nothing here.",
        sort: tuple[str, bool] | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`empty` says what to do when there are no rows; `sort` is (key, descending) of the order at first."""
        super().__init__(id=id, classes=classes)
        self.window, self.columns, self.empty, self.sort = window, tuple(columns), empty, sort
        self._widest: dict[str, int] = {}
        self._layout: dict[str, int] = {}
        self._highlighted: str | None = None
        self._rendered: dict[int, tuple[R, tuple[Column[R], ...], dict[str, str | Text]]] = {}
        """What columns made of the row at an index, until the next repaint."""
        self._seen_rows: list[R | None] = []
        self._seen: tuple[object, ...] = ()
        """What was visible when the window changed last."""
        self.awaited = True
        window.on_change = self._window_changed

    @property
    def shown_columns(self) -> list[str]:
        """Keys of the columns that there is room for."""
        return list(self._layout)

    # The window.

    def on_mount(self) -> None:
        self.visible_changed()

    def on_unmount(self) -> None:
        self.window.close()

    def visible_changed(self) -> None:
        if len(self._rendered) > KEPT_VIEWS * (self.viewport.height + 1):
            self._rendered.clear()
        self._lay_out()
        self._sees_something_else()
        self.window.show(self.scroll_offset.y, self.viewport.height)

    def _window_changed(self) -> None:
        self.awaited = self.window.total is None and self.window.error is None
        if not self.is_mounted:
            return
        moved = self.window.cursor - self.cursor
        if self.window.total is not None:
            self._lay_out()
            if moved and self.scroll_offset.y:
                self.scroll_to(y=self.scroll_offset.y + moved)
            self.cursor = self.window.cursor
        self._post_highlighted(moved=False)
        if self._sees_something_else():
            super().repaint_changed()

    def repaint_changed(self) -> None:
        self._rendered.clear()
        super().repaint_changed()

    def repaint_moved(self) -> None:
        """Send the lines in which time alone has changed something.

        To be called once a second: no more is rendered than the cells of columns that move.
        """
        moving = [column for column in self._shown() if column.moves]
        top = self.scroll_offset.y
        moved = [index for index in range(top, top + self.viewport.height) if self._has_moved(index, moving)]
        if not moved:
            return
        widths = self._layout
        self._lay_out()
        if self._layout != widths:
            super().repaint_changed()
            return
        for index in moved:
            for has_cursor in (False, True):
                self._drawn.pop((index, has_cursor), None)
            self.refresh_y(index - top + self.HEADER_LINES)

    def _has_moved(self, index: int, moving: Sequence[Column[R]]) -> bool:
        row = self.window.row(index)
        if row is None:
            return False
        shown = self._cells(index, row)
        now = {column.key: column.render(row) for column in moving}
        if all(shown[key] == cell for key, cell in now.items()):
            return False
        shown.update(now)
        return True

    def _sees_something_else(self) -> bool:
        """Since the last call. Pages ahead come in without being seen."""
        top, window = self.scroll_offset.y, self.window
        rows = [window.row(index) for index in range(top, top + self.viewport.height)]
        seen = (top, self.cursor, self.columns, window.total, window.error, frozenset(window.marks), len(rows))
        same = seen == self._seen and all(map(is_, rows, self._seen_rows))
        self._seen, self._seen_rows = seen, rows
        return not same

    def _cells(self, index: int, row: R) -> dict[str, str | Text]:
        known = self._rendered.get(index)
        if known is None or known[0] is not row or known[1] is not self.columns:
            made = {column.key: column.render(row) for column in self.columns}
            known = self._rendered[index] = (row, self.columns, made)
        return known[2]

    def _measure(self) -> None:
        top = self.scroll_offset.y
        for index in range(top, top + self.viewport.height):
            row = self.window.row(index)
            if row is not None:
                for key, cell in self._cells(index, row).items():
                    width = cells.width_of(cell)
                    if width > self._widest.get(key, 0):
                        self._widest[key] = width

    def _lay_out(self) -> None:
        self._measure()
        self._layout = lay_out(self.columns, self._widest, self.viewport.width - GUTTER)
        width = GUTTER + sum(self._layout.values()) + GAP * max(0, len(self._layout) - 1)
        self.resize_content(self.window.total or 0, width)

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        if new != self.window.cursor:
            self.window.move_to(new)
            self._post_highlighted(moved=True)

    def _post_highlighted(self, *, moved: bool) -> None:
        row_id = self.window.id_at(self.cursor)
        if row_id != self._highlighted:
            if self._highlighted is None:
                # The footer may have been written when keys for it had to wait.
                self.refresh_bindings()
            self._highlighted = row_id
            self.post_message(self.Highlighted(row_id, moved=moved))

    # Drawing.

    def draw_header(self, y: int, base: Style) -> Strip:
        style = base + self.get_component_rich_style("table--header")
        segments = [Segment(" " * GUTTER, style)]
        for column in self._shown():
            title = title_in(column, self._layout[column.key])
            if self.sort is not None and self.sort[0] == column.key:
                title = f"{title} {'↓' if self.sort[1] else '↑'}"
            segments += cells.plain(title, self._layout[column.key], column.align, style)
            segments.append(Segment(" " * GAP, style))
        strip = Strip(segments)
        width = self.viewport.width + self.scroll_offset.x
        return strip.extend_cell_length(width, style)

    def draw_line(self, index: int, base: Style) -> Strip:
        row, palette = self.window.row(index), self.palette
        marked = row is not None and self.window.id_at(index) in self.window.marks
        segments = [Segment("▌ ", base + palette.style("accent")) if marked else Segment(" " * GUTTER, base)]
        rendered = {} if row is None else self._cells(index, row)
        for number, column in enumerate(self._shown()):
            width = self._layout[column.key]
            cell = Text("·" * max(1, width // 2), "faint") if row is None else rendered[column.key]
            if number:
                segments.append(Segment(" " * GAP, base))
            if isinstance(cell, str):
                segments += cells.plain(cell, width, column.align, base)
            else:
                segments += cells.styled(cell, width, column.align, base, palette)
        return Strip(cells.joined(segments))

    def draw_beyond(self, y: int, base: Style) -> Strip:
        if self.line_count:
            return super().draw_beyond(y, base)
        words = placed(self._note(), self.viewport.width, self.viewport.height).get(y, "")
        name = "error" if self.window.error is not None else "muted"
        return Strip([Segment(words, base + self.palette.style(name))])

    def _note(self) -> str:
        if self.window.error is not None:
            return words_within(self.window.error, self.viewport.width)
        return "Loading…" if self.window.total is None else self.empty

    def _shown(self) -> list[Column[R]]:
        return [column for column in self.columns if column.key in self._layout]

    # What keys and the mouse do.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where no column can be sorted by, no key offers it."""
        if action in ("sort", "reverse") and not any(column.sortable for column in self.columns):
            return False
        return self.offers_row if action in ("open", "mark") else super().check_action(action, parameters)

    @property
    def offers_row(self) -> bool | None:
        """Whether there is a row under the cursor to do something to; None while it is on its way."""
        is_here = not self.line_count or self.window.row(self.cursor) is not None
        return self.offers if is_here or not self.window.loading else None

    def action_open(self) -> None:
        row_id = self.window.id_at(self.cursor)
        if row_id is not None:
            self.post_message(self.Opened(row_id))

    def action_mark(self) -> None:
        self.window.toggle_mark(self.cursor)
        self.post_message(self.Marked(frozenset(self.window.marks)))
        self.cursor += 1

    def action_clear_marks(self) -> None:
        self.window.clear_marks()
        self.post_message(self.Marked(frozenset()))

    def action_sort(self, step: int) -> None:
        keys = [column.key for column in self._shown() if column.sortable]
        if keys:
            at = keys.index(self.sort[0]) + step if self.sort and self.sort[0] in keys else 0
            self._sort_by(keys[at % len(keys)], descending=True)

    def action_reverse(self) -> None:
        if self.sort is not None:
            self._sort_by(self.sort[0], descending=not self.sort[1])

    def _sort_by(self, key: str, *, descending: bool) -> None:
        self.sort = (key, descending)
        self.repaint_changed()
        self.post_message(self.Sorted(key, descending))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.y == 0:
            self._click_header(offset.x + self.scroll_offset.x)
        elif event.chain == 2 and self.line_at(event) is not None:
            self.action_open()

    def _click_header(self, x: int) -> None:
        left = GUTTER
        for column in self._shown():
            right = left + self._layout[column.key] + GAP
            if left <= x < right and column.sortable:
                again = self.sort is not None and self.sort[0] == column.key
                self._sort_by(column.key, descending=not (again and self.sort is not None and self.sort[1]))
            left = right

"""A list of lines of which only the visible ones are ever drawn: cursor, paging, scrolling, and few bytes a key."""

from typing import Any

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mltui.console.theme import Palette, palette
from mltui.console.widgets.keys import Key, bindings

COLUMNS_A_STEP = 8
"""How far left and right scroll."""

KEYS = [
    Key("list.down", "move(1)", "down,j", "Next line"),
    Key("list.up", "move(-1)", "up,k", "Previous line"),
    Key("list.page_down", "page(1)", "pagedown,ctrl+f", "Page down"),
    Key("list.page_up", "page(-1)", "pageup,ctrl+b", "Page up"),
    Key("list.half_page_down", "page(0.5)", "ctrl+d", "Half a page down"),
    Key("list.half_page_up", "page(-0.5)", "ctrl+u", "Half a page up"),
    Key("list.first", "first", "home,g", "First line"),
    Key("list.last", "last", "end,G", "Last line"),
    Key("list.right", "sideways(1)", "right,l", "Scroll right"),
    Key("list.left", "sideways(-1)", "left,h", "Scroll left"),
]


class VirtualLines(ScrollView, can_focus=True, inherit_bindings=False):
    """Subclasses say how many lines there are (`resize_content`) and draw one (`draw_line`).

    After a change of content call `repaint_changed`: it draws the visible lines again and sends
    to the terminal only those that came out different.
    """

    BINDINGS = bindings(KEYS)
    COMPONENT_CLASSES = {"lines--cursor", "lines--cursor-blurred"}
    DEFAULT_CSS = """
    VirtualLines {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .lines--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
        & > .lines--cursor-blurred { background: $block-cursor-blurred-background; }
    }
    """
    HEADER_LINES = 0
    """Lines at the top that do not scroll up and down."""

    cursor: reactive[int] = reactive(0, repaint=False)
    """The index of the line that keys act on."""

    def __init__(
        self, *, name: str | None = None, id: str | None = None, classes: str | None = None, disabled: bool = False
    ) -> None:
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self.line_count = 0
        self.painted_lines = 0
        """How many lines were drawn so far: what tests and benchmarks count."""
        self._drawn: dict[tuple[int, bool], Strip] = {}
        self._painted: dict[int, Strip] = {}

    # What subclasses give.

    def draw_line(self, index: int, base: Style) -> Strip:
        """The whole line `index`, however wide, on the background that `base` has."""
        raise NotImplementedError

    def draw_header(self, y: int, base: Style) -> Strip:
        """Fixed line `y` of HEADER_LINES."""
        raise NotImplementedError

    def draw_beyond(self, y: int, base: Style) -> Strip:
        """Line `y` of the viewport, below the last line of the content."""
        return Strip.blank(self.viewport.width, base)

    def visible_changed(self) -> None:
        """Other lines than before are visible now."""

    # What subclasses use.

    @property
    def viewport(self) -> Size:
        """Columns, and lines below the header, that can be seen."""
        seen = self.scrollable_content_region.size
        return Size(seen.width, max(0, seen.height - self.HEADER_LINES))

    @property
    def palette(self) -> Palette:
        return palette(self.app)

    def resize_content(self, lines: int, width: int) -> None:
        """There are `lines` lines now, the widest of them `width` columns."""
        self.line_count = lines
        size = Size(width, lines + self.HEADER_LINES)
        if size != self.virtual_size:
            self.virtual_size = size

    def repaint_changed(self) -> None:
        """Draw the visible lines again, and send those that differ from what is on the screen."""
        self._drawn.clear()
        if not self.is_mounted:
            return
        for y in range(self.scrollable_content_region.height):
            if self._painted.get(y) != self._visible_line(y):
                self._refresh_y(y)

    def repaint_line(self, index: int) -> None:
        """Draw one line of the content again."""
        self._drawn.pop((index, False), None)
        self._drawn.pop((index, True), None)
        self._refresh_y(index - self.scroll_offset.y + self.HEADER_LINES)

    def show_line(self, index: int) -> None:
        """Scroll as little as it takes to see line `index`."""
        top, height = self.scroll_offset.y, self.viewport.height
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif height and index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False)

    # Drawing.

    def render_line(self, y: int) -> Strip:
        strip = self._painted[y] = self._visible_line(y)
        self.painted_lines += 1
        return strip

    def _visible_line(self, y: int) -> Strip:
        width, left = self.scrollable_content_region.width, self.scroll_offset.x
        base = self.rich_style
        if y < self.HEADER_LINES:
            return self.draw_header(y, base).crop_extend(left, left + width, base)
        index = y - self.HEADER_LINES + self.scroll_offset.y
        if index >= self.line_count:
            return self.draw_beyond(y - self.HEADER_LINES, base).crop_extend(0, width, base)
        has_cursor = index == self.cursor
        if has_cursor:
            base += self.get_component_rich_style("lines--cursor" if self.has_focus else "lines--cursor-blurred")
        key = (index, has_cursor)
        whole = self._drawn.get(key)
        if whole is None:
            whole = self._drawn[key] = self.draw_line(index, base)
        return whole.crop_extend(left, left + width, base)

    def _refresh_y(self, y: int) -> None:
        self.refresh(Region(0, y, self.scrollable_content_region.width, 1))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn.clear()

    # What moves.

    def scroll_to(self, x: float | None = None, y: float | None = None, **how: Any) -> None:  # type: ignore[override]
        # One animated page-up is half a megabyte to the terminal.
        how["animate"] = False
        super().scroll_to(x, y, **how)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._forget_invisible()
            self.visible_changed()

    def on_resize(self) -> None:
        self._painted.clear()
        self._drawn.clear()
        self.visible_changed()

    def on_focus(self) -> None:
        self.repaint_changed()

    def on_blur(self) -> None:
        self.repaint_changed()

    def _forget_invisible(self) -> None:
        if len(self._drawn) > 4 * (self.viewport.height + 1):
            top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.viewport.height
            self._drawn = {key: strip for key, strip in self._drawn.items() if top <= key[0] < bottom}

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.line_count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        if old == new or not self.is_mounted:
            return
        top = self.scroll_offset.y
        self.show_line(new)
        if self.scroll_offset.y == top:
            for index in (old, new):
                if 0 <= index - top < self.viewport.height:
                    self._refresh_y(index - top + self.HEADER_LINES)

    def action_move(self, lines: int) -> None:
        self.cursor += lines

    def action_page(self, pages: float) -> None:
        self.cursor += int(pages * max(1, self.viewport.height - 1))

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = self.line_count - 1

    def action_sideways(self, steps: int) -> None:
        self.scroll_to(x=self.scroll_x + steps * COLUMNS_A_STEP)

    def line_at(self, event: events.MouseEvent) -> int | None:
        """The index of the line under the mouse; None where there is none."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self.HEADER_LINES:
            return None
        index = offset.y - self.HEADER_LINES + self.scroll_offset.y
        return index if index < self.line_count else None

    def on_click(self, event: events.Click) -> None:
        index = self.line_at(event)
        if index is not None:
            self.cursor = index

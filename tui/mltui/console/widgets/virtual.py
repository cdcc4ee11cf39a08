"""A list of lines with a cursor: keys, mouse, paging. Only the visible lines are ever drawn."""

from rich.style import Style
from textual import events
from textual.reactive import reactive
from textual.strip import Strip

from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.painted import PaintedLines

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


class VirtualLines(PaintedLines):
    """Subclasses say how many lines there are (`resize_content`) and draw one (`draw_line`)."""

    BINDINGS = bindings(KEYS)
    COMPONENT_CLASSES = {"lines--cursor", "lines--cursor-blurred"}
    DEFAULT_CSS = """
    VirtualLines {
        & > .lines--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
        & > .lines--cursor-blurred { background: $block-cursor-blurred-background; }
        &:nocolor > .lines--cursor { text-style: bold reverse; }
        &:nocolor > .lines--cursor-blurred { text-style: underline; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)
    """The index of the line that keys act on."""
    awaited: reactive[bool] = reactive(False, repaint=False)
    """Whether its lines are on their way: what keys do to them waits until they are here."""

    fixed_columns = 0
    """Columns at the left that stay where they are when the rest scrolls sideways."""
    columns_a_step = 8
    """How far left and right scroll."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.line_count = 0
        self._drawn: dict[tuple[int, bool], Strip] = {}
        self._base: Style | None = None
        """The widget's own style, until the theme changes: finding it out asks every ancestor."""

    # What subclasses give.

    def draw_line(self, index: int, base: Style) -> Strip:
        """The whole line `index`, however wide, on the background that `base` has."""
        raise NotImplementedError

    def draw_header(self, y: int, base: Style) -> Strip:
        """Fixed line `y` of HEADER_LINES."""
        raise NotImplementedError

    def draw_beyond(self, y: int, base: Style) -> Strip:
        """Line `y` below the header, where the content has already ended."""
        return Strip.blank(self.viewport.width, base)

    # What subclasses use.

    def resize_content(self, lines: int, width: int) -> None:
        begins_or_ends = bool(lines) != bool(self.line_count)
        self.line_count = lines
        super().resize_content(lines, width)
        if begins_or_ends and self.is_attached:
            self.refresh_bindings()

    def repaint_changed(self) -> None:
        self._drawn.clear()
        super().repaint_changed()

    def show_line(self, index: int) -> None:
        """Scroll as little as it takes to see line `index`."""
        top, height = self.scroll_offset.y, self.viewport.height
        if index < top:
            self.scroll_to(y=index)
        elif height and index >= top + height:
            self.scroll_to(y=index - height + 1)

    # Drawing.

    def visible_line(self, y: int) -> Strip:
        if self._base is None:
            self._base = self.rich_style
        base = self._base
        if y < self.HEADER_LINES:
            return self._scrolled(self.draw_header(y, base), base)
        index = y - self.HEADER_LINES + self.scroll_offset.y
        if index >= self.line_count:
            return self.draw_beyond(y - self.HEADER_LINES, base).crop_extend(0, self.viewport.width, base)
        has_cursor = index == self.cursor
        if has_cursor:
            base += self.get_component_rich_style("lines--cursor" if self.has_focus else "lines--cursor-blurred")
        key = (index, has_cursor)
        whole = self._drawn.get(key)
        if whole is None:
            whole = self._drawn[key] = self.draw_line(index, base)
        return self._scrolled(whole, base)

    def _scrolled(self, whole: Strip, base: Style) -> Strip:
        """The columns of it that can be seen."""
        width, left = self.viewport.width, self.scroll_offset.x
        # What stays leaves the rest at least as much room.
        fixed = self.fixed_columns if left and self.fixed_columns <= width // 2 else 0
        rest = whole.crop_extend(left + fixed, left + width, base)
        return Strip.join([whole.crop_extend(0, fixed, base), rest]) if fixed else rest

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None
        self._drawn.clear()

    def on_resize(self) -> None:
        self._drawn.clear()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if len(self._drawn) > 4 * (self.viewport.height + 1):
            top, bottom = self.scroll_offset.y, self.scroll_offset.y + self.viewport.height
            self._drawn = {key: strip for key, strip in self._drawn.items() if top <= key[0] < bottom}

    # What moves.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """All that keys do here is done to a line or goes to one: an empty list offers nothing."""
        return self.offers

    @property
    def offers(self) -> bool | None:
        """Whether there is a line to do something to; None while nobody knows."""
        return None if self.awaited else self.line_count > 0

    def watch_awaited(self) -> None:
        # What is broken off as the console is left ends when there is no screen any more.
        if self.is_attached:
            self.refresh_bindings()

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
                    self.refresh_y(index - top + self.HEADER_LINES)

    def action_move(self, lines: int) -> None:
        self.cursor += lines

    def action_page(self, pages: float) -> None:
        self.cursor += int(pages * max(1, self.viewport.height - 1))

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = self.line_count - 1

    def action_sideways(self, steps: int) -> None:
        self.scroll_to(x=self.scroll_x + steps * self.columns_a_step)

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

"""Lines of which only the visible ones are ever drawn, and of which only those that changed are sent."""

from typing import Any

from rich.segment import Segment
from textual.events import Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mltui.console.format import printable
from mltui.console.theme import Palette, palette


class PaintedLines(ScrollView, can_focus=True, inherit_bindings=False):
    """Subclasses draw one line of the viewport (`visible_line`).

    After any change call `repaint_changed`: it draws the visible lines again and sends
    to the terminal only those that came out different. No control character gets there, whatever a subclass draws.
    """

    DEFAULT_CSS = """
    PaintedLines {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        scrollbar-gutter: stable;
    }
    """
    HEADER_LINES = 0
    """Lines at the top that do not scroll up and down."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.painted_lines = 0
        """How many lines were painted so far: what tests and benchmarks count."""
        self._painted: dict[int, Strip] = {}
        self._told = Size()
        """The size that it knows to have."""

    def visible_line(self, y: int) -> Strip:
        """Line `y` of the viewport, header included, exactly as wide as it."""
        raise NotImplementedError

    def visible_changed(self) -> None:
        """Other lines than before may be visible now."""

    @property
    def inner_size(self) -> Size:
        """Columns and lines within its border, beside its scrollbar, as it was laid out last.

        Not those of its region: it has none while something is laid out anew, and when it has it back nobody tells.
        """
        return self.outer_size - self.gutter.totals

    @property
    def viewport(self) -> Size:
        """Columns, and lines below the header, that can be seen."""
        return self.inner_size - (0, self.HEADER_LINES)

    @property
    def palette(self) -> Palette:
        return palette(self.app)

    def repaint_changed(self) -> None:
        """Draw the visible lines again, and send those that differ from what is on the screen."""
        if not self.is_mounted:
            return
        seen = self.inner_size
        changed = [y for y in range(seen.height) if self._painted.get(y) != _drawable(self.visible_line(y))]
        if changed:
            self.refresh(*(Region(0, y, seen.width, 1) for y in changed))

    def refresh_y(self, y: int) -> None:
        """Line `y` of the viewport is to be sent again."""
        self.refresh(Region(0, y, self.inner_size.width, 1))

    def render_line(self, y: int) -> Strip:
        strip = self._painted[y] = _drawable(self.visible_line(y))
        self.painted_lines += 1
        return strip

    def render_lines(self, crop: Region) -> list[Strip]:
        if self._told != self.outer_size:
            # After what is in the queue, where word of it mostly is.
            self.call_later(self._tell_size)
        return super().render_lines(crop)

    def _tell_size(self) -> None:
        """Textual does not, where anybody asked for the region of a widget that was not laid out yet."""
        if self._told != self.outer_size:
            self.post_message(Resize(self.outer_size, self.virtual_size, self.container_size))

    def resize_content(self, lines: int, width: int) -> None:
        """There are `lines` lines now, the widest of them `width` columns."""
        size = Size(width, lines + self.HEADER_LINES)
        if size != self.virtual_size:
            self.virtual_size = size

    def scroll_to(self, x: float | None = None, y: float | None = None, **how: Any) -> None:
        # One animated page-up is half a megabyte to the terminal. And before there is a scrollbar Textual does not
        # scroll: it comes with the next layout, of which nobody tells.
        how["animate"], how["force"] = False, True
        super().scroll_to(x, y, **how)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self.is_mounted:
            # Textual tells only a scrollbar that can be seen already, so one that comes up later stood at the top.
            self.vertical_scrollbar.position = new_value
        if round(old_value) != round(new_value):
            self.visible_changed()

    def on_resize(self) -> None:
        self._told = self.outer_size
        self.visible_changed()
        # What was painted since the size changed may have been drawn for the old one.
        self.repaint_changed()

    def on_focus(self) -> None:
        self.repaint_changed()

    def on_blur(self) -> None:
        self.repaint_changed()


def _drawable(strip: Strip) -> Strip:
    if strip.text.isprintable():
        return strip
    signs = Strip([Segment(printable(text), style) for text, style, _ in strip])
    return signs.adjust_cell_length(strip.cell_length)

"""Pages of text that scroll, and of which only the lines that changed are sent to the terminal."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.binding import BindingType
from textual.strip import Strip

from mltui.console.widgets import cells
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.painted import PaintedLines

KEYS = [
    Key("page.down", "lines(1)", "down,j", "Down"),
    Key("page.up", "lines(-1)", "up,k", "Up"),
    Key("page.page_down", "pages(1)", "pagedown,ctrl+f,space", "Page down"),
    Key("page.page_up", "pages(-1)", "pageup,ctrl+b", "Page up"),
    Key("page.top", "ends(0)", "home,g", "First line"),
    Key("page.bottom", "ends(1)", "end,G", "Last line"),
]


class TextPage(PaintedLines):
    """Lines of Text whose styles are names of the theme's colours; long ones are folded."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(KEYS)]
    DEFAULT_CSS = "TextPage { padding: 0 0 0 1; overflow-x: hidden; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._given: Sequence[Text] = ()
        self._lines: list[Text] = []

    def show(self, lines: Sequence[Text]) -> None:
        self._given = lines
        self.visible_changed()
        self.repaint_changed()

    def visible_changed(self) -> None:
        width = max(10, self.viewport.width - 1)
        self._lines = [piece for line in self._given for piece in _folded(line, width)]
        self.resize_content(len(self._lines), 0)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.repaint_changed()

    def visible_line(self, y: int) -> Strip:
        width, base = self.viewport.width, self.rich_style
        at = y + self.scroll_offset.y
        if at >= len(self._lines):
            return Strip.blank(width, base)
        return Strip([Segment("", base), *cells.styled(self._lines[at], width, "left", base, self.palette)])

    def action_lines(self, lines: int) -> None:
        self.scroll_to(y=self.scroll_y + lines)

    def action_pages(self, pages: int) -> None:
        self.scroll_to(y=self.scroll_y + pages * max(1, self.viewport.height - 1))

    def action_ends(self, end: int) -> None:
        self.scroll_to(y=end * self.max_scroll_y)


def heading(words: str) -> Text:
    return Text().append(words.upper(), "secondary")


def fact(name: str, value: Text | str, width: int = 14) -> Text:
    text = Text().append(f"{name:<{width}}", "muted")
    return text.append_text(value) if isinstance(value, Text) else text.append(value)


def _folded(line: Text, width: int) -> list[Text]:
    if line.cell_len <= width:
        return [line]
    pieces = []
    while line.cell_len > width:
        cut = width
        while cut > 1 and line[:cut].cell_len > width:
            cut -= 1
        space = line.plain.rfind(" ", cut // 2, cut + 1)
        cut = space + 1 if space > 0 else cut
        pieces.append(line[:cut])
        line = line[cut:]
    return [*pieces, line]

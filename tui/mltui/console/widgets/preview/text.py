"""Text with line numbers; code in colours."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from mltui.console.widgets import cells
from mltui.console.widgets.virtual import VirtualLines

MOST_WIDE = 2_000
"""Columns of a line that can be scrolled to."""


class TextView(VirtualLines):
    def __init__(self, lines: Sequence[Text]) -> None:
        """Their styles are names of the theme's colours."""
        super().__init__()
        self._lines = lines
        self._widths = [min(cells.width_of(line), MOST_WIDE) for line in lines]
        self._gutter = len(str(len(lines)))

    def on_mount(self) -> None:
        self.resize_content(len(self._lines), self._gutter + 3 + max(self._widths, default=0))

    def draw_line(self, index: int, base: Style) -> Strip:
        number = Segment(f" {index + 1:>{self._gutter}}  ", base + self.palette.style("muted"))
        return Strip([number, *cells.styled(self._lines[index], self._widths[index], "left", base, self.palette)])

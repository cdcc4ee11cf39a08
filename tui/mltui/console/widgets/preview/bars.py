"""Bars of categories that were logged as data: a line for each category and series, from zero to its value."""

import math

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mltui.console import format
from mltui.console.widgets import cells
from mltui.console.widgets.names import distinct
from mltui.console.widgets.virtual import VirtualLines
from mltui.wire.base import to_float
from mltui.wire.plots import Bars

MOST_NAME, LEAST_BAR = 24, 10
"""Columns."""
EIGHTHS = " ▏▎▍▌▋▊▉"
NOT_FINITE = "✖"


class BarsView(VirtualLines):
    HEADER_LINES = 1
    COMPONENT_CLASSES = {"table--header"}
    DEFAULT_CSS = """
    BarsView > .table--header { background: $surface; color: $secondary; text-style: bold; }
    """

    def __init__(self, bars: Bars) -> None:
        super().__init__()
        self._measure = bars.y
        self._values = [[to_float(value) for value in one.values] for one in bars.series]
        self._words = [[format.number(value) for value in values] for values in self._values]
        finite = [value for values in self._values for value in values if math.isfinite(value)]
        self._least, self._greatest = min(0.0, *finite, 0.0), max(0.0, *finite, 0.0)
        self._labels = distinct(tuple(bars.labels), MOST_NAME)
        # The only series needs no name.
        self._names = distinct(tuple(one.name for one in bars.series), MOST_NAME) if len(bars.series) > 1 else ("",)
        self._label_room = max(map(cells.width_of, self._labels))
        self._name_room = max(map(cells.width_of, self._names))
        self._word_room = max(len(word) for words in self._words for word in words)

    def on_mount(self) -> None:
        self.resize_content(len(self._labels) * len(self._names), 0)

    def draw_header(self, y: int, base: Style) -> Strip:
        style = base + self.get_component_rich_style("table--header")
        return Strip(cells.plain(f" {self._measure}", self.viewport.width, "left", style))

    def draw_line(self, index: int, base: Style) -> Strip:
        at, series = divmod(index, len(self._names))
        muted, colour = base + self.palette.style("muted"), base + self.palette.series(series)
        value, word = self._values[series][at], self._words[series][at]
        return Strip([
            Segment(" ", base),
            *cells.plain("" if series else self._labels[at], self._label_room, "right", base),
            *cells.plain(self._names[series], self._name_room + 1, "right", muted),
            *cells.plain(word, self._word_room + 1, "right", muted),
            Segment(" ", base),
            Segment(self._bar(value), colour if math.isfinite(value) else base + self.palette.style("error")),
        ]).adjust_cell_length(self.viewport.width, base)  # fmt: skip

    def _bar(self, value: float) -> str:
        if not math.isfinite(value):
            return NOT_FINITE
        taken = self._label_room + self._name_room + self._word_room + 5
        columns = max(LEAST_BAR, self.viewport.width - taken)
        a_column = (self._greatest - self._least) / columns or 1.0
        zero = round(-self._least / a_column)
        if value < 0:
            length = max(1, round(-value / a_column))
            return " " * (zero - length) + "█" * length
        full, rest = divmod(round(8 * value / a_column), 8)
        return " " * zero + "█" * full + EIGHTHS[rest].strip()

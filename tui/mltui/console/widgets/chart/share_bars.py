"""Shares of states side by side: a bar a label set, all of them as long as the time in which its state is known."""

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.widgets.cells import plain
from mltui.console.widgets.chart.enum_chart import EnumChart, name_width, share_reading, share_words
from mltui.console.widgets.chart.ink import Ink, letter
from mltui.console.widgets.chart.reading import Reading
from mltui.console.widgets.chart.rows import Rows
from mltui.console.widgets.chart.states import Share, cuts

LEAST_RULER = 12
"""Columns that a scale from 0 to 100 % takes."""

_EDGE, _READ, _UNKNOWN = "│", "▶", "┈"


class ShareBars(EnumChart):
    """The crosshair reads a bar: its x is the number of a label set."""

    begins_at = 0
    _rows: Rows | None = None

    def xs(self) -> Iterable[float]:
        return (float(number) for number in range(len(self.series)))

    def can_see(self, x: float) -> bool:
        return 0 <= x < len(self.series)

    def head(self, width: int, most: int) -> list[Strip]:
        if self.read is None:
            return self.legend_of_all(width, most)
        found = self.shares_of(self.series[int(self.read)])
        values = [share_words(one) for one in found]
        return self.legend(found, values, width, max(1, most // 2))

    def draw(self, width: int, height: int) -> "Bars":
        self._rows = Rows(len(self.series), height - 1, self.first, None if self.read is None else int(self.read))
        self.first = self._rows.first
        gutter = name_width(width) + 1
        names = self.names_within(gutter - 2)
        parts = [self.shares_of(series) for series in self.series]
        return Bars(names, parts, gutter, width, self._rows, self.ink, letters=self.letters)

    def reading(self) -> list[Reading]:
        """Each state of the label set."""
        if self.read is None:
            return []
        number = int(self.read)
        return [share_reading(self.names[number], share) for share in self.shares_of(self.series[number])]

    def action_label_set(self, step: int) -> None:
        self.action_crosshair(step)

    def watch_crosshair(self, old: float | None, new: float | None) -> None:
        if new is not None and self._rows is not None and int(new) not in self._rows.seen:
            self._drawing = None
        super().watch_crosshair(old, new)


class Bars:
    """The bars at one size."""

    def __init__(
        self,
        names: Sequence[str],
        parts: Sequence[Sequence[Share]],
        gutter: int,
        width: int,
        rows: Rows,
        ink: Ink,
        *,
        letters: bool,
    ) -> None:
        self._names, self._parts, self._gutter, self._width = names, parts, gutter, width
        self._rows, self._ink, self._letters = rows, ink, letters

    def touched(self, x: float) -> list[Region]:
        lines = self._rows.lines_of(int(x))
        return [Region(0, lines.start, self._width, len(lines))] if int(x) in self._rows.seen else []

    def nearest(self, column: int, row: int, xs: list[float]) -> float:
        return min(xs, key=lambda x: min(abs(line - row) for line in self._rows.lines_of(int(x))))

    def line(self, y: int, crosshair: float | None) -> Strip:
        if y >= self._rows.height:
            return self._scale()
        number = self._rows.at(y)
        read = number is not None and crosshair is not None and int(crosshair) == number
        middle = self._rows.is_middle(y)
        name = self._names[number] if number is not None and middle else ""
        segments = [
            Segment(_READ if read and middle else " ", self._ink.style("accent")),
            *plain(name, self._gutter - 2, "right", self._ink.base + Style(bold=True) if read else self._muted),
            Segment(_EDGE, self._ink.style("faint")),
            *([] if number is None else self._bar(self._parts[number], words=middle)),
        ]
        return Strip(segments).adjust_cell_length(self._width, self._ink.base)

    @property
    def _muted(self) -> Style:
        return self._ink.style("muted")

    def _bar(self, parts: Sequence[Share], *, words: bool) -> list[Segment]:
        columns = max(1, self._width - self._gutter)
        if not parts:
            return [Segment(_UNKNOWN * columns, self._ink.style("faint"))]
        segments, start = [], 0
        for part, end in zip(parts, cuts([part.share for part in parts], columns), strict=True):
            label = f" {text.percent(100 * part.share)} " if words else ""
            fill = letter(part.colour) if self._letters else " "
            written = label if len(label) + 2 * self._letters <= end - start else ""
            segments.append(Segment(written.center(end - start, fill), self._ink.fill(part.colour)))
            start = end
        return segments

    def _scale(self) -> Strip:
        columns, room = max(1, self._width - self._gutter), self._gutter - 1
        half = columns // 2
        ruler = f"{'0%':<{half}}{'50%':<{columns - half - 4}}100%" if columns >= LEAST_RULER else ""
        words = self._rows.words[:room].rjust(room)
        return Strip([Segment(f"{words} {ruler}", self._muted)]).adjust_cell_length(self._width, self._ink.base)

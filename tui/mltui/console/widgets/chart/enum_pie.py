"""Shares of states as a pie with its legend, of all label sets together or of one."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.widgets.cells import plain
from mltui.console.widgets.chart.enum_chart import EnumChart, share_reading
from mltui.console.widgets.chart.ink import Ink, letter
from mltui.console.widgets.chart.label_sets import ALL
from mltui.console.widgets.chart.legend import Item, fitted, strips
from mltui.console.widgets.chart.pie import ASPECT, QUARTERS, cell, slices
from mltui.console.widgets.chart.reading import Reading, exact
from mltui.console.widgets.chart.states import Share
from mltui.wire.metrics import EnumData, EnumSeries

GAP = 3
"""Blank columns between the pie and its legend."""
NUMBERS = 16
"""Columns of a legend's line for share and duration."""
MARKS = 5
"""And for what stands beside the name."""
LEAST_NAME, ROOM_FOR_NAME = 4, 16
"""Columns of a state's name: those that any has, and those that the pie makes room for."""


class EnumPie(EnumChart):
    """The crosshair reads a slice: its x is the slice's number, clockwise from 12 o'clock."""

    begins_at = 0
    chosen: str | None = None
    """The name of the label set that is shown; None for all together."""

    def show(self, shown: EnumData) -> None:
        if self.chosen not in self.names_of(shown.series):
            self.chosen = None
        super().show(shown)

    def number_in(self, data: EnumData) -> int | None:
        """Which of the label sets of `data` is the chosen one; None for all together."""
        there = self.names_of(data.series)
        return there.index(self.chosen) if self.chosen in there else None

    def xs(self) -> Iterable[float]:
        return (float(number) for number in range(len(self._slices)))

    def can_see(self, x: float) -> bool:
        return 0 <= x < len(self._slices)

    def head(self, width: int, most: int) -> list[Strip]:
        ink, many = self.ink, len(self.series)
        if self.read is not None:
            return self._head_of(self._slices[int(self.read)], width)
        words = [Segment(f" {self._heading}", ink.base + Style(bold=True))]
        if many > 1:
            words.append(Segment("  ↑↓ others", ink.style("muted")))
        return [Strip(words).adjust_cell_length(width, ink.base)]

    def _head_of(self, slice_: Share, width: int) -> list[Strip]:
        """Of the slice that is read, every digit; beside the pie there is no room for them."""
        items = [Item(self._heading), Item(slice_.state, slice_.colour)]
        values = ["", f"{exact(slice_.share)} {exact(slice_.seconds)}s"]
        legend = fitted(items, values, width - 1, 1)
        if legend.left_out:
            legend = fitted(items[1:], values[1:], width - 1, 1)
        return strips(legend, width, self.ink, letters=self.letters)

    def draw(self, width: int, height: int) -> "Pie":
        return Pie(self._slices, width, height, self.ink, letters=self.letters)

    def reading(self) -> list[Reading]:
        return [] if self.read is None else [share_reading(self._title, self._slices[int(self.read)])]

    def action_label_set(self, step: int) -> None:
        """The next one; all together come before the first."""
        offered: list[str | None] = [None, *self.names] if len(self.series) > 1 else [None]
        self.chosen = offered[(offered.index(self.chosen) + step) % len(offered)]
        self.redraw()
        self.post_message(self.CrosshairMoved(self, self.read))

    @property
    def _title(self) -> str:
        return self.names[0] if len(self.series) == 1 else self.chosen or ALL

    @property
    def _heading(self) -> str:
        many = len(self.series)
        return self._title if many == 1 or self.chosen else f"all {many} label sets"

    @property
    def _one(self) -> EnumSeries | None:
        return None if len(self.series) != 1 and self.chosen is None else self.series[self.names.index(self._title)]

    @property
    def _slices(self) -> list[Share]:
        return self.shares_of(self._one)


class Pie:
    """The pie at one size, with a line a slice at its right."""

    def __init__(self, parts: Sequence[Share], width: int, height: int, ink: Ink, *, letters: bool) -> None:
        self._parts, self._width, self._height, self._ink, self._letters = parts, width, height, ink, letters
        self._longest = max((cell_len(part.state) for part in parts), default=0)
        legend = max(LEAST_NAME, min(self._longest, ROOM_FOR_NAME)) + NUMBERS + MARKS
        self._rows = max(1, min(height, (width - legend - GAP - 1) // ASPECT))
        self._top = (height - self._rows) // 2
        self._pie = slices([part.share for part in parts], self._rows)

    def touched(self, x: float) -> list[Region]:
        return [Region(0, 0, self._width, self._height)]

    def nearest(self, column: int, row: int, xs: list[float]) -> float:
        """The slice below the cell, or whose line of the legend it is."""
        line = row - self._top
        if 0 <= line < self._rows and 1 <= column <= ASPECT * self._rows:
            found = self._pie[line][QUARTERS * (column - 1)]
            if found is not None:
                return float(found)
        return xs[min(max(row, 0), len(xs) - 1)]

    def line(self, y: int, crosshair: float | None) -> Strip:
        read = None if crosshair is None else int(crosshair)
        segments = [Segment(" ", self._ink.base)]
        if 0 <= y - self._top < self._rows:
            segments += self._pie_line(self._pie[y - self._top], read)
        else:
            segments.append(Segment(" " * (ASPECT * self._rows), self._ink.base))
        segments += [Segment(" " * GAP, self._ink.base), *self._legend_line(y, read)]
        return Strip(segments).adjust_cell_length(self._width, self._ink.base)

    def _pie_line(self, quarters: Sequence[int | None], read: int | None) -> Iterable[Segment]:
        cells = (cell(tuple(quarters[at : at + QUARTERS])) for at in range(0, len(quarters), QUARTERS))
        for (glyph, drawn, behind), run in groupby(cells):
            count = len(list(run))
            if drawn is None:
                yield Segment(" " * count, self._ink.base)
            elif self._letters and (behind == drawn or self._ink.palette.plain):
                yield Segment(letter(self._parts[drawn].colour) * count, self._fill(drawn, read))
            else:
                yield Segment(glyph * count, self._two(drawn, behind, read))

    def _fill(self, number: int, read: int | None) -> Style:
        return (
            self._two(number, number, read) if self._ink.palette.plain else self._ink.fill(self._parts[number].colour)
        )

    def _two(self, drawn: int, behind: int | None, read: int | None) -> Style:
        """What is not read stands back."""
        style = self._slice(drawn, read)
        return style if behind is None else style + Style(bgcolor=self._slice(behind, read).color)

    def _slice(self, number: int, read: int | None) -> Style:
        return self._ink.series(self._parts[number].colour, dim=read is not None and number != read)

    def _legend_line(self, y: int, read: int | None) -> list[Segment]:
        parts, ink = self._parts, self._ink
        first = 0 if read is None else max(0, read - self._height + 1)
        number = first + y - max(0, self._height - len(parts)) // 2
        if not first <= number < len(parts):
            return []
        part, is_read = parts[number], number == read
        name = ink.base + Style(bold=is_read)
        room = min(self._width - ASPECT * self._rows - GAP - NUMBERS - MARKS, self._longest)
        numbers = f"{text.percent(100 * part.share):>7} {text.duration(part.seconds):>8}"
        return [
            Segment("▶ " if is_read else "  ", ink.style("accent")),
            Segment(f"{letter(part.colour) if self._letters else '●'} ", ink.series(part.colour)),
            *plain(part.state, max(1, room), "left", name),
            Segment(numbers, ink.base + Style(bold=True)),
        ]

"""States along time: a lane a label set, coloured by what state it was in."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.widgets.cells import plain
from mltui.console.widgets.chart import x_axis
from mltui.console.widgets.chart.enum_chart import EnumChart, name_width
from mltui.console.widgets.chart.ink import Ink, letter
from mltui.console.widgets.chart.legend import PLUS, Item, fitted, strips
from mltui.console.widgets.chart.reading import Quantity, Reading, exact
from mltui.console.widgets.chart.rows import Rows
from mltui.console.widgets.chart.states import Mix, lane, mix, seconds_at
from mltui.console.widgets.chart.x_axis import XAxis
from mltui.wire.metrics import EnumData, EnumSeries

_EDGE, _UNKNOWN, _TWO, _CUT = "│", "┈", "▄", "┃"


class StateTimeline(EnumChart):
    """The crosshair reads the seconds that each state lasted in a bucket."""

    def xs(self) -> Iterable[float]:
        return (x for series in self.series for x in series.x)

    def head(self, width: int, most: int) -> list[Strip]:
        if self.read is None:
            return self.legend_of_all(width, most)
        first = self.first
        seconds = [self._seconds_at(series) for series in self.series[first:]]
        mixes = [mix(one) for one in seconds]
        named = zip(self.names[first:], mixes, self.short_names[first:], strict=True)
        items = [Item(name, found.most if found else 0, short) for name, found, short in named]
        # The lanes are told apart by what is read of them: half of the room stays theirs.
        legend = fitted(items, [self._words(one) for one in seconds], width - 1, max(1, most // 2))
        return strips(legend, width, self.ink, letters=self.letters)

    def draw(self, width: int, height: int) -> "Lanes":
        assert self.shown is not None
        gutter = name_width(width) + 1
        x = XAxis("time", *self.range, gutter, width, self.ink, zone=self.zone)
        rows = Rows(len(self.series), height - x_axis.LINES, self.first)
        self.first = rows.first
        return Lanes(self.shown, self.names_within(gutter - 1), x, rows, self.ink, letters=self.letters)

    def reading(self) -> list[Reading]:
        """For each label set, each state of the bucket that begins there."""
        if self.read is None:
            return []
        return [
            Reading(name, self.states[number], (Quantity("duration", seconds, "s"),))
            for name, series in zip(self.names, self.series, strict=True)
            for number, seconds in self._seconds_at(series).items()
        ]

    def action_label_set(self, step: int) -> None:
        self.first += step
        self.redraw()

    def _seconds_at(self, series: EnumSeries) -> dict[int, float]:
        assert self.shown is not None and self.read is not None
        at = bisect_left(series.x, self.read)
        here = at < len(series.x) and series.x[at] == self.read
        return seconds_at(self.shown, series, at) if here else {}

    def _words(self, seconds: dict[int, float]) -> str:
        order = sorted(seconds, key=lambda number: -seconds[number])
        return PLUS.join(f"{self.states[n]} {exact(seconds[n])}s" for n in order) or text.ABSENT


class Lanes:
    """The timeline at one size."""

    def __init__(self, data: EnumData, names: Sequence[str], x: XAxis, rows: Rows, ink: Ink, *, letters: bool) -> None:
        self._x, self._rows, self._ink, self._names, self._letters = x, rows, ink, names, letters
        self._faint = ink.style("faint")
        # Label sets share most of their buckets.
        begins = {begin for series in data.series for begin in series.x}
        columns = {begin: x.columns_of(begin, data.width) for begin in begins}
        self._lanes = {
            number: lane(data, series, [columns[begin] for begin in series.x], x.columns)
            for number, series in enumerate(data.series)
            if number in rows.seen
        }
        seen = {cell for cells in self._lanes.values() for cell in cells if cell is not None}
        self._looks = {cell: self._look(cell) for cell in seen}

    def touched(self, x: float) -> list[Region]:
        column = self._x.gutter + self._x.column_of(x)
        return [Region(column, 0, 1, self._rows.height), Region(0, self._rows.height + 1, self._x.width, 1)]

    def nearest(self, column: int, row: int, xs: list[float]) -> float:
        return min(xs, key=lambda x: abs(self._x.gutter + self._x.column_of(x) - column))

    def line(self, y: int, crosshair: float | None) -> Strip:
        if y >= self._rows.height:
            rule = y == self._rows.height
            return self._x.rule(words=self._rows.words) if rule else self._x.labels(crosshair)
        number = self._rows.at(y)
        name = self._names[number] if number is not None and self._rows.is_middle(y) else ""
        cells = [None] * self._x.columns if number is None else self._lanes[number]
        segments = plain(name, self._x.gutter - 1, "right", self._ink.style("muted"))
        segments.append(Segment(_EDGE, self._faint))
        for cell, run in groupby(cells):
            segments.append(self._cells(cell, len(list(run)), blank=number is None))
        strip = Strip(segments, self._x.width)
        return strip if crosshair is None else self._with_crosshair(strip, cells, self._x.column_of(crosshair))

    def _cells(self, cell: Mix | None, count: int, *, blank: bool) -> Segment:
        if cell is None:
            return Segment((" " if blank else _UNKNOWN) * count, self._faint)
        glyph, style = self._looks[cell]
        return Segment(glyph * count, style)

    def _look(self, cell: Mix) -> tuple[str, Style]:
        """Glyph and style of a cell in which it was like that."""
        if cell.next is None:
            return letter(cell.most) if self._letters else " ", self._ink.fill(cell.most)
        if self._ink.palette.plain:
            return letter(cell.most), self._ink.base + Style(underline=True)
        return _TWO, self._ink.over(cell.next, cell.most)

    def _with_crosshair(self, strip: Strip, cells: Sequence[Mix | None], column: int) -> Strip:
        cell, at = cells[column], self._x.gutter + column
        if cell is None or self._ink.palette.plain:
            mark = Segment(_EDGE, self._ink.style("accent"))
        else:
            mark = Segment(_CUT, self._ink.fill(cell.most))
        return Strip.join([strip.crop(0, at), Strip([mark], 1), strip.crop(at + 1, self._x.width)])

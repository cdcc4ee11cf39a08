"""A histogram along time: how many observations fell into which band, by lightness or shading."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.widgets.cells import plain
from mltui.console.widgets.chart import x_axis
from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.heat import Heat, by_column, merged, rows_of_bands
from mltui.console.widgets.chart.ink import Ink
from mltui.console.widgets.chart.label_sets import ALL
from mltui.console.widgets.chart.legend import Item, fitted, strips
from mltui.console.widgets.chart.reading import Quantity, Reading, exact
from mltui.console.widgets.chart.time_range import time_range
from mltui.console.widgets.chart.x_axis import XAxis
from mltui.console.widgets.names import distinct
from mltui.wire.base import Number
from mltui.wire.metrics import HistogramData

GUTTER = 10
"""Columns at the left for the bounds of the bands."""
LEVELS = 12
_SHADES = "░▒▓█"
_EDGE, _TICK = "│", "┤"


def band_names(le: Sequence[Number]) -> list[str]:
    """What is said of each band, with its bound as it was given: rounded, two might be the same.

    >>> band_names([0.5, 1, "Infinity"]), band_names(["Infinity"])
    (['≤0.5', '≤1', '>1'], ['all'])
    """
    bounded = [f"≤{exact(bound)}" for bound in le[:-1]]
    return [*bounded, bounded[-1].replace("≤", ">") if bounded else ALL] if le else []


class HistogramHeatmap(Chart[HistogramData]):
    """All label sets together. The crosshair reads the observations of one bucket of time, band by band."""

    _heat: Heat | None = None

    def show(self, shown: HistogramData) -> None:
        self._heat = Heat(shown.bands)
        super().show(shown)

    @property
    def columns(self) -> int:
        """One bucket a column."""
        return max(0, self.viewport.width - GUTTER)

    @property
    def has_data(self) -> bool:
        return self.shown is not None and any(map(any, self.shown.bands))

    def range_of(self, shown: HistogramData) -> tuple[float, float]:
        return time_range(shown)

    def xs(self) -> Iterable[float]:
        return [] if self.shown is None else self.shown.total.x

    def head(self, width: int, most: int) -> list[Strip]:
        if self._at is None:
            return [self._scale(width)]
        found = self._found
        items, values = [Item(name) for name, _ in found], [exact(count) for _, count in found]
        # One column is blank at the left.
        legend = fitted(items, values, width - 1, max(1, most // 2), least_name=GUTTER)
        return strips(legend, width, self.ink, letters=False)

    def draw(self, width: int, height: int) -> "HeatPicture":
        assert self.shown is not None and self._heat is not None
        x = XAxis("time", *self.range, GUTTER, width, self.ink, zone=self.zone)
        return HeatPicture(self.shown, self._heat, x, height - x_axis.LINES, self.ink)

    def reading(self) -> list[Reading]:
        """Each band of the bucket in which anything was observed."""
        return [Reading(ALL, name, (Quantity("observations", count),)) for name, count in self._found]

    @property
    def _found(self) -> list[tuple[str, float]]:
        """The bands that are read, by name."""
        if self._at is None or self.shown is None:
            return []
        counts = zip(band_names(self.shown.le), self.shown.bands[self._at], strict=True)
        return [(name, count) for name, count in counts if count]

    @property
    def _at(self) -> int | None:
        """The number of the bucket that is read."""
        if self.read is None or self.shown is None:
            return None
        xs = self.shown.total.x
        at = bisect_left(xs, self.read)
        return at if at < len(xs) and xs[at] == self.read else None

    def _scale(self, width: int) -> Strip:
        assert self.shown is not None and self._heat is not None
        bold, muted = self.ink.base + Style(bold=True), self.ink.style("muted")
        segments = [Segment(f" {text.number(self._heat.least)} ", bold), *swatches(self.ink)]
        segments.append(Segment(f" {text.number(self._heat.most)}", bold))
        segments.append(Segment(f" observations in {text.duration(self.shown.width)}", muted))
        return Strip(segments).adjust_cell_length(width, self.ink.base)


def swatches(ink: Ink) -> list[Segment]:
    """One cell a level, the coldest first."""
    ramp = ink.palette.ramp(LEVELS)
    if ramp:
        return [Segment(" ", ink.base + style) for style in ramp]
    return [Segment(shade, ink.series(0)) for shade in _SHADES]


class HeatPicture:
    """The heatmap at one size."""

    def __init__(self, data: HistogramData, heat: Heat, x: XAxis, height: int, ink: Ink) -> None:
        self._x, self._height, self._ink = x, max(1, height), ink
        self._swatches = swatches(ink)
        self._blank = Segment(" ", ink.base)
        self._rows = rows_of_bands(len(data.le), self._height)
        self._top = self._height - len(self._rows)
        self._names = distinct(tuple(band_names(data.le)), GUTTER - 2)
        self._levels = self._levels_of(data, heat.edges(len(self._swatches)))

    def _levels_of(self, data: HistogramData, edges: list[float]) -> dict[range, list[int]]:
        """By the bands of a line: how hot each column is, 0 for nothing."""
        lines = list(dict.fromkeys(self._rows))
        columns = [self._x.columns_of(begin, data.width) for begin in data.total.x]
        cells = by_column(merged(data.bands, lines), columns, len(lines), self._x.columns)
        levels = ([bisect_right(edges, count) for count in counts] for counts in cells)
        return dict(zip(lines, levels, strict=True))

    def touched(self, x: float) -> list[Region]:
        column = GUTTER + self._x.column_of(x)
        return [Region(column, 0, 1, self._height), Region(0, self._height + 1, self._x.width, 1)]

    def nearest(self, column: int, row: int, xs: list[float]) -> float:
        return min(xs, key=lambda x: abs(GUTTER + self._x.column_of(x) - column))

    def line(self, y: int, crosshair: float | None) -> Strip:
        if y >= self._height:
            return self._x.rule() if y == self._height else self._x.labels(crosshair)
        row = y - self._top
        name = self._name(row)
        segments = plain(name, GUTTER - 1, "right", self._ink.style("muted"))
        segments.append(Segment(_TICK if name else _EDGE, self._ink.style("faint")))
        levels = self._levels[self._rows[row]] if row >= 0 else [0] * self._x.columns
        for level, run in groupby(levels):
            segments.append(self._cells(level, len(list(run))))
        strip = Strip(segments, self._x.width)
        return strip if crosshair is None else self._with_crosshair(strip, levels, self._x.column_of(crosshair))

    def _name(self, row: int) -> str:
        """Of the uppermost band of a line, where it begins."""
        begins = row == 0 or (row > 0 and self._rows[row] != self._rows[row - 1])
        return self._names[self._rows[row][-1]] if begins else ""

    def _cells(self, level: int, count: int) -> Segment:
        swatch = self._swatches[level - 1] if level else self._blank
        return Segment(swatch.text * count, swatch.style)

    def _with_crosshair(self, strip: Strip, levels: Sequence[int], column: int) -> Strip:
        behind = self._cells(levels[column], 1).style or self._ink.base
        mark = Segment(_EDGE, behind + self._ink.palette.style("accent"))
        at = GUTTER + column
        return Strip.join([strip.crop(0, at), Strip([mark], 1), strip.crop(at + 1, self._x.width)])

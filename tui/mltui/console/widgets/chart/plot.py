"""Curves as lines of cells: the plot, its y axis and what is below it. Everything but keys and scrolling; no widget."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.state.series import Curve
from mltui.console.widgets.chart import raster, x_axis
from mltui.console.widgets.chart.ink import Ink, letter
from mltui.console.widgets.chart.scale import Scale, around
from mltui.console.widgets.chart.x_axis import AxisKind, XAxis

GUTTER = 8
"""Columns at the left for the values of the y axis."""
CELLS_A_TICK_HIGH = 3

_GRID, _TICK, _EDGE = "┈", "┤", "│"


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at."""

    curves: Sequence[Curve]
    axis: AxisKind
    start: float
    end: float
    """Of the x axis; start < end."""
    log: bool = False
    zone: tzinfo | None = None
    apart: bool = False
    """Points that nothing connects, and no bands."""


class Plot:
    """One view at one size, rasterised once; its lines are made as they are asked for."""

    def __init__(self, view: View, width: int, height: int, ink: Ink) -> None:
        self.view, self.width, self._ink = view, width, ink
        self.x = XAxis(view.axis, view.start, view.end, GUTTER, width, ink, zone=view.zone)
        self.rows = max(1, height - x_axis.LINES)
        self.y = self._y_scale()
        traces = [
            raster.Trace(c.buckets.x, c.buckets.min, c.buckets.max, c.line, c.buckets.nonfinite, view.apart)
            for c in view.curves
        ]
        self.frame = raster.rasterise(traces, view.start, view.end, self.y, self.x.columns, self.rows)
        ticks = self.y.ticks(max(2, self.rows // CELLS_A_TICK_HIGH))
        self._y_ticks = {self._row(tick): text.number(tick) for tick in reversed(ticks)}
        self._styles = {owner: self._style(owner) for owner in range(1, raster.band_owner(len(view.curves)))}
        self._letters = self._place_letters() if ink.needs_letters(len(view.curves)) else {}

    def touched(self, x: float) -> list[Region]:
        """What a crosshair at `x` covers."""
        return [Region(GUTTER + self.x.column_of(x), 0, 1, self.rows), Region(0, self.rows + 1, self.width, 1)]

    def nearest(self, column: int, row: int, xs: list[float]) -> float:
        """The one of `xs` that stands nearest to a cell."""
        return min(xs, key=lambda x: abs(GUTTER + self.x.column_of(x) - column))

    def line(self, y: int, crosshair: float | None) -> Strip:
        """Line `y`; `crosshair` is the x that is read, None for none."""
        if y < self.rows:
            return self._plot_line(y, crosshair)
        return self.x.rule(self._marked) if y == self.rows else self.x.labels(crosshair)

    @property
    def _marked(self) -> set[int]:
        return {column for column, mark in enumerate(self.frame.marks) if mark}

    def _plot_line(self, row: int, crosshair: float | None) -> Strip:
        label = self._y_ticks.get(row)
        faint = self._ink.style("faint")
        segments = [
            Segment((label or "")[: GUTTER - 1].rjust(GUTTER - 1), self._ink.style("muted")),
            Segment(_TICK if label else _EDGE, faint),
        ]
        empty = _GRID if label else " "
        glyphs = self.frame.dots[row].decode("latin-1").translate(raster.BRAILLE)
        at = 0
        for owner, cells in groupby(self.frame.owners[row]):
            end = at + len(list(cells))
            if owner == raster.NOBODY:
                segments.append(Segment(empty * (end - at), faint))
            else:
                segments.append(Segment(glyphs[at:end], self._styles[owner]))
            at = end
        strip = Strip(segments, self.width)
        for column, curve in self._letters.get(row, ()):
            strip = _with_cell(strip, GUTTER + column, letter(curve.colour), self._ink.series(curve.colour))
        return strip if crosshair is None else self._with_crosshair(strip, row, self.x.column_of(crosshair))

    def _with_crosshair(self, strip: Strip, row: int, column: int) -> Strip:
        nobody = self.frame.owners[row][column] == raster.NOBODY
        glyph = _EDGE if nobody else raster.BRAILLE[self.frame.dots[row][column]]
        return _with_cell(strip, GUTTER + column, glyph, self._ink.style("accent"))

    def _style(self, owner: int) -> Style:
        trace, is_band = raster.owner_of(owner)
        return self._ink.series(self.view.curves[trace].colour, dim=is_band)

    def _place_letters(self) -> dict[int, list[tuple[int, Curve]]]:
        """By row: where each curve bears its letter, which is as far right as there is none of another."""
        taken: dict[tuple[int, int], Curve] = {}
        for curve in self.view.curves:
            points = zip(reversed(curve.buckets.x), reversed(curve.line), strict=True)
            cells = (
                (self._row(value), self.x.column_of(x))
                for x, value in points
                if value is not None and self.view.start <= x <= self.view.end
            )
            free = next((cell for cell in cells if cell not in taken), None)
            if free is not None:
                taken[free] = curve
        rows: dict[int, list[tuple[int, Curve]]] = {}
        for (row, column), curve in taken.items():
            rows.setdefault(row, []).append((column, curve))
        return rows

    # Scales.

    def _y_scale(self) -> Scale:
        values: list[float] = []
        for curve in self.view.curves:
            for column in (curve.line,) if self.view.apart else (curve.buckets.min, curve.buckets.max, curve.line):
                values += [value for value in column if value is not None]
        return around(values, log=self.view.log)

    def _row(self, value: float) -> int:
        dots = self.rows * raster.DOTS_HIGH - 1
        return (dots - int(self.y.fraction(value) * dots + 0.5)) // raster.DOTS_HIGH


def _with_cell(strip: Strip, at: int, glyph: str, style: Style) -> Strip:
    return Strip.join([strip.crop(0, at), Strip([Segment(glyph, style)], 1), strip.crop(at + 1, strip.cell_length)])

"""A chart as lines of cells: legend, plot with its axes, labels. Everything but keys and scrolling; no widget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.state.series import Curve
from mltui.console.theme import Palette
from mltui.console.widgets.chart import raster
from mltui.console.widgets.chart.legend import GAP, Legend
from mltui.console.widgets.chart.scale import Scale, around, x_label, x_ticks
from mltui.wire.samples import Axis

GUTTER = 8
"""Columns at the left for the values of the y axis."""
AXIS_LINES = 2
CELLS_A_TICK_HIGH = 3
CELLS_A_TICK_WIDE = 12

_GRID, _TICK, _EDGE, _BASE = "┈", "┤", "│", "─"


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at."""

    curves: Sequence[Curve]
    axis: Axis
    start: float
    end: float
    """Of the x axis; start < end."""
    log: bool = False
    zone: tzinfo | None = None


class Plot:
    """One view at one size, rasterised once; its lines are made as they are asked for."""

    def __init__(
        self, view: View, width: int, height: int, palette: Palette, base: Style, *, legend_lines: int = 1
    ) -> None:
        self.view, self.width, self.height, self.legend_lines = view, width, height, legend_lines
        self._palette, self._base = palette, base
        self.columns = max(1, width - GUTTER)
        self.rows = max(1, height - AXIS_LINES - legend_lines)
        self.y = self._y_scale()
        traces = [
            raster.Trace(c.buckets.x, c.buckets.min, c.buckets.max, c.line, c.buckets.nonfinite) for c in view.curves
        ]
        self.frame = raster.rasterise(traces, view.start, view.end, self.y, self.columns, self.rows)
        ticks = self.y.ticks(max(2, self.rows // CELLS_A_TICK_HIGH))
        self._y_ticks = {self._row(tick): text.number(tick) for tick in reversed(ticks)}
        self._x_ticks = self._place_x_ticks()

    # What a crosshair needs.

    def column_of(self, x: float) -> int:
        """The column of the plot where `x` stands, kept inside it."""
        dots = raster.dot_column(x, self.view.start, self.view.end, self.columns)
        return max(0, min(self.columns - 1, dots // raster.DOTS_WIDE))

    # Lines.

    def line(self, y: int, legend: Legend, crosshair: float | None) -> Strip:
        """Line `y` of the whole chart; `crosshair` is the x that is read, None for none."""
        if y < self.legend_lines:
            return self._legend_line(legend, y)
        row = y - self.legend_lines
        if row < self.rows:
            return self._plot_line(row, crosshair)
        return self._axis_line() if row == self.rows else self._label_line(crosshair)

    def _legend_line(self, legend: Legend, y: int) -> Strip:
        segments = [Segment(" ", self._base)]
        for entry in legend.lines[y] if y < len(legend.lines) else ():
            segments += [
                Segment(f"● {entry.name}", self._base + self._palette.series(entry.curve.colour)),
                Segment(f" {entry.value}" if entry.value else "", self._base + Style(bold=True)),
                Segment(" " * GAP, self._base),
            ]
        if legend.left_out and y == len(legend.lines) - 1:
            segments.append(Segment(f"+{legend.left_out}", self._base + self._palette.style("muted")))
        return Strip(segments).adjust_cell_length(self.width, self._base)

    def _plot_line(self, row: int, crosshair: float | None) -> Strip:
        label = self._y_ticks.get(row)
        faint = self._base + self._palette.style("faint")
        segments = [
            Segment((label or "")[: GUTTER - 1].rjust(GUTTER - 1), self._base + self._palette.style("muted")),
            Segment(_TICK if label else _EDGE, faint),
        ]
        empty = _GRID if label else " "
        dots, owners = self.frame.dots[row], self.frame.owners[row]
        at = 0
        for owner, cells in groupby(owners):
            length = len(list(cells))
            if owner == raster.NOBODY:
                segments.append(Segment(empty * length, faint))
            else:
                glyphs = "".join([raster.BRAILLE[bits] for bits in dots[at : at + length]])
                segments.append(Segment(glyphs, self._style(owner)))
            at += length
        strip = Strip(segments, self.width)
        return strip if crosshair is None else self._with_crosshair(strip, row, self.column_of(crosshair))

    def _with_crosshair(self, strip: Strip, row: int, column: int) -> Strip:
        if self.frame.owners[row][column] == raster.NOBODY:
            cell = Strip([Segment(_EDGE, self._base + self._palette.style("accent"))], 1)
        else:
            lit = self._base + self._palette.style("accent")
            cell = Strip([Segment(raster.BRAILLE[self.frame.dots[row][column]], lit)], 1)
        at = GUTTER + column
        return Strip.join([strip.crop(0, at), cell, strip.crop(at + 1, self.width)])

    def _style(self, owner: int) -> Style:
        trace, is_band = raster.owner_of(owner)
        return self._base + self._palette.series(self.view.curves[trace].colour, dim=is_band)

    def _axis_line(self) -> Strip:
        faint = self._base + self._palette.style("faint")
        error = self._base + self._palette.style("error")
        segments = [Segment(" " * (GUTTER - 1) + "└", faint)]
        ticks = {column for column, _ in self._x_ticks}
        for marked, cells in groupby(range(self.columns), key=lambda column: bool(self.frame.marks[column])):
            columns = list(cells)
            if marked:
                segments.append(Segment("✖" * len(columns), error))
            else:
                segments.append(Segment("".join("┴" if c in ticks else _BASE for c in columns), faint))
        return Strip(segments, self.width)

    def _label_line(self, crosshair: float | None) -> Strip:
        cells = [" "] * self.width
        for column, label in self._x_ticks:
            start = max(0, min(self.width - len(label), GUTTER + column - len(label) // 2))
            if all(cell == " " for cell in cells[max(0, start - 1) : start + len(label) + 1]):
                cells[start : start + len(label)] = label
        strip = Strip([Segment("".join(cells), self._base + self._palette.style("muted"))], self.width)
        if crosshair is None:
            return strip
        label = f" {self._exact_x(crosshair)} "
        start = max(0, min(self.width - len(label), GUTTER + self.column_of(crosshair) - len(label) // 2))
        reading = Segment(label, self._base + self._palette.style("accent") + Style(reverse=True))
        end = start + len(label)
        return Strip.join([strip.crop(0, start), Strip([reading], len(label)), strip.crop(end, self.width)])

    def _exact_x(self, x: float) -> str:
        if self.view.axis == "step":
            return f"step {math.ceil(x - 1e-9):,}"
        return x_label(self.view.axis, x, self.view.zone)

    # Scales.

    def _y_scale(self) -> Scale:
        values: list[float] = []
        for curve in self.view.curves:
            for column in (curve.buckets.min, curve.buckets.max, curve.line):
                values += [value for value in column if value is not None]
        return around(values, log=self.view.log)

    def _row(self, value: float) -> int:
        dots = self.rows * raster.DOTS_HIGH - 1
        return (dots - int(self.y.fraction(value) * dots + 0.5)) // raster.DOTS_HIGH

    def _place_x_ticks(self) -> list[tuple[int, str]]:
        view = self.view
        span = view.end - view.start
        most = max(2, self.columns // CELLS_A_TICK_WIDE)
        ticks = x_ticks(view.axis, view.start, view.end, most)
        return [(self.column_of(tick), x_label(view.axis, tick, view.zone, span=span)) for tick in ticks]

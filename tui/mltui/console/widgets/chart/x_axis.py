"""The x axis below a chart: where an x stands, the round ones that are named, and the one that is read."""

import math
from collections.abc import Container
from datetime import tzinfo
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mltui.console.widgets.chart import raster, time_axis
from mltui.console.widgets.chart.ink import Ink
from mltui.console.widgets.chart.scale import Kind, x_label, x_ticks
from mltui.wire.samples import Axis

AxisKind = Axis | Kind
LINES = 2
"""A rule, and the labels below it."""
CELLS_A_TICK = 12

_BASE = "─"


class XAxis:
    """From `start` to `end`, start < end, below a plot that begins `gutter` columns from the left."""

    def __init__(
        self,
        kind: AxisKind,
        start: float,
        end: float,
        gutter: int,
        width: int,
        ink: Ink,
        *,
        zone: tzinfo | None = None,
    ) -> None:
        self.kind, self.start, self.end, self.gutter, self.width = kind, start, end, gutter, width
        self.columns = max(1, width - gutter)
        self._ink, self._zone = ink, zone
        self._across = raster.column_of(start, end, self.columns)
        self._ticks = self._labelled()

    def column_of(self, x: float) -> int:
        """The column of the plot where `x` stands, kept inside it."""
        return max(0, min(self.columns - 1, self._column(x)))

    def columns_of(self, x: float, length: float) -> range:
        """The columns of the plot that [x, x + length) covers: one at least, none where it is out of sight."""
        if x + length <= self.start or x > self.end:
            return range(0)
        beyond = self.columns if x + length >= self.end else self._column(x + length)
        return range(self.column_of(x), max(self.column_of(x) + 1, beyond))

    def rule(self, marked: Container[int] = (), words: str = "") -> Strip:
        """The line itself, with a mark in the columns that are `marked`, and short `words` at its left."""
        faint, error = self._ink.style("faint"), self._ink.style("error")
        room = self.gutter - 1
        segments = [Segment(words[:room].rjust(room), self._ink.style("muted"))] if words else []
        segments.append(Segment("└" if words else " " * room + "└", faint))
        ticks = {self.column_of(x) for x, _ in self._ticks}
        for is_marked, cells in groupby(range(self.columns), key=lambda column: column in marked):
            columns = list(cells)
            if is_marked:
                segments.append(Segment("✖" * len(columns), error))
            else:
                segments.append(Segment("".join("┴" if c in ticks else _BASE for c in columns), faint))
        return Strip(segments, self.width)

    def labels(self, crosshair: float | None) -> Strip:
        """The round ones; and the one that is read, which takes the place of what is too near."""
        cells = [" "] * self.width
        read = "" if crosshair is None else f" {self.exact(crosshair)} "[: self.width]
        start = 0 if crosshair is None else self._place(cells, crosshair, "█" * len(read))
        for x, label in self._ticks:
            self._place(cells, x, label)
        words, muted = "".join(cells), self._ink.style("muted")
        if not read:
            return Strip([Segment(words, muted)], self.width)
        lit = Segment(read, self._ink.style("accent") + Style(reverse=True))
        return Strip([Segment(words[:start], muted), lit, Segment(words[start + len(read) :], muted)], self.width)

    def exact(self, x: float) -> str:
        """All there is to say of `x`."""
        if self.kind == "time":
            return time_axis.exact(x, self.end - self.start, self._zone)
        return f"step {math.ceil(x - 1e-9):,}" if self.kind == "step" else x_label(self.kind, x)

    def _place(self, cells: list[str], x: float, label: str) -> int:
        """Writes the label below `x`, if there is room. Returns where that is."""
        start = max(0, min(self.width - len(label), self.gutter + self.column_of(x) - len(label) // 2))
        if all(cell == " " for cell in cells[max(0, start - 1) : start + len(label) + 1]):
            cells[start : start + len(label)] = label
        return start

    def _column(self, x: float) -> int:
        return self._across(x) // raster.DOTS_WIDE

    def _labelled(self) -> list[tuple[float, str]]:
        most = max(2, self.columns // CELLS_A_TICK)
        if self.kind == "time":
            return time_axis.ticks(self.start, self.end, most, self._zone)
        return [(tick, x_label(self.kind, tick)) for tick in x_ticks(self.kind, self.start, self.end, most)]

"""Charts of lines: a curve a series with the band of its least and greatest, marks where it was NaN."""

from collections.abc import Iterable
from dataclasses import replace

from textual.strip import Strip

from mltui.console import format as text
from mltui.console.state.series import Curve
from mltui.console.widgets.chart.chart import Chart, T
from mltui.console.widgets.chart.legend import last_values, nearest, strips, values_at
from mltui.console.widgets.chart.plot import GUTTER, Plot, View
from mltui.console.widgets.chart.reading import Quantity, Reading
from mltui.console.widgets.keys import Key, bindings

MOST_LEGEND_LINES = 3
KEYS = [Key("chart.log", "log", "y", "Logarithmic y axis")]


class Lines(Chart[T]):
    """Subclasses say which curves there are."""

    BINDINGS = bindings(KEYS)
    log_scale = False
    _view: View | None = None

    def view_of(self, shown: T) -> View:
        """Its curves, and the range that they cover."""
        raise NotImplementedError

    def bucket_at(self, curve: Curve, x: float) -> int | None:
        """The number of the curve's bucket that is read at `x`; None for none."""
        return nearest(curve, x)

    def write(self, value: float | None) -> str:
        """A value that the crosshair reads, in words."""
        return text.number(value)

    def show(self, shown: T) -> None:
        self._view = self.view_of(shown)
        super().show(shown)

    @property
    def columns(self) -> int:
        """A column of dots has a bucket at least: of those asked for, four fifths come."""
        return max(0, (self.viewport.width - GUTTER) * 2 * 5 // 4)

    @property
    def has_data(self) -> bool:
        return bool(self._curves)

    def range_of(self, shown: T) -> tuple[float, float]:
        assert self._view is not None
        return self._view.start, self._view.end

    def xs(self) -> Iterable[float]:
        return (x for curve in self._curves for x in curve.buckets.x)

    def head(self, width: int, most: int) -> list[Strip]:
        curves, ink = self._curves, self.ink
        # One column is blank at the left.
        legend = (
            last_values(curves, width - 1, max(1, min(MOST_LEGEND_LINES, most // 4)))
            if self.read is None
            else values_at(curves, self._at(self.read), width - 1, most, self.write)
        )
        return strips(legend, width, ink, letters=ink.needs_letters(len(curves)))

    def draw(self, width: int, height: int) -> Plot:
        assert self._view is not None
        start, end = self.range
        view = replace(self._view, start=start, end=end, log=self.log_scale, zone=self.zone)
        return Plot(view, width, height, self.ink)

    def reading(self) -> list[Reading]:
        if self.read is None:
            return []
        at = zip(self._curves, self._at(self.read), strict=True)
        return [Reading(curve.key, "", self.quantities(curve, i)) for curve, i in at if i is not None]

    def quantities(self, curve: Curve, at: int) -> tuple[Quantity, ...]:
        """What there is to know of the curve's bucket number `at`."""
        buckets = curve.buckets
        return (
            Quantity("mean", buckets.mean[at], self.unit),
            Quantity("min", buckets.min[at], self.unit),
            Quantity("max", buckets.max[at], self.unit),
            Quantity("count", buckets.count[at]),
            Quantity("nonfinite", buckets.nonfinite[at]),
        )

    def action_log(self) -> None:
        self.log_scale = not self.log_scale
        self.redraw()

    @property
    def _curves(self) -> list[Curve]:
        return [] if self._view is None else list(self._view.curves)

    def _at(self, x: float) -> list[int | None]:
        return [self.bucket_at(curve, x) for curve in self._curves]


class RunLines(Lines[View]):
    """The series of a run."""

    def view_of(self, shown: View) -> View:
        return shown

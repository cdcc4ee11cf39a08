"""What one frame of a chart costs: four series of 400 buckets on a terminal of 200 x 50."""

import math
import random
import time
from collections.abc import Callable, Iterator

from rich.style import Style

from benchmarks.figure import Figure
from mltui.console.state.series import Curve
from mltui.console.theme import DARK, Palette
from mltui.console.widgets.chart import raster
from mltui.console.widgets.chart.ink import Ink
from mltui.console.widgets.chart.legend import last_values, strips
from mltui.console.widgets.chart.plot import Plot, View
from mltui.wire.samples import SeriesBuckets

WIDTH, HEIGHT, SERIES, BUCKETS = 200, 50, 4, 400


def figures(quick: bool) -> Iterator[Figure]:
    curves = [_curve(number) for number in range(SERIES)]
    ink = Ink(Palette({**DARK.variables, "background": DARK.background or "", "error": DARK.error or ""}), Style())

    def frame() -> None:
        legend = strips(last_values(curves, WIDTH, 1), WIDTH, ink, letters=False)
        plot = Plot(View(curves, "step", 0, BUCKETS), WIDTH, HEIGHT - len(legend), ink)
        for y in range(HEIGHT - len(legend)):
            plot.line(y, None)

    repeat = 5 if quick else 50
    yield Figure(
        name="chart frame, 4 series x 400 buckets, 200x50",
        value=best_ms(frame, repeat),
        unit="ms",
        aim="< 10",
        peer="the dots alone, set one by one",
        peer_value=best_ms(lambda: _dot_by_dot(curves), repeat),
    )


def _curve(number: int) -> Curve:
    chance = random.Random(number)
    mean: list[float | None] = [math.exp(-i / 120) + 0.1 * number + 0.05 * chance.random() for i in range(BUCKETS)]
    low = [None if value is None else value - 0.1 * chance.random() for value in mean]
    high = [None if value is None else value + 0.1 * chance.random() for value in mean]
    xs = [float(i) for i in range(BUCKETS)]
    buckets = SeriesBuckets(
        key=f"series {number}", x=xs, min=low, max=high, first=mean, last=mean, mean=mean,
        count=[9] * BUCKETS, nonfinite=[0] * BUCKETS,
    )  # fmt: skip
    return Curve(buckets.key, number, buckets, mean)


def _dot_by_dot(curves: list[Curve]) -> None:
    """The naive way: a set of dots, filled between each bucket's least and greatest and along the means."""
    dots: set[tuple[int, int, int]] = set()
    tall = (HEIGHT - 3) * raster.DOTS_HIGH - 1
    for curve in curves:
        before = 0
        for x, low, high, value in zip(curve.buckets.x, curve.buckets.min, curve.buckets.max, curve.line, strict=True):
            if low is None or high is None or value is None:
                continue
            for y in range(int(low / 2 * tall), int(high / 2 * tall) + 1):
                dots.add((int(x), y, curve.colour))
            row = int(value / 2 * tall)
            for y in range(min(before, row), max(before, row) + 1):
                dots.add((int(x), y, curve.colour))
            before = row
    cells: dict[tuple[int, int], int] = {}
    for column, y, colour in dots:
        cells[column // 2, y // 4] = cells.get((column // 2, y // 4), 0) | 1 << (y % 4 + 4 * (column % 2)) | colour << 8


def best_ms(call: Callable[[], None], repeat: int) -> float:
    """Milliseconds of the fastest call: what the machine does meanwhile is not the chart's."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)

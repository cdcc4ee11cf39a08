"""Dots: whatever the values, every bucket's least and greatest is drawn where it belongs."""

import math

from hypothesis import given
from hypothesis import strategies as st

from mltui.console.widgets.chart import raster
from mltui.console.widgets.chart.raster import Trace, rasterise
from mltui.console.widgets.chart.scale import Scale, around, nice_ticks, x_label, x_ticks

finite = st.floats(allow_nan=False, allow_infinity=False)
maybe = st.one_of(st.none(), finite)


@st.composite
def traces(draw: st.DrawFn, values: st.SearchStrategy[float | None] = maybe) -> Trace:
    xs = sorted(draw(st.lists(st.floats(-1e9, 1e9), max_size=40, unique=True)))
    lows, highs, lines = [], [], []
    for _ in xs:
        three = [draw(values) for _ in range(3)]
        present = sorted(v for v in three if v is not None)
        complete = len(present) == 3
        lows.append(present[0] if complete else None)
        lines.append(present[1] if complete else None)
        highs.append(present[2] if complete else None)
    return Trace(xs, lows, highs, lines, [int(low is None) for low in lows])


def scale_of(shown: list[Trace], *, log: bool = False) -> Scale:
    return around((v for t in shown for column in (t.low, t.high, t.line) for v in column if v is not None), log=log)


@given(st.lists(traces(), max_size=3), st.integers(1, 60), st.integers(1, 20), st.booleans())
def test_least_and_greatest_of_every_bucket_are_inside_its_column(
    shown: list[Trace], width: int, height: int, log: bool
) -> None:
    y = scale_of(shown, log=log)
    start, end = -1e9, 1e9
    frame = rasterise(shown, start, end, y, width, height)
    place = raster.row_of(y, height * raster.DOTS_HIGH - 1)
    for trace in shown:
        for x, low, high, nonfinite in zip(trace.x, trace.low, trace.high, trace.nonfinite, strict=True):
            cell = raster.column_of(start, end, width)(x) // raster.DOTS_WIDE
            assert 0 <= cell < width
            if nonfinite:
                assert frame.marks[cell]
            if low is None or high is None:
                continue
            rows = [place(v) // raster.DOTS_HIGH for v in (high, low)]
            for row in range(rows[0], rows[1] + 1):
                assert frame.dots[row][cell], "no hole between the greatest and the least"


@given(st.lists(finite, min_size=1, max_size=20), st.integers(1, 200), st.booleans())
def test_rows_are_in_order_of_values_and_on_the_plot(values: list[float], bottom: int, log: bool) -> None:
    scale = around(values, log=log)
    place = raster.row_of(scale, bottom)
    rows = [place(value) for value in sorted(values)]
    assert rows == sorted(rows, reverse=True)
    assert 0 <= rows[-1] and rows[0] <= bottom
    assert all(abs(place(v) - (bottom - scale.fraction(v) * bottom)) <= 1 for v in values)


@given(traces(), st.floats(-2e9, 2e9), st.floats(1e-3, 1e9), st.integers(1, 60), st.integers(1, 20))
def test_any_part_can_be_looked_at(trace: Trace, start: float, length: float, width: int, height: int) -> None:
    rasterise([trace], start, start + length, scale_of([trace]), width, height)


def test_a_line_has_no_hole() -> None:
    xs = [float(i) for i in range(0, 100, 10)]
    line = [50 + 50 * math.sin(i) for i in range(10)]
    trace = Trace(xs, line, line, line, [0] * 10)
    frame = rasterise([trace], 0, 90, Scale(0, 100), 45, 12)
    assert all(any(row[x] for row in frame.dots) for x in range(45))


def test_two_lines_in_the_same_cells_are_both_seen() -> None:
    xs = [float(i) for i in range(80)]
    flat = [0.5] * 80
    traces_ = [Trace(xs, flat, flat, flat, [0] * 80)] * 2
    frame = rasterise(traces_, 0, 79, Scale(0, 1), 40, 5)
    owners = {owner for row in frame.owners for owner in row}
    assert {raster.line_owner(0), raster.line_owner(1)} <= owners


@given(st.lists(finite, max_size=20), st.booleans())
def test_a_scale_shows_every_value_that_it_can(values: list[float], log: bool) -> None:
    scale = around(values, log=log)
    assert scale.low < scale.high
    assert all(0 <= scale.fraction(value) <= 1 for value in values)
    assert not scale.log or scale.low > 0


@given(finite, finite, st.integers(1, 20))
def test_ticks_are_in_order_and_inside(a: float, b: float, most: int) -> None:
    low, high = min(a, b), max(a, b)
    if low == high:
        return
    ticks = nice_ticks(low, high, most)
    slack = (high / 2 - low / 2) * 1e-6 + abs(high) * 1e-9 + abs(low) * 1e-9
    assert ticks == sorted(ticks)
    assert len(ticks) <= 60
    assert all(low - slack <= tick <= high + slack for tick in ticks)


@given(st.sampled_from(["step", "relative"]), st.floats(-1e12, 1e12), st.floats(0.001, 1e12))
def test_every_range_of_x_has_labels(kind: str, low: float, length: float) -> None:
    for tick in x_ticks(kind, low, low + length, 8):  # type: ignore[arg-type]
        assert x_label(kind, tick)  # type: ignore[arg-type]


def test_ticks_are_the_numbers_that_people_expect() -> None:
    assert nice_ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert x_ticks("relative", 0, 3600, 6) == [0, 600, 1200, 1800, 2400, 3000, 3600]
    assert [x_label("step", v) for v in (0, 500, 20_000, 2_000_000)] == ["0", "500", "20k", "2000k"]
    assert Scale(0.001, 10, log=True).ticks(10) == [0.001, 0.01, 0.1, 1, 10]


def test_every_owner_of_five_hundred_traces_is_told_apart() -> None:
    """That many label sets come in one answer."""
    shown = [Trace([n, n + 0.5], [n - 1.0] * 2, [n + 1.0] * 2, [float(n)] * 2, [0, 0]) for n in range(500)]
    frame = rasterise(shown, 0, 500, scale_of(shown), 500, 500)
    owners = {owner for row in frame.owners for owner in row} - {raster.NOBODY}
    assert {raster.owner_of(owner)[0] for owner in owners} == set(range(500))

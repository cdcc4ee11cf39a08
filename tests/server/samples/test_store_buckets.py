"""Buckets are exact, whatever a series is like and however it came: every store against plain numpy."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_calls import columns, shrink

from mltui_server.lib.ids import new_id
from mltui_server.samples.arrange import unique_times
from mltui_server.samples.grid import FINEST, Grid, grid_over
from mltui_server.samples.store import BucketColumns, Buckets, SampleStore, Selection

SMALL = {
    "SEAL_ROWS": 7, "CHUNK_ROWS": 2, "FAN_OUT": 2, "UNIT": 4, "SPANS": (16, 8, 4), "CELLS": 3, "UNIT_CELLS": 3,
    "PART": 2, "LATEST": 2, "KEPT_BLOCKS": 3, "PAGE_ROWS": 40, "LEAST_ROWS": 7, "REQUEST_COST": 16,
    "BODY_BYTES": 5000, "KEPT_SAMPLES": 20,
}  # fmt: skip
NOW = 1_790_000_000 * 10**9

Open = Callable[[], SampleStore]


@pytest.fixture(params=["duckdb", "duckdb-small", "influx", "influx-small"])
def open_store(request, monkeypatch, open_sample_store) -> Open:
    """Opens the one store of the test, again each time: what it kept in memory is gone then."""
    if request.param.endswith("small"):
        shrink(monkeypatch, SMALL)
    return lambda: open_sample_store(request.param)


class Sample(NamedTuple):
    time: int
    step: int | None
    value: float


async def write(store: SampleStore, run, before: int, samples: list[Sample]) -> None:
    times, steps, values = zip(*samples, strict=True)
    await store.write([before + 1], [columns(values, times=times, steps=steps, run=run, before=before)])


value = st.one_of(
    st.floats(-1e6, 1e6, width=32),
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False).filter(lambda x: not 0 < abs(x) < 1e-290),
    st.sampled_from([math.nan, math.inf, -math.inf]),
)
step = st.one_of(
    st.none(),
    st.integers(-9, 9),
    st.integers(-400, 400),
    st.integers(-(2**53), 2**53),
    st.sampled_from([-(2**53), 2**53]),
)
steps = st.one_of(
    st.just(lambda number, _: number), st.just(lambda number, _: number // 3), st.just(lambda _, any: any)
)
"""As most programs count, with repeated steps, or anyhow: back and forth, missing, huge."""
moment = st.one_of(st.integers(0, 3), st.integers(0, 10**4), st.integers(0, 10**12))
"""ns since NOW, in no order: late ones are pushed, as the flusher does."""


@st.composite
def written(draw: st.DrawFn) -> list[list[Sample]]:
    """Several writes of one series."""
    choose, scale = draw(steps), draw(st.sampled_from([1, 1000, 10**9]))
    writes, last, number = list[list[Sample]](), None, 0
    for size in draw(st.lists(st.integers(1, 40), min_size=1, max_size=5)):
        anyhow = st.lists(moment, min_size=size, max_size=size)
        raw = draw(st.one_of(st.just([scale * (number + i) for i in range(size)]), anyhow))
        times = unique_times(pa.array([NOW + one for one in raw], pa.int64()), last).to_pylist()
        values = draw(st.lists(value, min_size=size, max_size=size))
        any_steps = draw(st.lists(step, min_size=size, max_size=size))
        writes.append([
            Sample(time, choose(number + i, any_steps[i]), values[i]) for i, time in enumerate(times)
        ])  # fmt: skip
        last, number = times[-1], number + size
    return writes


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    writes=written(), restart=st.integers(0, 5), axis=st.sampled_from(["step", "time"]), count=st.integers(1, 40),
    data=st.data(),
)  # fmt: skip
async def test_every_bucket_is_what_numpy_says(open_store, writes, restart, axis, count, data):
    run, before, store = new_id(), 0, open_store()
    for turn, samples in enumerate(writes):
        store = open_store() if turn == restart else store
        await write(store, run, before, samples)
        before += len(samples)
    placed = in_order([sample for samples in writes for sample in samples], axis)
    points = [point for point, _, _ in placed] or [0]
    for _ in range(2):
        bound = st.one_of(st.none(), st.sampled_from(points), st.integers(min(points) - 5, max(points) + 5))
        low, high = data.draw(bound), data.draw(bound)
        check(await store.buckets(Selection(run, ["loss"], axis, low, high), count), placed, low, high, count)


Placed = list[tuple[int, int, float]]
"""(point, time, value) of each sample on an axis, in that order."""


def in_order(samples: list[Sample], axis: str) -> Placed:
    points = [sample.time if axis == "time" else sample.step for sample in samples]
    return sorted(
        (point, sample.time, sample.value) for point, sample in zip(points, samples, strict=True) if point is not None
    )


def check(found: Buckets | None, placed: Placed, low, high, count: int) -> None:
    """The buckets again, the slow way."""
    if placed:
        low, high = placed[0][0] if low is None else low, placed[-1][0] if high is None else high
    if low is None or high is None or low > high:
        assert found is None
        return
    assert (found.low, found.high) == (low, high)
    [series] = found.series
    inside: dict[int, list[float]] = {}
    for point, _, number in placed[bisect_left(placed, (low,)) : bisect_right(placed, (high, math.inf))]:
        inside.setdefault(bucket(found.grid, point), []).append(number)
    assert series.index == sorted(inside)
    assert all(0 <= index < count for index in series.index)
    for at, index in enumerate(series.index):
        compare(series, at, np.array(inside[index]))


def bucket(grid: Grid, point: int) -> int:
    """By whole numbers of Python, which are as large as they need to be."""
    width, parts = grid.ratio
    return (point - grid.start) * parts // width


def compare(series: BucketColumns, at: int, values: np.ndarray) -> None:
    good = values[np.isfinite(values)]
    assert (series.count[at], series.nonfinite[at]) == (len(values), len(values) - len(good))
    found = series.min[at], series.max[at], series.first[at], series.last[at]
    if not len(good):
        assert (*found, series.mean[at]) == (None,) * 5
        return
    assert found == (good.min(), good.max(), good[0], good[-1])
    # Scaled, as sums of the largest doubles are none.
    mean = math.fsum(good / 2.0**20) / len(good) * 2.0**20
    assert abs(series.mean[at] / 2 - mean / 2) <= 1e-9 * np.abs(good / 2).max()


@pytest.mark.parametrize("open_store", ["duckdb", "influx"], indirect=True)
@pytest.mark.parametrize("axis", ["step", "time"])
async def test_a_long_series_is_exact_at_every_zoom(open_store, axis):
    run, before, store, random = new_id(), 0, open_store(), np.random.default_rng(7)
    rows: list[Sample] = []
    for size in (30_000, 1, 2_047, 5_000, 3_000):
        times = NOW + np.cumsum(random.integers(1, 10**8, size)) + (rows[-1].time - NOW if rows else 0)
        numbers = np.where(random.random(size) < 0.01, math.nan, random.normal(size=size).cumsum())
        order = np.arange(before, before + size) + random.integers(-3, 3, size)
        samples = [Sample(*row) for row in zip(times.tolist(), order.tolist(), numbers.tolist(), strict=True)]
        await write(store, run, before, samples)
        rows, before = rows + samples, before + size
    placed = in_order(rows, axis)
    first, whole = placed[0][0], placed[-1][0] - placed[0][0]
    check(await store.buckets(Selection(run, ["loss"], axis), 500), placed, None, None, 500)
    for share in (0.9, 0.5, 0.2, 0.05, 0.01, 0.001):
        for count in (7, 300):
            low = first + int(random.random() * (1 - share) * whole)
            high = low + int(share * whole)
            check(await store.buckets(Selection(run, ["loss"], axis, low, high), count), placed, low, high, count)


@given(
    axis=st.sampled_from(["step", "time"]), ends=st.tuples(st.integers(0, 2**53), st.integers(0, 2**53)),
    scale=st.integers(0, 9), below=st.booleans(), count=st.integers(1, 5000),
)  # fmt: skip
def test_a_grid_covers_its_range_in_as_many_buckets_as_it_can(axis, ends, scale, below, count):
    low, high = sorted(end >> (6 * scale % 53) for end in ends)
    if axis == "step" and below:
        low -= 2**52
    grid = grid_over(axis, low, high, count)
    width, parts = grid.ratio
    assert grid.start <= low
    assert 0 <= bucket(grid, low) <= bucket(grid, high) < count
    assert bucket(grid, high) + 1 > 0.8 * count - 2 or (grid.factor, grid.exponent) == (4, FINEST[axis])
    assert 4 <= grid.factor <= 7
    power = 2**grid.exponent if grid.exponent > 0 else 1
    assert grid.start % power == 0 and (width % power == 0 or parts > 1)


def test_borders_stand_still_while_a_run_grows():
    grids = [grid_over("step", 1000, 1000 + steps, 300) for steps in range(10_000, 20_000, 100)]
    assert len({(grid.start, grid.width) for grid in grids}) < 8
    assert {grid.start for grid in grids} <= {1000, 992, 960}


@given(low=st.integers(0, 2**60), length=st.integers(0, 2**55), count=st.integers(3, 5000), moved=st.integers(0, 2**50))
def test_borders_stand_still_in_a_window_that_moves_on(low, length, count, moved):
    before, after = (grid_over("time", first, first + length, count) for first in (low, low + moved))
    assert (after.factor, after.exponent) == (before.factor, before.exponent)
    assert (after.start - before.start) % (before.factor << before.exponent) == 0

"""What every sample store does. Each store that exists runs all of these."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_calls import RUN, columns, exported

from mltui_server.lib.ids import new_id
from mltui_server.samples import bucket_sql, duckdb_store
from mltui_server.samples.duckdb_store import DuckDBStore
from mltui_server.samples.influx import export, lines, points
from mltui_server.samples.influx.access import Retention
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.store import BucketColumns, SampleStore, Selection

SMALL = {"PAGE_ROWS": (points, 7), "LEAST_ROWS": (points, 2), "BODY_LINES": (lines, 10), "SORTED_ROWS": (export, 7)}
"""Limits of the InfluxDB store, and what a few samples go over. A body holds what a reader sees at once."""


@pytest.fixture(params=["duckdb", "duckdb-sealing", "influx", "influx-small-pages"])
async def store(request, tmp_path: Path, monkeypatch) -> AsyncIterator[SampleStore]:
    if request.param == "duckdb-sealing":
        monkeypatch.setattr(duckdb_store, "SEAL_ROWS", 7)
        monkeypatch.setattr(bucket_sql, "CHUNK_ROWS", 2)
        monkeypatch.setattr(bucket_sql, "FAN_OUT", 2)
    if request.param == "influx-small-pages":
        for name, (module, limit) in SMALL.items():
            monkeypatch.setattr(module, name, limit)
    if request.param.startswith("duckdb"):
        store: SampleStore = DuckDBStore(tmp_path / "samples.duckdb", "128MB")
    else:
        store = InfluxStore(request.getfixturevalue("influx_access"), Retention())
    yield store
    await store.close()


async def test_what_was_written_is_read_back(store):
    await store.write([1], [columns([1.0, 2.0]), columns([3.0], key="other")])
    await store.write([2], [columns([4.0], times=[9], steps=[None])])
    assert await exported(store) == [(0, 0, 1.0), (1, 1, 2.0), (None, 9, 4.0)]
    assert await exported(store, "other") == [(0, 0, 3.0)]
    assert await exported(store, "unknown") == []


async def test_export_is_ordered_by_its_axis(store):
    for start in (0, 10, 20):
        await store.write(
            [start], [columns([1.0] * 10, times=range(start, start + 10), steps=range(50 - start, 40 - start, -1))]
        )
    assert [row[1] for row in await exported(store, axis="time")] == list(range(30))
    assert [row[0] for row in await exported(store, axis="step")] == list(range(21, 51))
    assert [row[0] for row in await exported(store, axis="step", low=22.5, high=24)] == [23, 24]


async def test_deleting_a_run_leaves_the_others(store):
    other = new_id()
    await store.write([1], [columns([1.0] * 20), columns([2.0] * 20, run=other)])
    await store.delete_run(RUN)
    await store.delete_run(new_id())
    assert await exported(store) == []
    assert len(await exported(store, run=other)) == 20
    await store.write([2], [columns([3.0])])
    assert await exported(store) == [(0, 0, 3.0)]


async def test_no_samples_have_no_bounds(store):
    assert await store.buckets(Selection(RUN, ["loss"], "step"), 5) is None
    await store.write([1], [columns([1.0], steps=[None])])
    assert await store.buckets(Selection(RUN, ["loss"], "step"), 5) is None
    found = await store.buckets(Selection(RUN, ["loss"], "step", 0, 10), 5)
    assert (found.low, found.high, found.series[0].count) == (0, 10, [])


async def test_series_come_in_the_order_asked_for(store):
    await store.write([1], [columns([1.0], key=key) for key in "abc"])
    found = await store.buckets(Selection(RUN, ["c", "a", "nothing", "b"], "time"), 3)
    assert [series.key for series in found.series] == ["c", "a", "b"]


async def test_the_mean_of_huge_values_is_finite(store):
    await store.write([1], [columns([1.7e308] * 4)])
    found = await store.buckets(Selection(RUN, ["loss"], "time"), 1)
    assert found.series[0].mean == [1.7e308]


async def test_a_read_that_is_cancelled_stops_and_leaves_the_store_usable(store, monkeypatch):
    monkeypatch.undo()  # a million samples are for stores as they are
    await store.write([1], [columns(np.arange(300_000, dtype=float), key=f"k{i}") for i in range(4)])
    selection = Selection(RUN, [f"k{i}" for i in range(4)], "step")
    reads = [asyncio.create_task(store.buckets(selection, 5000)) for _ in range(12)]
    await asyncio.sleep(0)
    for read in reads[1:]:
        read.cancel()
    results = await asyncio.gather(*reads, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results[1:])
    assert sum(results[0].series[0].count) == 300_000


async def test_health(store):
    component = await store.health()
    assert (component.name, component.status) == ("samples", "ok")
    assert component.latency_ms is not None


finite = st.floats(-1e6, 1e6, width=32)
value = st.one_of(finite, st.sampled_from([np.nan, np.inf, -np.inf]))
sample = st.tuples(value, st.one_of(st.none(), st.integers(-40, 40)), st.integers(1, 5))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    writes=st.lists(st.lists(sample, min_size=1, max_size=30), min_size=1, max_size=4),
    buckets=st.integers(1, 20),
    axis=st.sampled_from(["step", "time"]),
    low=st.one_of(st.none(), st.integers(-50, 60)),
    high=st.one_of(st.none(), st.integers(-50, 120)),
)
async def test_buckets_are_what_numpy_says(store, writes, buckets, axis, low, high):
    run, now, rows = new_id(), 0, []
    for turn, write in enumerate(writes):
        block = []
        for number, step, pause in write:
            now += pause
            block.append((now, step, number))
        times, steps, values = zip(*block, strict=True)
        await store.write([turn], [columns(values, times=times, steps=steps, run=run)])
        rows += block
    found = await store.buckets(Selection(run, ["loss"], axis, low, high), buckets)
    expected = reference(rows, axis, low, high, buckets)
    if expected is None:
        assert found is None
    else:
        assert (found.low, found.high) == expected[:2]
        compare(found.series[0], expected[2])


def reference(rows, axis, low, high, buckets):
    """The buckets again, the slow way."""
    points = [(time if axis == "time" else step, time, number) for time, step, number in rows]
    points = sorted(point for point in points if point[0] is not None)
    if points:
        low, high = points[0][0] if low is None else low, points[-1][0] if high is None else high
    if low is None or high is None or low > high:
        return None
    points = [point for point in points if low <= point[0] <= high]
    edge = [min((x - low) * buckets // (high - low), buckets - 1) if high > low else 0 for x, _, _ in points]
    out = []
    for index in sorted(set(edge)):
        inside = np.array([p[2] for p, e in zip(points, edge, strict=True) if e == index])
        good = inside[np.isfinite(inside)]
        statistics = [good.min(), good.max(), good[0], good[-1], good.mean()] if len(good) else [None] * 5
        out.append((index, *statistics, len(inside), len(inside) - len(good)))
    return low, high, out


def compare(found: BucketColumns, expected: list[tuple]) -> None:
    names = ["index", "min", "max", "first", "last", "mean", "count", "nonfinite"]
    for name, column in zip(names, zip(*expected, strict=True) if expected else [()] * 8, strict=True):
        actual = getattr(found, name)
        if name == "mean":
            assert actual == [None if mean is None else pytest.approx(mean, rel=1e-9, abs=1e-6) for mean in column]
        else:
            assert actual == list(column), name

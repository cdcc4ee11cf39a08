"""What every sample store does. Each store that exists runs all of these."""

import asyncio

import numpy as np
import pytest
from store_calls import RUN, columns, exported, shrink

from mltui_server.lib.ids import new_id
from mltui_server.samples.store import SampleStore, Selection

SMALL = {
    "PAGE_ROWS": 7, "LEAST_ROWS": 2, "BODY_LINES": 10, "SORTED_ROWS": 7, "SEAL_ROWS": 7, "CHUNK_ROWS": 2,
}  # fmt: skip
"""Limits of the stores, and what a few samples go over. A body holds what a reader sees at once."""


@pytest.fixture(params=["duckdb", "duckdb-small", "influx", "influx-small"])
def store(request, monkeypatch, open_sample_store) -> SampleStore:
    if request.param.endswith("small"):
        shrink(monkeypatch, SMALL)
    return open_sample_store(request.param)


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

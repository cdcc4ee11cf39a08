"""Roll-ups in InfluxDB: made once and the same again, of what was kept, gone with their run, and missed by nobody."""

import math
from collections.abc import AsyncIterator
from uuid import UUID

import numpy as np
import pytest
from influx_process import direct
from store_calls import columns, shrink

from mltui_server.lib.ids import new_id
from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.sealing import Sealer
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.store import Selection, SeriesColumns, StoreError

SMALL = {"FAN_OUT": 2, "UNIT": 4, "SPANS": (16, 8, 4), "CELLS": 3, "UNIT_CELLS": 3, "PART": 2, "LATEST": 2}
NOW = 1_790_000_000 * 10**9
TOTAL = 100


@pytest.fixture
async def store(influx_access, monkeypatch) -> AsyncIterator[InfluxStore]:
    shrink(monkeypatch, SMALL)
    store = InfluxStore(influx_access, Retention())
    yield store
    await store.close()


@pytest.fixture
def run() -> UUID:
    return new_id()


def part(run: UUID, start: int, stop: int) -> list[SeriesColumns]:
    """Samples `start` to `stop` of a series, whose values are their numbers."""
    numbers = range(start, stop)
    times = [NOW + i * 10**9 for i in numbers]
    return [columns([float(i) for i in numbers], times=times, steps=numbers, run=run, before=start)]


async def delete(access: Access, measurement: str, where: str) -> None:
    if access.org:
        pytest.skip("InfluxQL deletes nothing on InfluxDB 2")
    await ask(access, f'DELETE FROM "{measurement}"{where}')


async def ask(access: Access, query: str) -> list[dict]:
    async with direct(access) as http:
        answer = await http.post("/query", data={"q": query, "db": access.database, "epoch": "ns"})
    [result] = answer.json()["results"]
    assert "error" not in result, result
    return result.get("series", [])


async def rows(access: Access) -> list[list[dict]]:
    """Everything that is made of samples."""
    places = [("rollup", "rollup"), ("rollup", "cells"), ("autogen", "packed")]
    return [
        await ask(access, f'SELECT * FROM "{access.database}"."{policy}"."{one}" WHERE time > 0')
        for policy, one in places
    ]


async def counts(store: InfluxStore, run: UUID, buckets: int, low=None, high=None) -> tuple[int, list[float]]:
    """Samples in all buckets, and the last value of each."""
    found = await store.buckets(Selection(run, ["loss"], "step", low, high), buckets)
    assert found is not None
    [series] = found.series
    return sum(series.count), series.last


async def test_written_again_they_are_the_same(store, run, influx_access):
    for start, stop in ((0, 30), (30, 70), (70, TOTAL)):
        await store.write([start], part(run, start, stop))
    before = await rows(influx_access)
    assert [len(found["values"]) for [found] in before] == [25 + 12 + 6, 25 + 12 + 6, 25]
    # By another server, that has nothing of them in memory.
    again = InfluxStore(influx_access, Retention())
    await again.write([70], part(run, 70, TOTAL))
    assert await rows(influx_access) == before
    assert await counts(again, run, 3) == (TOTAL, await last_of(again, run, 3))
    await again.close()


async def last_of(store: InfluxStore, run: UUID, buckets: int) -> list[float]:
    """The last value of each bucket is that before the next border."""
    found = await store.buckets(Selection(run, ["loss"], "step"), buckets)
    return [min(found.grid.border(i + 1), TOTAL) - 1 for i in found.series[0].index]


async def test_a_write_that_breaks_off_before_them_is_made_good(store, run, monkeypatch):
    async def away(*_: object) -> None:
        raise StoreError("InfluxDB went away here")

    await store.write([1], part(run, 0, 50))
    with monkeypatch.context() as patch:
        patch.setattr(Sealer, "_write", away)
        with pytest.raises(StoreError):
            await store.write([2], part(run, 50, TOTAL))
    assert await counts(store, run, 5) == (TOTAL, await last_of(store, run, 5)), "they are read without roll-ups"
    await store.write([2], part(run, 50, TOTAL))
    assert await counts(store, run, 5) == (TOTAL, await last_of(store, run, 5))


async def test_samples_that_are_refused_are_in_none(store, run, influx_access):
    await store.health()  # makes the database
    async with direct(influx_access) as http:
        line = f"metric,run={run},metric=loss v=1i {NOW - 10**9}"
        await http.post("/write", params={"db": influx_access.database}, content=line)
    half = [math.nan if i % 2 else float(i) for i in range(20)]
    times = [NOW + i * 10**9 for i in range(20)]
    refused = await store.write([1], [columns(half, times=times, run=run)])
    assert sum(one.stop - one.start for one in refused) == 10
    await store.write(
        [2], [columns([math.nan] * 7, times=[NOW + i * 10**9 for i in range(20, 27)], run=run, before=10)]
    )
    found = await store.buckets(Selection(run, ["loss"], "time", NOW, NOW + 27 * 10**9), 2)
    assert (sum(found.series[0].count), sum(found.series[0].nonfinite)) == (17, 17)
    [blocks] = await ask(influx_access, f'SELECT "about" FROM "{influx_access.database}"."rollup"."rollup"')
    assert len(blocks["values"]) == 4 + 2 + 1


async def test_they_go_with_their_run(store, run, influx_access):
    other = new_id()
    for one in (run, other):
        await store.write([1], part(one, 0, 20))
    await store.delete_run(run)
    assert await store.buckets(Selection(run, ["loss"], "step"), 5) is None
    left = {
        value[0].split("run=")[1][:36]
        for series in await ask(influx_access, "SHOW SERIES")
        for value in series["values"]
    }
    assert left == {str(other)}
    assert (await counts(store, other, 5))[0] == 20


@pytest.mark.parametrize("gone", [
    "", f" WHERE time < {NOW + 40 * 10**9}", f" WHERE time > {NOW + 40 * 10**9}",
    f" WHERE time > {NOW + 30 * 10**9} AND time < {NOW + 60 * 10**9}",
])  # fmt: skip
async def test_without_them_samples_are_read_one_by_one(store, run, influx_access, gone):
    await store.write([1], part(run, 0, TOTAL))
    for measurement in ("rollup", "cells"):
        await delete(influx_access, measurement, gone)
    for buckets in (1, 3, 20, 300):
        assert await counts(store, run, buckets) == (TOTAL, await last_of(store, run, buckets))
    assert (await counts(store, run, 4, 11, 77))[0] == 67


async def test_what_raw_retention_has_taken_is_still_in_charts(store, run, influx_access):
    await store.write([1], part(run, 0, 96))
    for measurement in ("metric", "packed"):
        await delete(influx_access, measurement, f" WHERE time < {NOW + 64 * 10**9}")
    found = await store.buckets(Selection(run, ["loss"], "step"), 6)
    assert (found.low, found.high) == (0, 95)
    [series] = found.series
    assert sum(series.count) == 96
    assert np.allclose(series.mean, [(first + last) / 2 for first, last in zip(series.first, series.last, strict=True)])

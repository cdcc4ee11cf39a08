"""Series coming out over HTTP: buckets, summaries, CSV."""

import asyncio
import csv
import io
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sample_calls import summaries

from mltui.wire.samples import Series
from mltui_server.lib.ids import new_id
from mltui_server.samples import reading
from mltui_server.samples.points import PointStore
from mltui_server.samples.store import Selection

NOW = 1_790_000_000 * 10**9
SECOND = 10**9


async def log(http: httpx.AsyncClient, run: UUID, **series: list) -> None:
    """Sends one batch, a value a second from NOW, and waits until it is readable."""
    columns = [
        {
            "key": key.replace("__", "/"),
            "times": [NOW + i * SECOND for i in range(len(values))],
            "values": values,
            "steps": list(range(len(values))),
        }
        for key, values in series.items()
    ]
    assert (await http.post(f"/api/v1/runs/{run}/samples", json={"series": columns})).status_code == 202
    await summaries(http, run, sum(len(values) for values in series.values()))


async def read(http: httpx.AsyncClient, run: UUID, **query: object) -> Series:
    answer = await http.get(f"/api/v1/runs/{run}/series", params=query)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Series)


async def test_a_spike_of_one_step_is_in_the_answer(http, run):
    values = [1.0] * 1000
    values[617] = 99.0
    await log(http, run, loss=values)
    [loss] = (await read(http, run, keys="loss", buckets=10)).series
    assert loss.max == [1.0] * 5 + [99.0] + [1.0] * 3
    assert sum(loss.count) == 1000


async def test_non_finite_values_are_counted_and_leave_the_statistics_alone(http, run):
    await log(http, run, loss=[1.0, "NaN", 3.0, "Infinity", "NaN", "-Infinity", "NaN", "NaN"])
    [loss] = (await read(http, run, keys="loss", buckets=2)).series
    assert (loss.count, loss.nonfinite) == ([4, 4], [2, 4])
    assert (loss.min, loss.max, loss.mean) == ([1.0, None], [3.0, None], [2.0, None])
    assert (loss.first, loss.last) == ([1.0, None], [3.0, None])


async def test_the_answer_says_where_its_buckets_are(http, run):
    await log(http, run, loss=[float(i) for i in range(11)])
    series = await read(http, run, keys="loss", buckets=5)
    assert (series.axis, series.start, series.end, series.width) == ("step", 0.0, 10.0, 2.5)
    assert series.series[0].x == [0.0, 2.5, 5.0, 7.5, 10.0]
    assert series.series[0].count == [3, 2, 3, 2, 1]


async def test_a_first_bucket_that_from_cuts_is_the_rest_of_one(http, run):
    await log(http, run, loss=[float(i) for i in range(101)])
    series = await read(http, run, keys="loss", buckets=10, **{"from": 3})
    [loss] = series.series
    assert (series.start, series.width) == (3.0, 10.0)
    assert loss.x == [3.0, *(12.0 + 10 * i for i in range(9))]
    assert loss.count == [9, *[10] * 8, 9]
    assert (loss.min, loss.max) == (loss.x, [*(x - 1 for x in loss.x[1:]), 100.0])


async def test_time_and_relative_axes(http, run):
    await log(http, run, loss=[1.0, 2.0, 3.0])
    by_time = await read(http, run, keys="loss", buckets=2, x="time")
    assert (by_time.start, by_time.end, by_time.width) == (NOW / SECOND, NOW / SECOND + 2, 2**30 / SECOND)
    started_at = datetime.fromisoformat((await http.get(f"/api/v1/runs/{run}")).json()["started_at"])
    relative = await read(http, run, keys="loss", buckets=2, x="relative")
    assert relative.start == pytest.approx(NOW / SECOND - started_at.timestamp(), abs=1e-3)
    part = await read(http, run, keys="loss", x="relative", buckets=1, **{"from": relative.start + 0.5})
    assert part.series[0].count == [2]


class SlowStore:
    """Stands for a store that is busy: its reads end only when they are stopped. `points`: it answers all the same."""

    def __init__(self, points: PointStore) -> None:
        self.reading, self.stopped, self.points = asyncio.Event(), asyncio.Event(), points

    async def buckets(self, selection: Selection, count: int) -> None:
        self.reading.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()


@pytest.fixture
def app(http: AsyncTestClient) -> Litestar:
    return http.app


@pytest.fixture
def slow(app: Litestar, monkeypatch) -> SlowStore:
    store = SlowStore(app.state.samples.store.points)
    monkeypatch.setattr(app.state, "samples", replace(app.state.samples, store=store), raising=False)
    return store


async def test_a_client_that_goes_away_stops_the_read(http, app, run, slow):
    await log(http, run, loss=[1.0])
    asked = False

    async def receive() -> dict:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await slow.reading.wait()
        return {"type": "http.disconnect"}

    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    path = f"/api/v1/runs/{run}/series"
    where = {"path": path, "raw_path": path.encode(), "query_string": b"", "client": None, "server": None}
    scope = {"type": "http", "http_version": "1.1", "scheme": "http", "method": "GET", "headers": [], **where}
    await app(scope, receive, send)
    assert slow.stopped.is_set()
    assert sent[0]["status"] == 499


async def test_a_read_that_takes_too_long_is_a_503_with_a_time(http, run, slow, monkeypatch):
    monkeypatch.setattr(reading, "READ_TIMEOUT_S", 0.05)
    await log(http, run, loss=[1.0])
    answer = await http.get(f"/api/v1/runs/{run}/series")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert slow.stopped.is_set()


async def test_a_range_includes_both_its_ends(http, run):
    await log(http, run, loss=[float(i) for i in range(100)])
    series = await read(http, run, keys="loss", buckets=3, **{"from": 11, "to": 40})
    assert (series.start, series.end, series.width) == (11.0, 40.0, 12.0)
    assert series.series[0].x == [11.0, 22.0, 34.0], "borders are even numbers, but nothing before the range is in it"
    assert series.series[0].count == [11, 12, 7]
    assert series.series[0].first == [11.0, 22.0, 34.0]


async def test_keys_by_comma_repeated_and_by_their_beginning(http, run):
    await log(http, run, loss=[1.0], sys__train__process__cpu=[1.0], sys__train__host__cpu=[1.0], sys__other=[1.0])
    several = await read(http, run, keys=["loss,sys/other", "sys/train/*"])
    assert [series.key for series in several.series] == [
        "loss", "sys/other", "sys/train/host/cpu", "sys/train/process/cpu"
    ]  # fmt: skip
    assert (await read(http, run, keys="loss,nothing")).series[0].key == "loss"
    assert (await read(http, run, keys="nothing")).series == []
    assert (await read(http, run, keys="%*")).series == [], "only a trailing star is special"
    assert len((await read(http, run)).series) == 4


async def test_samples_without_steps_are_not_on_the_step_axis(http, run):
    body = {"series": [{"key": "cpu", "times": [NOW, NOW + 1], "values": [1.0, 2.0]}]}
    await http.post(f"/api/v1/runs/{run}/samples", json=body)
    await summaries(http, run, 2)
    assert (await read(http, run, keys="cpu", x="step")).series == []
    assert (await read(http, run, keys="cpu", x="time", buckets=1)).series[0].count == [2]


async def test_the_cursor_grows_with_what_is_readable(http, run):
    await log(http, run, loss=[1.0])
    first = (await read(http, run, keys="loss")).cursor
    await http.post(f"/api/v1/runs/{run}/samples", json={"series": [{"key": "b", "times": [1], "values": [1.0]}]})
    await summaries(http, run, 2)
    assert (await read(http, run, keys="loss")).cursor > first > 0


async def test_summaries(http, run):
    await log(http, run, loss=[3.0, 1.0, "NaN", 2.0])
    assert await summaries(http, run, 4) == {
        "loss": {
            "key": "loss",
            "count": 4,
            "nonfinite": 1,
            "min": 1.0,
            "max": 3.0,
            "last": 2.0,
            "last_step": 3,
            "first_time": NOW,
            "last_time": NOW + 3 * SECOND,
        }
    }


async def test_equal_times_are_kept_apart(http, run):
    for _ in range(2):
        body = {"series": [{"key": "a", "times": [NOW] * 3, "values": [1.0, 2.0, 3.0], "steps": [0, 0, 0]}]}
        await http.post(f"/api/v1/runs/{run}/samples", json=body)
    row = (await summaries(http, run, 6))["a"]
    assert (row["first_time"], row["last_time"]) == (NOW, NOW + 5)


async def test_csv_has_every_sample_in_order(http, run):
    await log(http, run, **{"b": [1.5, "NaN", "-Infinity"], 'a,"x"': [1e-300]})
    answer = await http.get(f"/api/v1/runs/{run}/series.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(answer.text))) == [
        ["key", "step", "time", "value"],
        ['a,"x"', "0", "2026-09-21T14:13:20.000000000Z", "1e-300"],
        ["b", "0", "2026-09-21T14:13:20.000000000Z", "1.5"],
        ["b", "1", "2026-09-21T14:13:21.000000000Z", "NaN"],
        ["b", "2", "2026-09-21T14:13:22.000000000Z", "-Infinity"],
    ]
    part = await http.get(f"/api/v1/runs/{run}/series.csv", params={"keys": "b", "x": "step", "from": 1, "to": 1})
    assert part.text.splitlines() == ["key,step,time,value", "b,1,2026-09-21T14:13:21.000000000Z,NaN"]


@pytest.mark.parametrize(
    "query", [{"buckets": 0}, {"buckets": 5001}, {"x": "epoch"}, {"from": 2, "to": 1}, {"from": "nan"}, {"to": "inf"}]
)
async def test_a_wrong_question_is_a_422(http, run, query):
    assert (await http.get(f"/api/v1/runs/{run}/series", params=query)).status_code == 422


@pytest.mark.parametrize("path", ["series", "series/keys", "series.csv"])
async def test_an_unknown_run_is_a_404(http, path):
    assert (await http.get(f"/api/v1/runs/{new_id()}/{path}")).status_code == 404
    assert (await http.get(f"/api/v1/runs/nope/{path}")).status_code == 404

"""Points that InfluxDB refused: seen by a person, and tried again when the cause is gone, or forgotten."""

import asyncio
import time

import httpx
import pytest
from influx_process import direct
from point_calls import DEADLINE_S, at, data, make, readable, send

from mltui_server.samples.influx.access import access_from

METRICS = {
    "depth": ("gauge", {"value": 2.5}),
    "deploy": ("enum", {"state": "up"}),
    "latency": ("histogram", {"buckets": {"1": 2, "5": 3, "+Inf": 4}, "sum": 9}),
}
NOW = {"timestamp": None}
SIX = {"samples": 0, "points": 6, "batches": 3}


@pytest.fixture
async def retention(http, settings):
    """Sets for how long InfluxDB keeps points, beside what it was told at the start."""
    if not settings.influx_url:
        pytest.skip("DuckDB refuses nothing")
    if settings.influx_org:
        pytest.skip("only InfluxDB 1 changes its retention by InfluxQL")
    async with direct(access_from(settings)) as influx:

        async def keep(duration: str) -> None:
            policy = f'RETENTION POLICY "autogen" ON "{settings.influx_database}"'
            answer = await influx.post("/query", data={"q": f"ALTER {policy} DURATION {duration} SHARD DURATION 1h"})
            assert answer.json() == {"results": [{"statement_id": 0}]}

        yield keep


async def refused(http: httpx.AsyncClient, count: int) -> list[dict]:
    deadline = time.monotonic() + DEADLINE_S
    while len(found := (await http.get("/api/v1/samples/refused")).json()) != count:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)
    return found


async def post(http: httpx.AsyncClient, name: str, *points: dict) -> None:
    answer = await http.post(f"/api/v1/metrics/{name}/data/batch", json={"points": points})
    assert answer.status_code == 202, answer.text


async def put_aside(http: httpx.AsyncClient, retention) -> None:
    """Of each metric two points that are readable, then two of which one is too old to be taken."""
    for name, (type_, values) in METRICS.items():
        await make(http, name, type_)
        await send(http, name, {**values, **NOW})
    await retention("1h")
    for name, (_, values) in METRICS.items():
        await post(http, name, {**values, "timestamp": at(1)}, {**values, "timestamp": at(2)}, {**values, **NOW})
        await readable(http, name, 2)


async def test_refused_points_come_back_when_the_cause_is_gone(http, retention):
    await put_aside(http, retention)
    shown = await refused(http, 3)
    assert {one["keys"][0]: (one["run_id"], one["samples"]) for one in shown} == dict.fromkeys(METRICS, ("", 2))
    assert all("retention" in one["reason"] for one in shown)
    assert (await http.get("/api/v1/samples/refused/total")).json() == SIX
    health = (await http.get("/health")).json()
    assert health["status"] == "degraded"
    [component] = [one for one in health["components"] if one["name"] == "refused"]
    assert component["detail"].startswith("refused and set aside: 6 points in 3 batches; the last: ")
    await retention("INF")
    assert (await http.post("/api/v1/samples/refused/retry")).json() == SIX
    for name, (_, values) in METRICS.items():
        await readable(http, name, 4)
        first, second, *_ = (await data(http, name))["items"]
        assert first | values == first
        assert second["timestamp"] == "2026-09-21T14:13:22Z"
    assert await refused(http, 0) == []
    events = (await http.get("/api/v1/events", params={"action": "samples.retry"})).json()["items"]
    assert {(event["actor"], event["message"]) for event in events} == {("ada", "refused: 2 points in 1 batch")}
    ids = {(await http.get(f"/api/v1/metrics/{name}")).json()["id"] for name in METRICS}
    assert {event["object_id"] for event in events} == ids


async def test_tried_again_too_early_they_come_back_to_where_they_were(http, retention):
    await put_aside(http, retention)
    before = await refused(http, 3)
    assert (await http.post("/api/v1/samples/refused/retry")).json() == SIX
    after = await refused(http, 3)
    assert {one["refused_at"] for one in before}.isdisjoint(one["refused_at"] for one in after)


async def test_points_are_forgotten_by_a_person_and_with_their_metric(http, retention):
    await put_aside(http, retention)
    await refused(http, 3)
    assert (await http.delete("/api/v1/metrics/depth")).status_code == 204
    assert len(await refused(http, 3)) == 3, "the metric may come back"
    assert (await http.delete("/api/v1/metrics/depth", params={"now": True})).status_code == 204
    assert {one["keys"][0] for one in await refused(http, 2)} == {"deploy", "latency"}
    assert (await http.delete("/api/v1/samples/refused")).json() == {"samples": 0, "points": 4, "batches": 2}
    assert await refused(http, 0) == []
    assert (await http.get("/health")).json()["status"] == "ok"

"""Operational metrics: points taken in, buckets of a million of them, and all of them as CSV in how much memory."""

import time
from collections.abc import Iterator

import httpx
import msgspec
import psutil

from benchmarks.figure import Figure
from benchmarks.server import bench_server
from mltui.wire.metrics import MAX_POINTS, CreateMetric, DataBatch, DataPoint, MetricType

POINTS, QUICK_POINTS = 1_000_000, 20_000
LABEL_SETS = 10
START = 1_760_000_000
METRIC = "bench_depth"
MIB = 2**20


def figures(quick: bool) -> Iterator[Figure]:
    points = QUICK_POINTS if quick else POINTS
    with (
        bench_server() as server,
        httpx.Client(base_url=f"{server.url}/api/v1", timeout=120, trust_env=False) as client,
    ):
        taken = _fill(client, points)
        buckets = _buckets_ms(client, points)
        process = psutil.Process(server.pid)
        small = _export(client, process, points // 10)
        large = _export(client, process, points)
    yield Figure(name="metrics: points taken in, 10,000 a batch", value=points / taken, unit="/s")
    yield Figure(name=f"metrics: 500 buckets of {points:,} points of a gauge", value=buckets, unit="ms")
    yield Figure(name=f"metrics: {points:,} points as CSV", value=large[0], unit="s")
    yield Figure(
        name=f"metrics: memory that the CSV of {points:,} adds",
        value=large[1],
        unit="MiB",
        peer=f"of {points // 10:,} points",
        peer_value=small[1],
    )


def _fill(client: httpx.Client, points: int) -> float:
    """Seconds until all are readable."""
    metric = CreateMetric(name=METRIC, type=MetricType.GAUGE, label_keys=["queue"])
    client.post("/metrics", content=msgspec.json.encode(metric)).raise_for_status()
    bodies = [_batch(start) for start in range(0, points, MAX_POINTS)]
    began = time.perf_counter()
    for body in bodies:
        client.post(f"/metrics/{METRIC}/data/batch", content=body).raise_for_status()
    while client.get(f"/metrics/{METRIC}").json()["points"] < points:
        time.sleep(0.05)
    return time.perf_counter() - began


def _batch(start: int) -> bytes:
    points = [
        DataPoint(labels={"queue": f"q{n % LABEL_SETS}"}, value=n * 0.37 % 100, timestamp=(START + n) * 10**9)
        for n in range(start, start + MAX_POINTS)
    ]
    return msgspec.json.encode(DataBatch(points=points))


def _buckets_ms(client: httpx.Client, points: int) -> float:
    """The median of five."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        answer = client.get(f"/metrics/{METRIC}/data", params={"buckets": 500, **_span(points)}).raise_for_status()
        took.append((time.perf_counter() - began) * 1000)
        if sum(sum(series["count"]) for series in answer.json()["series"]) != points:
            raise RuntimeError("not every point is in a bucket")
    return sorted(took)[2]


def _export(client: httpx.Client, process: psutil.Process, points: int) -> tuple[float, float]:
    """Seconds for the first `points` as CSV, and by how many MiB the server was larger meanwhile, at most."""
    before = largest = process.memory_info().rss
    began, lines = time.perf_counter(), 0
    with client.stream("GET", f"/metrics/{METRIC}/data", params={"format": "csv", **_span(points)}) as answer:
        for piece in answer.iter_bytes():
            lines += piece.count(b"\n")
            largest = max(largest, process.memory_info().rss)
    if lines != points + 1:
        raise RuntimeError(f"{lines} lines for {points} points")
    return time.perf_counter() - began, (largest - before) / MIB


def _span(points: int) -> dict[str, str]:
    first, last = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (START, START + points - 1))
    return {"start_time": first, "end_time": last}

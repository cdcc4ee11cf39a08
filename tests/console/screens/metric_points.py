"""Made-up operational metrics whose times never change, sent to a real server."""

import math
import random
from datetime import timedelta
from typing import Any

from console_server import NOW, ConsoleServer

MINUTES = 24 * 60
BOUNDS = (5.0, 10.0, 25.0, 50.0, 100.0, 250.0)


def add_metrics(server: ConsoleServer) -> None:
    """A gauge, an enum and a histogram over the day before NOW, and some that have no points."""
    _make(server, "api_latency_ms", "histogram", ["region"], "ms", "How long a request took")
    _make(server, "gpu_temperature", "gauge", ["host", "gpu"], "°C", "As the driver says")
    _make(server, "service_state", "enum", ["service"], "", "What the health check found")
    _make(server, "queue_depth", "gauge", [], "jobs", "Jobs that wait")
    _send(server, "gpu_temperature", gauge_points())
    _send(server, "service_state", enum_points())
    _send(server, "api_latency_ms", histogram_points())
    wait_for(server, "gpu_temperature", "service_state", "api_latency_ms")


def add_workers(server: ConsoleServer, count: int) -> None:
    """A gauge with so many label sets."""
    _make(server, "worker_load", "gauge", ["worker"], "", "")
    points = [
        {"labels": {"worker": f"w{number}"}, "value": number / 3, "timestamp": moment(MINUTES - 60 + 10 * step)}
        for number in range(count)
        for step in range(5)
    ]
    _send(server, "worker_load", points)
    wait_for(server, "worker_load")


def add_queues(server: ConsoleServer, *queues: str) -> None:
    """A gauge with these label sets, whose values are 0, 1, …"""
    _make(server, "queue_length", "gauge", ["queue"], "", "")
    when = moment(MINUTES - 60)
    points = [{"labels": {"queue": queue}, "value": n, "timestamp": when} for n, queue in enumerate(queues)]
    _send(server, "queue_length", points)
    wait_for(server, "queue_length")


def add_one_count(server: ConsoleServer) -> None:
    """A histogram with a single point."""
    _make(server, "build_seconds", "histogram", [], "s", "")
    _send(server, "build_seconds", [{"buckets": {"1": 2, "+Inf": 3}, "timestamp": moment(MINUTES - 60)}])
    wait_for(server, "build_seconds")


def moment(minute: int) -> str:
    """`minute` of the day that ends at NOW, as the API takes it."""
    return (NOW - timedelta(minutes=MINUTES - minute)).isoformat()


def gauge_points() -> list[dict[str, Any]]:
    points = []
    for number, (host, gpu) in enumerate([("ada", "0"), ("ada", "1"), ("grace", "0")]):
        for minute in range(0, MINUTES, 3):
            value: float | str = 55 + 9 * number + 8 * math.sin(minute / 97 + number) + (minute * 7919 % 13) / 6
            value = "NaN" if (number, minute) == (1, 600) else value
            points.append({"labels": {"host": host, "gpu": gpu}, "value": value, "timestamp": moment(minute)})
    return points


def enum_points() -> list[dict[str, Any]]:
    changes = {
        "api": [(0, "up"), (500, "degraded"), (560, "up"), (1100, "down"), (1130, "up")],
        "ingest": [(0, "up"), (300, "down"), (420, "degraded"), (700, "up")],
        "trainer": [(100, "starting"), (130, "up")],
    }
    return [
        {"labels": {"service": service}, "state": state, "timestamp": moment(minute)}
        for service, states in changes.items()
        for minute, state in states
    ]


def histogram_points() -> list[dict[str, Any]]:
    points = []
    for number, region in enumerate(("eu", "us")):
        chance = random.Random(number)
        counts = [0] * (len(BOUNDS) + 1)
        total = 0.0
        for minute in range(0, MINUTES, 10):
            for _ in range(40):
                took = chance.lognormvariate(2.5 + 0.6 * math.sin(minute / 200) + number / 3, 0.7)
                total += took
                counts[sum(took > bound for bound in BOUNDS)] += 1
            so_far = [sum(counts[: at + 1]) for at in range(len(counts))]
            buckets = dict(zip([*map(str, BOUNDS), "+Inf"], so_far, strict=True))
            point = {"labels": {"region": region}, "buckets": buckets, "sum": total, "timestamp": moment(minute)}
            points.append(point)
    return points


def _make(server: ConsoleServer, name: str, kind: str, keys: list[str], unit: str, description: str) -> None:
    body = {"name": name, "type": kind, "label_keys": keys, "unit": unit, "description": description}
    server.post("/metrics", body)


def _send(server: ConsoleServer, name: str, points: list[dict[str, Any]]) -> None:
    server.post(f"/metrics/{name}/data/batch", {"points": points})


def wait_for(server: ConsoleServer, *names: str) -> None:
    """Until points of these metrics can be read."""
    import time

    deadline = time.monotonic() + 30
    while not all(server.get(f"/metrics/{name}/data", limit=1)["items"] for name in names):
        assert time.monotonic() < deadline
        time.sleep(0.05)

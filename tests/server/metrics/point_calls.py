"""Metrics and points over HTTP, and waiting until what was taken in is readable."""

import asyncio
import time
from typing import Any

import httpx

DEADLINE_S = 20.0
START = 1_790_000_000
"""Seconds since 1970."""


async def make(http: httpx.AsyncClient, name: str, type_: str, *keys: str) -> dict[str, Any]:
    answer = await http.post("/api/v1/metrics", json={"name": name, "type": type_, "label_keys": keys})
    assert answer.status_code == 201, answer.text
    return answer.json()


def at(seconds: float) -> int:
    """Nanoseconds, so many seconds after START."""
    return START * 10**9 + round(seconds * 10**9)


async def send(http: httpx.AsyncClient, name: str, *points: dict[str, Any]) -> None:
    """Taken in, and readable."""
    before = (await http.get(f"/api/v1/metrics/{name}")).json()["points"]
    answer = await http.post(f"/api/v1/metrics/{name}/data/batch", json={"points": points})
    assert (answer.status_code, answer.json()) == (202, {"points": len(points)}), answer.text
    await readable(http, name, before + len(points))


async def readable(http: httpx.AsyncClient, name: str, points: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while (found := (await http.get(f"/api/v1/metrics/{name}")).json()["points"]) != points:
        assert found < points, "more points than were sent"
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def data(http: httpx.AsyncClient, name: str, **query: Any) -> Any:
    answer = await http.get(f"/api/v1/metrics/{name}/data", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def span(first: float, last: float) -> dict[str, str]:
    """As a query's range: seconds after START."""
    return {"start_time": _iso(first), "end_time": _iso(last)}


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + seconds))

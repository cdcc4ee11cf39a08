"""Points in and out again, on every store that there is."""

import pytest
from point_calls import at, data, make, send, span


async def test_points_come_back_as_they_went_in(http):
    await make(http, "depth", "gauge", "queue")
    points = [
        {"labels": {"queue": "a"}, "value": 1.5, "timestamp": at(1)},
        {"labels": {"queue": "b"}, "value": "NaN", "timestamp": at(2.000000005)},
        {"labels": {"queue": "a"}, "value": "-Infinity", "timestamp": at(3)},
    ]
    await send(http, "depth", *points)
    found = await data(http, "depth")
    assert [(p["labels"], p["value"]) for p in found["items"]] == [(p["labels"], p["value"]) for p in points]
    assert found["items"][1]["timestamp"] == "2026-09-21T14:13:22.000000005Z"
    assert found["next"] is None


async def test_a_gauge_by_bucket(http):
    await make(http, "depth", "gauge", "queue")
    values = [3.0, 1.0, "Infinity", 7.0]
    await send(
        http, "depth", *({"labels": {"queue": "a"}, "value": v, "timestamp": at(i)} for i, v in enumerate(values))
    )
    found = await data(http, "depth", buckets=2, **span(0, 4))
    assert (found["type"], found["start"], found["end"], found["cursor"] >= 1) == (
        "gauge", 1_790_000_000, 1_790_000_004, True
    )  # fmt: skip
    [series] = found["series"]
    first, second = series.pop("x")
    assert first <= found["start"] < second == pytest.approx(first + found["width"])
    assert series == {
        "labels": {"queue": "a"}, "min": [1, 7], "max": [3, 7], "first": [3, 7], "last": [1, 7], "mean": [2, 7],
        "count": [3, 1], "nonfinite": [1, 0],
    }  # fmt: skip


async def test_an_enum_by_bucket(http):
    await make(http, "deploy", "enum", "service")
    await send(http, "deploy", *(
        {"labels": {"service": "api"}, "state": s, "timestamp": at(t)}
        for t, s in [(-5, "up"), (2, "down"), (3, "up"), (4, "up")]
    ))  # fmt: skip
    found = await data(http, "deploy", buckets=2, **span(0, 10))
    [series] = found["series"]
    assert found["states"] == ["down", "up"]
    assert {state: sum(seconds) for state, seconds in series["states"].items()} == pytest.approx(series["durations"])
    assert all(sum(bucket) <= found["width"] + 1e-9 for bucket in zip(*series["states"].values(), strict=True))
    assert series["durations"] == {"down": 1, "up": 9}
    assert series["shares"] == {"down": 0.1, "up": 0.9}
    assert (series["last"], series["since"]) == ("up", 1_790_000_003)


async def test_a_histogram_by_bucket(http):
    await make(http, "latency", "histogram")
    await send(http, "latency", *(
        {"buckets": {"1": a, "2": b, "+Inf": c}, "sum": s, "timestamp": at(t)}
        for t, a, b, c, s in [(-1, 5, 5, 5, 2), (1, 6, 8, 9, 8), (6, 7, 8, 10, 9), (7, 2, 2, 2, 1)]
    ))  # fmt: skip
    found = await data(http, "latency", buckets=2, quantiles="0,0.5,1", **span(0, 10))
    assert found["le"] == [1, 2, "Infinity"]
    assert found["bands"] == [[1, 2, 1], [3, 0, 0]]
    assert found["total"]["count"] == [4, 3]
    assert found["total"]["sum"] == [6, 2]
    assert found["total"]["quantiles"] == {"0": [0, 0], "0.5": [1.5, 0.5], "1": [2, 1]}
    assert found["series"][0] == found["total"]

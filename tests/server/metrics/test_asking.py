"""What may be asked for, and what a wrong question is answered."""

import pytest
from point_calls import at, data, make, send, span

from mltui_server.metrics import reading

QUEUES = "abc"


@pytest.fixture
async def depth(http):
    await make(http, "depth", "gauge", "queue", "limit")
    await send(http, "depth", *(
        {"labels": {"queue": queue, "limit": limit}, "value": n, "timestamp": at(n)}
        for n, (queue, limit) in enumerate((queue, limit) for queue in QUEUES for limit in "12")
    ))  # fmt: skip
    return http


async def ask(http, **query):
    return await http.get("/api/v1/metrics/depth/data", params=query)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ({"queue": "a"}, [0, 1]),
        ({"queue": ["a", "c"], "label.limit": "2"}, [1, 5]),
        ({"label.queue": "b"}, [2, 3]),
        ({"queue": "nobody"}, []),
        ({"limit": "2", "order": "desc"}, [5, 4]),
        (span(1, 2), [1, 2]),
        ({"start_time": "2026-09-21T16:13:24+02:00"}, [4, 5]),
        ({"start_time": "2026-09-21 14:13:24.000000001"}, [5]),
        ({"end_time": "2026-09-21T14:13:20Z"}, [0]),
        ({"start_time": "-99999d", "end_time": "now"}, None),
    ],
)
async def test_questions(depth, query, values):
    found = [point["value"] for point in (await data(depth, "depth", **query))["items"]]
    assert found == values if values is not None else len(found) <= 6


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"color": "red"}, "'color' is neither a parameter nor a label; the label keys are queue, limit"),
        ({"start_time": "yesterday"}, "start_time='yesterday' is not a time"),
        ({"start_time": "+6h"}, "is not a time"),
        ({"start_time": "-6y"}, "is not a time"),
        ({"start_time": "NaN"}, "is not a time"),
        ({"start_time": "10000-01-01"}, "start_time='10000-01-01' is out of range: 1970 to 2200"),
        ({"start_time": "9999-12-31T23:59:59-01:00"}, "out of range"),
        ({"start_time": "0001-01-01T00:00:00+01:00"}, "out of range"),
        ({"start_time": "2026-01-31T12.5"}, "is not a time"),
        ({"start_time": "2026-02-30"}, "is not a time"),
        ({"end_time": "2201-01-01"}, "end_time='2201-01-01' is out of range: 1970 to 2200"),
        ({"start_time": "-1h", "end_time": "-2h"}, "after end_time"),
        ({"buckets": 0}, "buckets=0; it must be between 1 and 5000"),
        ({"buckets": 5001}, "buckets=5001"),
        ({"buckets": "many"}, "buckets"),
        ({"buckets": 5, "format": "csv"}, "buckets has no effect with format"),
        ({"limit": 5, "format": "csv"}, "limit has no effect with format, which gives all points of the range"),
        ({"quantiles": "0.5", "format": "csv"}, "quantiles has no effect with format"),
        ({"cursor": "a", "buckets": 5}, "cursor has no effect with buckets, which are all of the range; leave it out"),
        ({"order": "asc", "buckets": 5}, "order has no effect with buckets"),
        ({"quantiles": "0.5"}, "quantiles has no effect without buckets"),
        ({"buckets": 5, "quantiles": "0.5"}, "quantiles are of a histogram, and 'depth' is of type gauge"),
        ({"limit": 0}, "limit is 0"),
        ({"limit": 10_001}, "limit is 10001"),
        ({"cursor": "nonsense"}, "not a cursor"),
        ({"order": "up"}, "order: 'up' is none of asc, desc"),
        ({"format": "xml"}, "format: 'xml' is none of csv, json, parquet"),
    ],
)
async def test_a_wrong_question_gets_one_clear_message(depth, query, says):
    answer = await ask(depth, **query)
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["detail"]


@pytest.mark.parametrize("quantiles", ["0.5,2", "-0.1", "1.01", "nan", ""])
async def test_what_is_no_quantile(http, quantiles):
    await make(http, "latency", "histogram")
    answer = await http.get("/api/v1/metrics/latency/data", params={"buckets": 5, "quantiles": quantiles})
    assert (answer.status_code, "is no quantile" in answer.json()["detail"]) == (422, True), answer.text


async def test_a_cursor_is_of_one_list(depth):
    await make(depth, "other", "gauge")
    cursor = (await data(depth, "depth", limit=2))["next"]
    assert [point["value"] for point in (await data(depth, "depth", limit=2, cursor=cursor))["items"]] == [2, 3]
    other = await depth.get("/api/v1/metrics/other/data", params={"cursor": cursor})
    assert (other.status_code, "not a cursor that this metric gave out" in other.json()["detail"]) == (422, True)
    back = await ask(depth, cursor=cursor, order="desc")
    assert back.json()["detail"] == "the cursor is of order=asc, not of order=desc; go on as you began"


async def test_a_type_that_there_is_not_is_answered_with_those_there_are(http):
    answer = await http.get("/api/v1/metrics", params={"type": "counter"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "type: 'counter' is none of gauge, enum, histogram")


async def test_too_many_label_sets_at_a_time(http):
    await make(http, "depth", "gauge", "queue")
    await send(http, "depth", *({"labels": {"queue": f"q{n}"}, "value": n, "timestamp": at(n)} for n in range(501)))
    answer = await ask(http, buckets=1)
    assert (answer.status_code, answer.json()["detail"]) == (
        422, "501 label sets have points here; at most 500 are read at a time: filter by queue"
    )  # fmt: skip
    assert len((await data(http, "depth", buckets=500, **span(0, 499)))["series"]) == 500
    assert "are too much" in (await ask(http, buckets=501, **span(0, 499))).json()["detail"]
    assert len((await data(http, "depth", queue=["q7", "q8"], buckets=1))["series"]) == 2
    assert len((await data(http, "depth", limit=1000))["items"]) == 501


async def test_labels_are_counted_after_the_filters_of_the_others(depth):
    url = "/api/v1/metrics/depth/labels"
    assert (await depth.get(url)).json() == [
        {"key": "queue", "values": [{"value": v, "label_sets": 2, "points": 2} for v in QUEUES]},
        {"key": "limit", "values": [{"value": v, "label_sets": 3, "points": 3} for v in "12"]},
    ]
    [queue, limit] = (await depth.get(url, params={"queue": "a"})).json()
    assert [value["value"] for value in queue["values"]] == list(QUEUES)
    assert limit["values"] == [{"value": v, "label_sets": 1, "points": 1} for v in "12"]
    assert (await depth.get(url, params={"color": "red"})).status_code == 422
    assert (await depth.get("/api/v1/metrics/nothing/labels")).status_code == 404


@pytest.mark.parametrize("type_", ["gauge", "enum", "histogram"])
async def test_a_metric_without_points_has_an_answer_too(http, type_):
    await make(http, "empty", type_)
    assert (await data(http, "empty", buckets=10))["series"] == []
    assert (await data(http, "empty"))["items"] == []


async def test_points_of_the_future_are_in_the_default_range(http):
    await make(http, "depth", "gauge")
    await send(http, "depth", {"value": 1, "timestamp": "2199-01-01T00:00:00Z"})
    assert (await data(http, "depth", buckets=1))["series"][0]["count"] == [1]


@pytest.mark.parametrize(
    ("query", "right"),
    [({}, "ask for a shorter range, or filter by queue or limit"), ({"queue": "a", "label.limit": "1"}, "range")],
)
async def test_what_takes_too_long_says_what_would_be_faster(depth, monkeypatch, query, right):
    monkeypatch.setattr(reading, "READ_TIMEOUT_S", 0.0)
    answer = await ask(depth, buckets=10, **query, **span(0, 10))
    assert answer.status_code == 422
    assert "Retry-After" not in answer.headers
    said = answer.json()["detail"]
    assert " from 2026-09-21T14:13:20Z to 2026-09-21T14:13:30Z take longer than 0 s to read; ask for a " in said
    assert said.endswith(right)

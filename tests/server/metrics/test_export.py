"""All points as a file."""

import csv
import io
import json
import math

import pyarrow.parquet as pq
import pytest
from point_calls import at, make, send, span

MANY = 40_000


async def fetch(http, name, format_, **query):
    answer = await http.get(f"/api/v1/metrics/{name}/data", params={"format": format_, **query})
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_gauges_as_csv(http):
    await make(http, "depth", "gauge", "queue", "value")
    values = [1.5, "NaN", "Infinity", "-Infinity", 1e300]
    await send(http, "depth", *(
        {"labels": {"queue": 'a "b", c', "value": "x"}, "value": value, "timestamp": at(second)}
        for second, value in enumerate(values)
    ))  # fmt: skip
    rows = list(csv.reader(io.StringIO((await fetch(http, "depth", "csv")).decode())))
    assert rows[0] == ["timestamp", "queue", "label.value", "value"]
    assert [row[1:3] for row in rows[1:]] == [['a "b", c', "x"]] * 5
    assert [float(row[3]) for row in rows[1:] if row[3] != "NaN"] == [1.5, math.inf, -math.inf, 1e300]
    assert rows[1][0] == "2026-09-21T14:13:20.000000000Z"


async def test_states_as_csv(http):
    await make(http, "deploy", "enum")
    await send(http, "deploy", *({"state": s, "timestamp": at(n)} for n, s in enumerate(['"up"', "a,b"])))
    assert (await fetch(http, "deploy", "csv")).decode() == (
        'timestamp,state\n2026-09-21T14:13:20.000000000Z,"""up"""\n2026-09-21T14:13:21.000000000Z,"a,b"\n'
    )


async def test_histograms_have_a_line_a_bucket(http):
    await make(http, "latency", "histogram", "op")
    await send(
        http, "latency",
        {"labels": {"op": "get"}, "buckets": {"0.5": 1, "+Inf": 3}, "sum": 4.5, "timestamp": at(0)},
        {"labels": {"op": "put"}, "buckets": {"2": 0, "+Inf": 0}, "timestamp": at(1)},
    )  # fmt: skip
    lines = (await fetch(http, "latency", "csv")).decode().splitlines()
    assert [line.split(",", 1)[1] for line in lines] == [
        "op,le,n,sum", "get,0.5,1,", "get,+Inf,3,4.5", "put,2,0,", "put,+Inf,0,"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("format_", "kind"),
    [("csv", "text/csv; charset=utf-8"), ("json", "application/json"), ("parquet", "application/vnd.apache.parquet")],
)
async def test_a_file_has_a_name(http, format_, kind):
    await make(http, "queue.depth", "gauge")
    answer = await http.get("/api/v1/metrics/queue.depth/data", params={"format": format_})
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == f'attachment; filename="queue.depth.{format_}"'


async def test_json_has_a_point_a_line(http):
    await make(http, "depth", "gauge")
    assert await fetch(http, "depth", "json") == b"[]\n"
    await send(http, "depth", *({"value": value, "timestamp": at(value)} for value in (1.0, 2.0)))
    text = (await fetch(http, "depth", "json")).decode()
    assert len(text.splitlines()) == 4
    assert [point["value"] for point in json.loads(text)] == [1, 2]


@pytest.mark.parametrize("format_", ["csv", "json", "parquet"])
async def test_many_points_are_all_in_the_file_in_order(http, format_):
    await make(http, "depth", "gauge", "queue")
    for start in range(0, MANY, 10_000):
        await send(http, "depth", *(
            {"labels": {"queue": f"q{n % 3}"}, "value": n, "timestamp": at(n // 3)}
            for n in range(start, start + 10_000)
        ))  # fmt: skip
    body = await fetch(http, "depth", format_)
    match format_:
        case "csv":
            values = [float(row["value"]) for row in csv.DictReader(io.StringIO(body.decode()))]
        case "json":
            values = [point["value"] for point in json.loads(body)]
        case _:
            values = pq.read_table(io.BytesIO(body))["value"].to_pylist()
    assert values == list(range(MANY))


async def test_parquet_has_types(http):
    await make(http, "latency", "histogram", "op")
    point = {"labels": {"op": "get"}, "buckets": {"0.5": 1, "+Inf": 3}, "sum": "NaN", "timestamp": at(0.000000007)}
    await send(http, "latency", point)
    table = pq.read_table(io.BytesIO(await fetch(http, "latency", "parquet")))
    assert [str(field.type) for field in table.schema] == [
        "timestamp[ns, tz=UTC]", "dictionary<values=string, indices=int32, ordered=0>", "double", "double", "double",
    ]  # fmt: skip
    assert table["timestamp"].cast("int64").to_pylist() == [at(0.000000007)] * 2
    assert table["le"].to_pylist() == [0.5, math.inf]


async def test_a_file_holds_what_was_asked_for(http):
    await make(http, "depth", "gauge", "queue")
    await send(http, "depth", *(
        {"labels": {"queue": queue}, "value": n, "timestamp": at(n)} for n in range(5) for queue in "ab"
    ))  # fmt: skip
    text = (await fetch(http, "depth", "csv", queue="b", **span(1, 3))).decode()
    assert [line.split(",")[1:] for line in text.splitlines()[1:]] == [["b", "1"], ["b", "2"], ["b", "3"]]
    assert (await fetch(http, "depth", "csv", queue="c")).decode() == "timestamp,queue,value\n"

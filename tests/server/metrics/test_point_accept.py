"""Taking points in: what is durable, what is refused and how, and how many label sets there may be."""

import asyncio
import gzip

import msgspec
import psycopg
import pytest
from litestar.testing import AsyncTestClient
from point_calls import at, data, make, readable, send

from mltui_server.app import create_app
from mltui_server.metrics.checks import MAX_FAULTS
from mltui_server.metrics.known import KnownMetrics

PROMETHEUS = "/api/v1/metrics/prometheus?create=true"

QUEUE = {"queue": "a"}
HISTOGRAM = {"labels": QUEUE, "buckets": {"1": 2, "+Inf": 3}}


async def post(http, name, point):
    return await http.post(f"/api/v1/metrics/{name}/data", json=point)


async def batch(http, name, points):
    return await http.post(f"/api/v1/metrics/{name}/data/batch", json={"points": points})


@pytest.fixture
async def metrics(http):
    for name, type_ in (("depth", "gauge"), ("deploy", "enum"), ("latency", "histogram")):
        await make(http, name, type_, "queue")
    return http


@pytest.mark.parametrize(
    ("name", "point", "path", "says"),
    [
        ("depth", {"labels": {}, "value": 1}, "$.labels", "Labels must contain exactly these keys: ['queue']"),
        ("depth", {"labels": QUEUE | {"b": "c"}, "value": 1}, "$.labels", "exactly these keys: ['queue']"),
        ("depth", {"labels": {"queue": "x" * 501}, "value": 1}, "$.labels.queue", "has 501 characters"),
        ("depth", {"labels": {"queue": "a\x00"}, "value": 1}, "$.labels.queue", "control characters"),
        ("depth", {"labels": {"queue": "\x1b[2J"}, "value": 1}, "$.labels.queue", "control characters"),
        (
            "depth",
            {"labels": {"b": "c", "queue": 1}, "value": 1},
            "$.labels.queue",
            "it must be text, not a whole number",
        ),
        ("depth", {"labels": QUEUE}, "$.value", "it is missing"),
        ("depth", {"labels": QUEUE, "value": "nan"}, "$.value", "write a number, NaN, Infinity or -Infinity"),
        ("depth", {"labels": QUEUE, "value": 1, "state": "up"}, "$.state", "of type gauge, which takes value"),
        ("depth", {"labels": QUEUE, "value": 1, "unit": "s"}, "$", "unknown field `unit`"),
        ("depth", {"labels": QUEUE, "value": 1, "timestamp": 1_790_000_000}, "$.timestamp", "looks like seconds"),
        ("depth", {"labels": QUEUE, "value": 1, "timestamp": -1}, "$.timestamp", "out of range"),
        ("depth", {"labels": QUEUE, "value": 1, "timestamp": 2**64}, "$.timestamp", ""),
        ("depth", {"labels": QUEUE, "value": 1, "timestamp": "10000-01-01T00:00:00Z"}, "$.timestamp", "1970 to 2200"),
        ("depth", {"labels": QUEUE, "value": 1, "timestamp": "9999-12-31T23:59-23:59"}, "$.timestamp", "1970 to 2200"),
        (
            "depth",
            {"labels": QUEUE, "value": 1, "timestamp": "2026-02-30"},
            "$.timestamp",
            "'2026-02-30' is not a time",
        ),
        (
            "depth",
            {"labels": QUEUE, "value": 1, "timestamp": "yesterday"},
            "$.timestamp",
            "write it as 2026-01-31T12:00:00Z, or as nanoseconds since 1970",
        ),
        ("deploy", {"labels": QUEUE, "state": "x" * 201}, "$.state", "at most 200 characters"),
        ("deploy", {"labels": QUEUE, "state": ""}, "$.state", "it must not be empty"),
        ("deploy", {"labels": QUEUE, "state": "a\nb"}, "$.state", "control characters"),
        ("deploy", {"labels": QUEUE}, "$.state", "it is missing"),
        ("deploy", {"labels": QUEUE, "value": 1}, "$.value", "of type enum, which takes state"),
        ("latency", {"labels": QUEUE}, "$.buckets", "it is missing"),
        ("latency", HISTOGRAM | {"buckets": {"1": 2}}, "$.buckets", 'the bucket "+Inf" is missing'),
        ("latency", HISTOGRAM | {"buckets": {"1": 2, "1.0": 2, "+Inf": 3}}, "$.buckets", "are the same bound"),
        ("latency", HISTOGRAM | {"buckets": {"1": 2, "+Inf": None}}, "$.buckets.+Inf", "it must be a number or text"),
        ("latency", HISTOGRAM | {"buckets": {"x": 2, "+Inf": 3}}, "$.buckets", '"x" is no bound'),
        ("latency", HISTOGRAM | {"buckets": {"NaN": 2, "+Inf": 3}}, "$.buckets", '"NaN" is no bound'),
        ("latency", HISTOGRAM | {"buckets": {"1": 4, "+Inf": 3}}, "$.buckets.+Inf", '3 is less than 4 at "1"'),
        ("latency", HISTOGRAM | {"buckets": {"1": -1, "+Inf": 3}}, "$.buckets.1", "is no count"),
        ("latency", HISTOGRAM | {"buckets": {"1": "NaN", "+Inf": 3}}, "$.buckets.1", "is no count"),
        ("latency", HISTOGRAM | {"buckets": {"1": 1, "+Inf": "Infinity"}}, "$.buckets.+Inf", "is no count"),
        ("latency", HISTOGRAM | {"buckets": {str(n): 1 for n in range(200)} | {"+Inf": 1}}, "$.buckets", "at most 200"),
        ("latency", HISTOGRAM | {"count": 4}, "$.count", "is not 3"),
        ("latency", HISTOGRAM | {"sum": "lots"}, "$.sum", "is not a number"),
    ],
)
async def test_a_wrong_point_gets_one_clear_message(metrics, name, point, path, says):
    answer = await post(metrics, name, point)
    problem = answer.json()
    assert answer.status_code == 422, problem
    assert problem["errors"][0]["path"].startswith(path)
    assert says in problem["errors"][0]["message"]
    within = await batch(metrics, name, [*[_good(name)] * 17, point])
    assert within.json()["errors"][0]["path"].startswith(path.replace("$", "$.points[17]", 1))
    assert (await metrics.get(f"/api/v1/metrics/{name}")).json()["label_sets"] == 0


def _good(name):
    return {"depth": {"labels": QUEUE, "value": 1}, "deploy": {"labels": QUEUE, "state": "up"}}.get(name, HISTOGRAM)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "cannot be decoded"),
        (b"[]", 422, "it must be an object"),
        (
            b'{"points": [{"labels": {"queue": "\xff"}}]}',
            400,
            "cannot be decoded: the byte 0xff in it is no UTF-8; send text in UTF-8",
        ),
        (b"", 400, "cannot be decoded"),
        (msgspec.json.encode({"points": [{"labels": QUEUE, "value": 1}] * 10_001}), 422, "at most 10000 entries"),
    ],
)
async def test_a_wrong_body(metrics, body, status, says):
    answer = await metrics.post("/api/v1/metrics/depth/data/batch", content=body)
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.text


@pytest.mark.parametrize(
    ("point", "path"),
    [
        ('{"labels": {"queue": "a"}, "value": 1e400}', "$.value"),
        ('{"labels": {"queue": 1e400}}', "$.labels.queue"),
        ('{"buckets": {"1": 1, "+Inf": 1e400}}', "$.buckets.+Inf"),
    ],
)
async def test_a_number_that_no_float_holds(metrics, point, path):
    says = 'Number out of range: a float ends at 1.8e308, and what is infinite is "Infinity"'
    answer = await metrics.post("/api/v1/metrics/depth/data", content=point)
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"path": path, "message": says}])
    good = '{"labels": {"queue": "a"}, "value": 1}'
    answer = await metrics.post("/api/v1/metrics/depth/data/batch", content=f'{{"points": [{good}, {point}]}}')
    assert answer.json()["errors"] == [{"path": path.replace("$", "$.points[1]"), "message": says}]


async def test_a_label_that_is_there_twice_has_its_last_value(metrics):
    answer = await metrics.post("/api/v1/metrics/depth/data", content='{"labels": {"queue": 5, "queue": "a"}}')
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.labels[...]")


async def test_an_unknown_metric(http):
    answer = await post(http, "nothing", {"value": 1})
    assert (answer.status_code, answer.json()["detail"]) == (404, "no metric 'nothing'")


async def test_faults_are_named_by_index_and_not_without_end(metrics):
    answer = await batch(metrics, "depth", [{"labels": {}, "value": 1}] * 100)
    assert [fault["path"] for fault in answer.json()["errors"]] == [f"$.points[{n}].labels" for n in range(MAX_FAULTS)]


async def test_a_batch_of_none_is_fine(metrics):
    answer = await batch(metrics, "depth", [])
    assert (answer.status_code, answer.json()) == (202, {"points": 0})


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-11-21", "2026-11-21T00:00:00Z"),
        ("2026-11-21T10:00", "2026-11-21T10:00:00Z"),
        ("2026-11-21T10:00:00.123456789+02:00", "2026-11-21T08:00:00.123456789Z"),
        ("2026-11-21 10:00:00z", "2026-11-21T10:00:00Z"),
        (1_790_000_000_000_000_001, "2026-09-21T14:13:20.000000001Z"),
    ],
)
async def test_times_as_people_write_them(metrics, given, stored):
    await send(metrics, "depth", {"labels": QUEUE, "value": 1, "timestamp": given})
    [point] = (await data(metrics, "depth"))["items"]
    assert point["timestamp"] == stored
    await send(metrics, "depth", point)
    assert len((await data(metrics, "depth"))["items"]) == 1


@pytest.mark.parametrize("kind", ["", "application/json; charset=utf-8", "application/x-www-form-urlencoded"])
async def test_json_needs_not_be_announced(metrics, kind):
    answer = await metrics.post(
        "/api/v1/metrics/depth/data", content=b'{"labels": {"queue": "a"}, "value": 1}', headers={"Content-Type": kind}
    )
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("kind", ["application/x-msgpack", "text/plain", "nonsense"])
async def test_a_body_of_another_kind_is_not_taken_for_json(metrics, kind):
    for path, takes in (
        ("/depth/data", "application/json or application/msgpack"),
        ("/depth/data/batch", "application/json or application/msgpack"),
        ("", "application/json"),
    ):
        answer = await metrics.post(f"/api/v1/metrics{path}", content=b"{}", headers={"Content-Type": kind})
        assert answer.status_code == 415, answer.text
        assert answer.json()["detail"] == f"Content-Type {kind!r} is not taken here; send {takes}"


async def test_points_come_compressed(metrics):
    body = gzip.compress(msgspec.json.encode({"points": [{"labels": QUEUE, "value": n} for n in range(100)]}))
    answer = await metrics.post("/api/v1/metrics/depth/data/batch", content=body, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()) == (202, {"points": 100}), answer.text


async def test_msgpack_and_no_timestamp(metrics):
    body = msgspec.msgpack.encode({"labels": QUEUE, "value": float("nan")})
    headers = {"Content-Type": "application/msgpack"}
    answer = await metrics.post("/api/v1/metrics/depth/data", content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    await readable(metrics, "depth", 1)
    assert (await data(metrics, "depth", start_time="-1m"))["items"][0]["value"] == "NaN"


async def test_what_is_acknowledged_is_in_postgres(metrics, dsn):
    await send(metrics, "depth", {"labels": QUEUE, "value": 1})
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        # Nothing leaves the inbox now.
        await connection.execute("LOCK TABLE metric_label_set IN SHARE MODE")
        assert (await post(metrics, "depth", {"labels": QUEUE, "value": 2})).status_code == 202
        assert await (await connection.execute("SELECT count(*) FROM point_inbox")).fetchone() == (1,)
    await readable(metrics, "depth", 2)


async def test_a_label_set_too_many_names_the_label_that_explodes(settings):
    small = msgspec.structs.replace(settings, metric_label_sets=3)
    async with AsyncTestClient(create_app(small, settings.database_url)) as http:
        await make(http, "requests", "gauge", "method", "user")
        points = [{"labels": {"method": "get", "user": f"u{n}"}, "value": n} for n in range(3)]
        assert (await batch(http, "requests", points)).status_code == 202
        answer = await batch(http, "requests", [points[0], {"labels": {"method": "put", "user": "u9"}, "value": 1}])
        assert answer.status_code == 422
        assert answer.json()["detail"] == (
            "metric 'requests' would have 4 label sets; at most 3 are allowed. Label 'user' has 4 values, among them "
            "'u9', 'u2', 'u1': leave it out, or give it fewer values"
        )
        await readable(http, "requests", 3)
        assert (await http.get("/api/v1/metrics/requests")).json()["label_sets"] == 3
        assert (await batch(http, "requests", points)).status_code == 202


async def test_a_text_with_too_many_label_sets_leaves_nothing_behind(settings):
    small = msgspec.structs.replace(settings, metric_label_sets=2)
    async with AsyncTestClient(create_app(small, settings.database_url)) as http:
        assert (await http.post(PROMETHEUS, content='up{job="a"} 1\nup{job="b"} 1\n')).status_code == 202
        for text in ('down{job="a"} 1\ndown{job="b"} 1\ndown{job="c"} 1\n', 'up{job="a",zone="x"} 1\n'):
            answer = await http.post(PROMETHEUS, content=text)
            assert answer.status_code == 422
            assert "would have 3 label sets; at most 2 are allowed" in answer.json()["detail"]
        listed = (await http.get("/api/v1/metrics")).json()["items"]
        assert [(row["name"], row["label_keys"]) for row in listed] == [("up", ["job"])]


async def test_label_sets_that_come_at_once_are_made_once(metrics):
    points = [{"labels": {"queue": f"q{n % 7}"}, "value": n, "timestamp": at(n)} for n in range(70)]
    answers = await asyncio.gather(*(post(metrics, "depth", point) for point in points))
    assert {answer.status_code for answer in answers} == {202}
    await readable(metrics, "depth", 70)
    assert (await metrics.get("/api/v1/metrics/depth")).json()["label_sets"] == 7


async def test_a_full_inbox_says_come_back(settings):
    small = msgspec.structs.replace(settings, inbox_max_samples=3)
    async with AsyncTestClient(create_app(small, settings.database_url)) as http:
        await make(http, "latency", "histogram")
        await send(http, "latency", {"buckets": {"+Inf": 2}})
        while (await http.get("/api/v1/samples/inbox")).json()["waiting"]:
            await asyncio.sleep(0.02)
        async with await psycopg.AsyncConnection.connect(settings.database_url) as connection:
            # Nothing leaves the inbox now.
            await connection.execute("LOCK TABLE metric_label_set IN SHARE MODE")
            assert (await post(http, "latency", {"buckets": {"+Inf": 3}})).status_code == 202
            assert (await post(http, "latency", {"buckets": {"1": 1, "+Inf": 3}})).status_code == 202
            answer = await post(http, "latency", {"buckets": {"+Inf": 4}})
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert "at most 3 may, and these are 1 more" in answer.json()["detail"]
        await readable(http, "latency", 3)


async def test_a_metric_that_is_made_again_may_have_other_labels(metrics):
    assert (await post(metrics, "depth", {"labels": QUEUE, "value": 1})).status_code == 202
    await metrics.delete("/api/v1/metrics/depth")
    await make(metrics, "depth", "enum", "zone")
    assert (await post(metrics, "depth", {"labels": {"zone": "a"}, "state": "up"})).status_code == 202


async def test_a_metric_that_is_made_again_starts_empty(metrics):
    await send(metrics, "depth", {"labels": QUEUE, "value": 1, "timestamp": at(0)})
    assert (await metrics.delete("/api/v1/metrics/depth")).status_code == 204
    assert (await post(metrics, "depth", {"labels": QUEUE, "value": 1})).status_code == 404
    await make(metrics, "depth", "gauge", "queue")
    assert (await data(metrics, "depth"))["items"] == []
    await send(metrics, "depth", {"labels": QUEUE, "value": 2, "timestamp": at(0)})
    assert [point["value"] for point in (await data(metrics, "depth"))["items"]] == [2]


@pytest.mark.parametrize("name", ["lines", "prometheus"])
async def test_a_metric_is_not_named_as_an_address(http, name):
    answer = await http.post("/api/v1/metrics", json={"name": name, "type": "gauge"})
    assert (answer.status_code, "address" in answer.json()["detail"]) == (422, True)


async def test_a_label_set_that_another_made_known_meanwhile_is_no_fault(metrics, database):
    known = KnownMetrics(database.pool, ceiling=1)
    metric = await known.find("depth")
    async with database.pool.connection() as connection:
        metric.sets.update(await known.register(connection, metric, [("a",)]))
        assert await known.register(connection, metric, [("a",)]) == {}


async def test_points_without_a_time_do_not_take_each_others_place(metrics):
    assert (await batch(metrics, "depth", [{"labels": QUEUE, "value": i} for i in range(600)])).status_code == 202
    await readable(metrics, "depth", 600)
    answer = await metrics.get("/api/v1/metrics/depth/data", params={"format": "csv"})
    assert len(answer.text.splitlines()) == 1 + 600


async def test_a_label_that_a_text_added_can_be_left_empty(metrics):
    assert (await post(metrics, "depth", {"labels": QUEUE, "value": 1})).status_code == 202
    text = 'depth{queue="a",region="eu"} 2\n'
    taken = await metrics.post("/api/v1/metrics/prometheus", params={"create": True}, content=text)
    assert taken.status_code == 202
    assert (await post(metrics, "depth", {"labels": QUEUE | {"region": ""}, "value": 3})).status_code == 202
    labels = (await metrics.get("/api/v1/metrics/depth")).json()
    assert labels["label_sets"] == 2

"""InfluxDB 2.x and 3 where they differ from 1.x. Against recorded behaviour only: CI runs no such server."""

import json
import math
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from store_calls import RUN, columns

from mltui_server.samples.influx.access import Access, Retention
from mltui_server.samples.influx.rollups import UNIT
from mltui_server.samples.influx.store import InfluxStore
from mltui_server.samples.store import Selection, StoreError

TOKEN = "recorded-token"


class Recorded:
    """Answers as a server of one version does, and keeps what it was asked."""

    def __init__(self, version: str, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self._version, self._answer = version, answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/ping":
            return httpx.Response(200, headers={"X-Influxdb-Version": self._version})
        return self._answer(request)

    def paths(self, path: str) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.path == path]


def store_on(recorded: Recorded, retention: Retention = Retention(), url: str = "http://127.0.0.1:1") -> InfluxStore:  # noqa: B008
    return InfluxStore(Access(url, "lab", token=TOKEN, org="mltui"), retention, httpx.MockTransport(recorded))


def core3(request: httpx.Request) -> httpx.Response:
    match request.url.path:
        case "/api/v3/configure/database":
            taken = json.loads(request.content)["db"] == "lab"
            return httpx.Response(409 if taken else 200, json={"error": "already exists"} if taken else None)
        case "/write":
            return httpx.Response(204)
        case _:
            return httpx.Response(200, json={"results": [{"statement_id": 0}]})


async def test_3_has_a_database_for_each_kind_and_takes_one_statement_a_request():
    recorded = Recorded("3.2.1", core3)
    store = store_on(recorded, Retention(resources="30d", rollups="52w"))
    await store.write([1], [columns([1.0] * UNIT), columns([2.0] * UNIT, key="sys/train/process/cpu")])
    made = [json.loads(request.content) for request in recorded.paths("/api/v3/configure/database")]
    assert made == [
        {"db": "lab"},
        {"db": "lab-resource", "retention_period": "30d"},
        {"db": "lab-rollup", "retention_period": "52w"},
    ]
    assert {request.url.params["precision"] for request in recorded.paths("/write")} == {"ns"}
    assert measurements(recorded) == {
        "lab": {"metric", "packed"}, "lab-resource": {"resource", "packed"}, "lab-rollup": {"rollup", "cells"}
    }  # fmt: skip
    assert await store.buckets(Selection(RUN, ["loss"], "time"), 3) is None
    asked = [parse_qs(request.content.decode())["q"][0] for request in recorded.paths("/query")]
    assert all(";" not in one and "time <=" in one for one in asked)
    assert {one.partition(" FROM ")[2].split()[0] for one in asked} == {'"metric"', '"rollup"'}
    assert {request.headers["Authorization"] for request in recorded.requests} == {f"Token {TOKEN}"}
    await store.delete_run(RUN)
    health = await store.health()
    assert (health.status, health.version) == ("ok", "InfluxDB 3.2.1")
    await store.close()


def measurements(recorded: Recorded) -> dict[str, set[str]]:
    """What was written to each database."""
    found: dict[str, set[str]] = {}
    for request in recorded.paths("/write"):
        lines = request.content.decode().splitlines()
        found.setdefault(request.url.params["db"], set()).update(line.partition(",")[0] for line in lines)
    return found


async def test_a_version_of_tomorrow_is_one_clear_line():
    store = store_on(Recorded("4.0.0", core3))
    with pytest.raises(StoreError, match=r"InfluxDB 4 at .* is not known here"):
        await store.write([1], [])
    await store.close()


def one_bad_line(request: httpx.Request) -> httpx.Response:
    """3's partial write; 2.x says 400 or 422 and takes nothing."""
    if request.url.path == "/write" and b"v=13," in request.content:
        return httpx.Response(422, json={"code": "unprocessable entity", "message": "field type conflict"})
    return core3(request)


async def test_a_422_is_searched_for_the_refused_line():
    recorded = Recorded("3.0.0", one_bad_line)
    store = store_on(recorded)
    [refused] = await store.write([1], [columns([float(i) for i in range(64)])])
    assert (refused.name.key, refused.start, refused.stop) == ("loss", 13, 14)
    assert "field type conflict" in refused.reason
    assert len(recorded.paths("/write")) <= 1 + 2 * 6
    await store.close()


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_what_is_not_about_the_data_is_to_be_tried_again(status):
    def answer(request: httpx.Request) -> httpx.Response:
        return (
            httpx.Response(status, json={"message": f"no, {TOKEN}"}) if request.url.path == "/write" else core3(request)
        )

    store = store_on(Recorded("3.0.0", answer))
    with pytest.raises(StoreError) as refusal:
        await store.write([1], [columns([1.0])])
    assert TOKEN not in str(refusal.value)
    await store.close()


async def test_a_time_out_is_one_clear_line():
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    store = store_on(Recorded("3.0.0", answer))
    assert "does not answer in time" in (await store.health()).detail
    await store.close()


async def test_a_remote_server_gets_gzip():
    recorded = Recorded("3.0.0", core3)
    store = store_on(recorded, url="http://influx.example:8086")
    await store.write([1], [columns([1.0])])
    [request] = recorded.paths("/write")
    assert request.headers["Content-Encoding"] == "gzip"
    assert request.content[:2] == b"\x1f\x8b"
    await store.close()


class Two(BaseHTTPRequestHandler):
    """The part of InfluxDB 2.7 that `influxdb-client` uses: buckets, mappings, deletes."""

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path == "/ping":
            self._say(204, None)
        elif path == "/api/v2/buckets":
            [name] = query["name"]
            if found := [bucket for bucket in self.server.buckets if bucket["name"] == name]:
                self._say(200, {"buckets": found})
            else:
                self._say(404, {"code": "not found", "message": f'bucket "{name}" not found'})
        elif path == "/api/v2/orgs":
            self._say(200, {"orgs": [{"id": "0rg", "name": "mltui"}]})
        else:
            self._say(200, {"content": self.server.mappings})

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urlsplit(self.path).path
        self.server.posted.append((self.path, said))
        if self.headers["Authorization"] != f"Token {TOKEN}":
            self._say(401, {"code": "unauthorized", "message": "unauthorized access"})
        elif path == "/api/v2/buckets":
            bucket = {"id": f"b{len(self.server.buckets)}", **json.loads(said)}
            self.server.buckets.append(bucket)
            self._say(201, bucket)
        elif path == "/api/v2/dbrps":
            self.server.mappings.append({"id": "m", "orgID": "0rg", **json.loads(said)})
            self._say(201, self.server.mappings[-1])
        elif path == "/query":
            self._say(200, {"results": [{"statement_id": 0}]})
        else:
            self._say(204, None)

    def do_PATCH(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        [bucket] = [one for one in self.server.buckets if one["id"] == self.path.rpartition("/")[2]]
        if said["retentionRules"]:  # without any it changes nothing
            bucket["retentionRules"] = said["retentionRules"]
        self._say(200, bucket)

    def _say(self, status: int, answer: object) -> None:
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("X-Influxdb-Version", "v2.7.12")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def two() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Two)
    server.buckets, server.mappings, server.posted = [], [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_2_has_a_bucket_for_each_kind_mapped_to_one_database(two):
    access = Access(f"http://127.0.0.1:{two.server_port}", "lab", token=TOKEN, org="mltui")
    store = InfluxStore(access, Retention(resources="30d", rollups="52w"))
    await store.write([1], [columns([1.0] * UNIT), columns([2.0] * UNIT, key="sys/train/process/cpu")])
    assert [(bucket["name"], bucket["retentionRules"][0]["everySeconds"]) for bucket in two.buckets] == [
        ("lab", 0), ("lab/resource", 30 * 86_400), ("lab/rollup", 52 * 7 * 86_400)
    ]  # fmt: skip
    assert [(one["database"], one["retention_policy"], one["bucketID"], one["default"]) for one in two.mappings] == [
        ("lab", "autogen", "b0", True),
        ("lab", "resource", "b1", False),
        ("lab", "rollup", "b2", False),
    ]
    written = {path for path, _ in two.posted if path.startswith("/write")}
    assert written == {f"/write?db=lab&precision=ns&rp={policy}" for policy in ("autogen", "resource", "rollup")}
    assert (await store.health()).version == "InfluxDB 2.7.12"
    await store.delete_run(RUN)
    deleted = [(parse_qs(urlsplit(path).query)["bucket"], json.loads(said)["predicate"])
               for path, said in two.posted if path.startswith("/api/v2/delete")]  # fmt: skip
    assert deleted == [
        ([bucket], f'_measurement="{measurement}" AND run="{RUN}"')
        for bucket, measurement in (
            ("lab", "metric"),
            ("lab", "packed"),
            ("lab/resource", "resource"),
            ("lab/resource", "packed"),
            ("lab/rollup", "rollup"),
            ("lab/rollup", "cells"),
        )
    ]
    await store.close()


async def test_2_keeps_samples_as_long_as_the_last_start_says(two):
    access = Access(f"http://127.0.0.1:{two.server_port}", "lab", token=TOKEN, org="mltui")
    for retention, days in (
        (Retention("3d", "2w"), [3, 14, 0]),
        (Retention("36h"), [1.5, 0, 0]),
        (Retention(), [0, 0, 0]),
    ):
        store = InfluxStore(access, retention)
        assert (await store.health()).status == "ok"
        await store.close()
        rules = [bucket["retentionRules"][0] for bucket in two.buckets]
        assert [rule["everySeconds"] / 86_400 for rule in rules] == days
        # It would refuse to delete more at a time than it keeps.
        assert all(rule["shardGroupDurationSeconds"] <= (rule["everySeconds"] or math.inf) for rule in rules)


async def test_2_says_what_is_missing(two):
    url = f"http://127.0.0.1:{two.server_port}"
    for access, said in (
        (Access(url, "lab", token=TOKEN), "set INFLUX_ORG"),
        (Access(url, "lab", token="wrong-token", org="mltui"), "check INFLUX_TOKEN"),
    ):
        store = InfluxStore(access, Retention())
        health = await store.health()
        assert said in health.detail
        assert "wrong-token" not in health.detail
        await store.close()

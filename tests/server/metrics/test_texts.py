"""Prometheus' text and line protocol in: what `curl` and existing exporters send."""

import asyncio
import gzip
import math
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from point_calls import at, data, make, readable
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from mltui.wire.metrics import MAX_TEXT_VALUES, RESERVED_LABEL_KEYS
from mltui_server.lib.errors import Invalid
from mltui_server.metrics.accept_texts import LARGE_BYTES
from mltui_server.metrics.exposition import parse_exposition
from mltui_server.metrics.lines import parse_lines

TEXT = r"""
# HELP http_requests_total Requests so far.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1790000000123
http_requests_total{method="post",code="400"}    3 1790000000123
# A comment.
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9
# TYPE temperature gauge
temperature NaN
# TYPE latency_seconds histogram
latency_seconds_bucket{op="get",le="0.05"} 24
latency_seconds_bucket{op="get",le="+Inf"} 33
latency_seconds_sum{op="get"} +Inf
latency_seconds_count{op="get"} 33
# TYPE rpc summary
rpc{quantile="0.5"} 4773
rpc_sum 1.7e+07
rpc_count 2693
"""

MANY = ",".join(f'k{n}="x"' for n in range(33))


async def prometheus(http, text, create=True, **headers):
    return await http.post("/api/v1/metrics/prometheus", params={"create": create}, content=text, headers=headers)


async def lines(http, text, create=True, **query):
    return await http.post("/api/v1/metrics/lines", params={"create": create, **query}, content=text)


async def test_a_text_of_prometheus_makes_its_metrics(http):
    answer = await prometheus(http, TEXT)
    assert (answer.status_code, answer.json()) == (202, {"points": 8}), answer.text
    listed = (await http.get("/api/v1/metrics")).json()["items"]
    assert {row["name"]: (row["type"], row["label_keys"]) for row in listed} == {
        "http_requests_total": ("gauge", ["method", "code"]),
        "msdos_file_access_time_seconds": ("gauge", ["path", "error"]),
        "temperature": ("gauge", []),
        "latency_seconds": ("histogram", ["op"]),
        "rpc": ("gauge", ["quantile"]),
        "rpc_sum": ("gauge", []),
        "rpc_count": ("gauge", []),
    }
    assert next(row for row in listed if row["name"] == "http_requests_total")["description"] == "Requests so far."
    await readable(http, "http_requests_total", 2)
    [first, _] = (await data(http, "http_requests_total"))["items"]
    assert first == {
        "timestamp": "2026-09-21T14:13:20.123Z", "labels": {"method": "post", "code": "200"}, "value": 1027
    }  # fmt: skip
    [access] = (await data(http, "msdos_file_access_time_seconds"))["items"]
    assert access["labels"] == {"path": r"C:\DIR\FILE.TXT", "error": 'Cannot find file:\n"FILE.TXT"'}
    [temperature] = (await data(http, "temperature"))["items"]
    assert temperature["value"] == "NaN"
    [latency] = (await data(http, "latency_seconds"))["items"]
    assert (latency["buckets"], latency["sum"], latency["count"]) == ({"0.05": 24, "+Inf": 33}, "Infinity", 33)


async def test_a_text_that_comes_again_needs_no_create(http):
    assert (await prometheus(http, TEXT)).status_code == 202
    assert (await prometheus(http, TEXT, create=False)).status_code == 202


async def test_the_servers_own_figures_can_be_fed_back(http):
    answer = await prometheus(http, (await http.get("/metrics")).content)
    assert answer.status_code == 202, answer.text
    assert (await http.get("/api/v1/metrics/mltui_inbox_samples")).json()["type"] == "gauge"


async def test_absent_and_empty_labels_are_one(http):
    await prometheus(http, 'up{job="a",zone=""} 1 1790000000000\nup{job="a"} 2 1790000001000\nup{job="a",zone="x"} 3\n')
    await readable(http, "up", 3)
    found = (await data(http, "up"))["items"]
    assert [point["labels"] for point in found] == [{"job": "a", "zone": zone} for zone in ("", "", "x")]
    assert (await http.get("/api/v1/metrics/up")).json()["label_sets"] == 2
    assert len((await data(http, "up", zone=""))["items"]) == 2


RESERVED = ["le", "metric", "labelset", "time", "v", "nf", "s", "n", "sum", "count", "bounds", "counts", "counts_link"]


async def test_labels_called_as_something_of_ours_get_another_name(http):
    assert set(RESERVED) == RESERVED_LABEL_KEYS
    text = ",".join(f'{key}="of {key}"' for key in RESERVED)
    answer = await prometheus(http, f'depth{{{text},job="a"}} 1\n')
    assert answer.status_code == 202, answer.text
    tags = ",".join(f"{key}=of\\ {key}" for key in RESERVED)
    assert (await lines(http, f"width,{tags},job=a value=1\n")).status_code == 202
    for name in ("depth", "width"):
        await readable(http, name, 1)
        [point] = (await data(http, name, exported_n="of n"))["items"]
        assert point["labels"] == {"job": "a"} | {f"exported_{key}": f"of {key}" for key in RESERVED}


async def test_a_name_that_is_taken_too_gets_one_more(http):
    await prometheus(http, 'depth{s="1",exported_s="2"} 1 1790000000000\ndepth{s="3"} 1 1790000001000\n')
    await readable(http, "depth", 2)
    assert [point["labels"] for point in (await data(http, "depth"))["items"]] == [
        {"exported_s": "2", "exported_exported_s": "1"}, {"exported_s": "3", "exported_exported_s": ""}
    ]  # fmt: skip


async def test_what_cannot_be_in_the_name_of_a_label_is_another_there(http):
    answer = await lines(http, "load,cpu-core=1,1st=2,cpu.core=3,cpu_core=4,größe=5 value=1\n")
    assert answer.status_code == 202, answer.text
    await readable(http, "load", 1)
    [point] = (await data(http, "load"))["items"]
    assert point["labels"] == {
        "exported_cpu_core": "1", "_1st": "2", "exported_exported_cpu_core": "3", "cpu_core": "4", "gr__e": "5"
    }  # fmt: skip


async def test_control_characters_are_there_to_be_seen(http):
    await prometheus(http, 'dmi{version="a\x1b[2J\x00"} 1\n')
    await readable(http, "dmi", 1)
    assert (await data(http, "dmi"))["items"][0]["labels"] == {"version": r"a\x1b[2J\x00"}


async def test_a_label_that_comes_later_is_added(http):
    first = 'up{job="a"} 1 1790000000000\n'
    second = 'up{job="a",zone="x"} 2 1790000001000\nup{job="a"} 3 1790000002000\n'
    assert (await prometheus(http, first)).status_code == 202
    refused = await prometheus(http, second, create=False)
    assert (refused.status_code, refused.json()["detail"]) == (
        422, "line 1: metric 'up' has no label 'zone'; leave it out, or have it added by create=true"
    )  # fmt: skip
    assert (await prometheus(http, second)).status_code == 202
    await readable(http, "up", 3)
    shown = (await http.get("/api/v1/metrics/up")).json()
    assert (shown["label_keys"], shown["label_sets"]) == (["job", "zone"], 2)
    found = (await data(http, "up"))["items"]
    assert [(point["labels"]["zone"], point["value"]) for point in found] == [("", 1), ("x", 2), ("", 3)]
    assert len((await data(http, "up", zone=""))["items"]) == 2
    assert (await prometheus(http, first, create=False)).status_code == 202
    [event] = (await http.get("/api/v1/events", params={"action": "metric.update"})).json()["items"]
    assert (event["before"], event["after"]) == ({"label_keys": ["job"]}, {"label_keys": ["job", "zone"]})


async def test_labels_that_come_at_once_are_all_added(http):
    await prometheus(http, "up 1\n")
    answers = await asyncio.gather(*(prometheus(http, f'up{{k{n}="x"}} {n}\n') for n in range(5)))
    assert {answer.status_code for answer in answers} == {202}
    await readable(http, "up", 6)
    assert set((await http.get("/api/v1/metrics/up")).json()["label_keys"]) == {f"k{n}" for n in range(5)}
    for n in range(5):
        assert [point["value"] for point in (await data(http, "up", **{f"k{n}": "x"}))["items"]] == [n]


async def test_metrics_that_are_made_at_once_are_all_there(http):
    texts = ["".join(f'race{m}{{k{(m + n) % 3}="x"}} {n}\n' for m in range(4)) for n in range(10)]
    answers = await asyncio.gather(*(prometheus(http, text) for text in texts))
    assert {answer.status_code for answer in answers} == {202}
    assert (await http.get("/api/v1/metrics")).json()["total"] == 4


async def test_nothing_is_added_for_a_text_that_is_refused(http):
    await prometheus(http, "up 1\n")
    assert (await prometheus(http, 'up{zone="x"} 1\nnew 1\nup 1 99\n')).status_code == 422
    assert (await http.get("/api/v1/metrics/up")).json()["label_keys"] == []
    assert (await http.get("/api/v1/metrics")).json()["total"] == 1


async def test_a_text_comes_compressed_and_says_what_it_is(http):
    packed, gzipped = gzip.compress(TEXT.encode()), {"Content-Encoding": "gzip"}
    for kind in ("text/plain; version=0.0.4", "application/openmetrics-text", "application/x-www-form-urlencoded", ""):
        answer = await prometheus(http, packed, **gzipped, **{"Content-Type": kind})
        assert (answer.status_code, answer.json()) == (202, {"points": 8}), answer.text
    answer = await prometheus(http, TEXT, **{"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (
        415, "Content-Type 'application/json' is not taken here; send text/plain or application/openmetrics-text"
    )  # fmt: skip


async def test_openmetrics_with_a_state_set(http):
    text = (
        "# TYPE deploy stateset\n# HELP deploy Of the service.\n"
        'deploy{service="api",deploy="up"} 0\ndeploy{service="api",deploy="failed"} 1\n'
        "# TYPE jobs counter\njobs_total 5\njobs_created 1.7e9\n# EOF\n"
    )
    answer = await prometheus(http, text)
    assert (answer.status_code, answer.json()) == (202, {"points": 2}), answer.text
    await readable(http, "deploy", 1)
    [point] = (await data(http, "deploy"))["items"]
    assert (point["labels"], point["state"]) == ({"service": "api"}, "failed")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a 1\nb{ 2\n", "line 2: 'b{ 2' is not Prometheus' text; write it as in up{job=\"api\"} 1, with the time"),
        ("a 1\nb x\n", "line 2: 'b x' is not Prometheus' text; write it"),
        ('a 1\nup{job="api} 1\n', "line 2: 'up{job=\"api} 1' is not Prometheus' text (a quote is missing); write it"),
        ('a 1\nup{job="api} 1\n# EOF', "line 2: 'up{job=\"api} 1' is not Prometheus' text (a quote is missing); write"),
        ("a 1\nup{job=api} 1\n", "line 2: 'up{job=api} 1' is not Prometheus' text (Invalid labels); write it"),
        (f"a 1\nb {'x' * 999}\n", "line 2: 'b xxx"),
        ("# TYPE a nonsense\na 1\n", "(Invalid metric type: nonsense)"),
        ("# TYPE h histogram\nh_bucket 1\n", "line 2: a bucket needs the label 'le', its upper bound"),
        ("ok 1\n\nlines 1\n", "line 3: 'lines' cannot be a metric: 'lines' is an address of the API; choose another"),
        (f"ok 1\nbad{{{MANY}}} 1\n", "line 2: 'bad' cannot be a metric: it has 33 labels; at most 32 are allowed"),
        (f"depth{{{MANY}}} 1\n", "line 1: 'depth' cannot be a metric: it has 33 labels"),
        ('# TYPE h histogram\nh_bucket{le="1"} 1\n', 'line 2: buckets: the bucket "+Inf" is missing'),
        ('# TYPE h histogram\nh_bucket{le="1"} 3\nh_bucket{le="+Inf"} 2\n', "line 2: buckets.+Inf: 2 is less than 3"),
        ("x 1 9999999999999999\n", "line 1: timestamp"),
        ("state_of 1\n", "line 1: value: 'state_of' is of type enum, which takes state"),
    ],
)  # fmt: skip
async def test_a_wrong_text_is_refused_whole_with_the_line(http, text, says):
    await make(http, "depth", "gauge")
    await make(http, "state_of", "enum")
    answer = await prometheus(http, text)
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["detail"]
    assert (await http.get("/api/v1/metrics")).json()["total"] == 2


async def test_metrics_that_are_missing_are_named(http):
    answer = await prometheus(http, "a 1\nb 2\n", create=False)
    assert [fault["message"] for fault in answer.json()["errors"]] == [
        f"no metric {name!r}; make it first, or have it made by create=true" for name in "ab"
    ]


async def test_line_protocol(http):
    text = (
        f"depth,queue=a\\ b,zone=eu value=3i {at(1)}\n\n# a comment\n"
        f'deploy,service=api state="up\\"" {at(1)}\n'
        f"latency,op=get 0.5=1,+Inf=4,sum=2.5,count=4 {at(1)}\r\n"
        f"cpu,host=a usage_idle=90.5,busy=t {at(1)}\n"
    )
    answer = await lines(http, text)
    assert (answer.status_code, answer.json()) == (202, {"points": 5}), answer.text
    for name, expected in {
        "depth": {"labels": {"queue": "a b", "zone": "eu"}, "value": 3},
        "deploy": {"labels": {"service": "api"}, "state": 'up"'},
        "latency": {"labels": {"op": "get"}, "buckets": {"0.5": 1, "+Inf": 4}, "sum": 2.5, "count": 4},
        "cpu_usage_idle": {"labels": {"host": "a"}, "value": 90.5},
        "cpu_busy": {"labels": {"host": "a"}, "value": 1},
    }.items():
        await readable(http, name, 1)
        assert (await data(http, name))["items"] == [{"timestamp": "2026-09-21T14:13:21Z"} | expected]


@pytest.mark.parametrize(
    ("precision", "time"),
    [
        ("ns", 1_790_000_040_000_000_000),
        ("us", 1_790_000_040_000_000),
        ("u", 1_790_000_040_000_000),
        ("ms", 1_790_000_040_000),
        ("s", 1_790_000_040),
        ("m", 29_833_334),
    ],
)
async def test_times_are_in_the_unit_that_precision_names(http, precision, time):
    assert (await lines(http, f"depth value=1 {time}\n", precision=precision)).status_code == 202
    await readable(http, "depth", 1)
    assert (await data(http, "depth"))["items"][0]["timestamp"] == "2026-09-21T14:14:00Z"


async def test_hours_and_what_is_no_precision(http):
    assert (await lines(http, "depth value=1 497222\n", precision="h")).status_code == 202
    answer = await lines(http, "depth value=1\n", precision="d")
    assert answer.json()["detail"] == "precision: 'd' is none of ns, us, u, ms, s, m, h"
    assert "line 1: timestamp" in (await lines(http, "depth value=1 1790000000\n", precision="h")).json()["detail"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "depth value=1\nnonsense\n",
            "line 2: 'nonsense' is not line protocol (failed to parse measurement); write it as",
        ),
        (
            "depth,queue= value=1",
            "line 1: the tag 'queue' has no value; leave it out, as a label that is absent is empty",
        ),
        ("depth,a=b,queue=,c=d value=1", "line 1: the tag 'queue' has no value"),
        (
            "depth,queue=a",
            "line 1: 'depth,queue=a' is not line protocol (failed to parse value of tag); write it as in",
        ),
        ("depth value=1 1790000000\n", "line 1: timestamp: 1790000000 is out of range"),
        ('h 1="x",+Inf=2\n', "line 1: field '1' of a histogram is no number"),
        (f"{'a' * 201} value=1\n", "line 1: 'aaa"),
        (f"a,{'k' * 101}=1 value=1\n", "line 1: 'a' cannot be a metric: label 'kkk"),
        (f'depth state="{"x" * 201}"\n', "line 1"),
        ('x value=1\nx state="up"\n', "line 2: 'x' is of type gauge in line 1, and of type enum here"),
    ],
)
async def test_a_wrong_line_is_refused_with_its_number(http, text, says):
    await make(http, "depth", "gauge")
    answer = await lines(http, text)
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["detail"]


@pytest.mark.parametrize("send", [prometheus, lines])
async def test_a_body_that_is_no_text(http, send):
    answer = await send(http, gzip.compress(TEXT.encode()))
    assert (answer.status_code, answer.json()["detail"]) == (
        422, "line 1: the byte 0x8b is no UTF-8; send text, or say by Content-Encoding how it is compressed"
    )  # fmt: skip
    answer = await send(http, b"depth 1\ndepth 2 \xff\n")
    assert answer.json()["errors"][0]["path"] == "line 2"


@pytest.mark.parametrize("send", [prometheus, lines])
async def test_a_text_has_a_ceiling_of_values(http, send):
    # Nothing of it is looked at where there are too many.
    answer = await send(http, "nonsense\n" * (MAX_TEXT_VALUES + 1))
    assert (answer.status_code, answer.json()["detail"]) == (
        413, f"the text has more than {MAX_TEXT_VALUES:,} values; send it in parts"
    )  # fmt: skip
    row = "depth 1\n" if send is prometheus else "depth value=1\n"
    answer = await send(http, "# A comment.\n  \n" * MAX_TEXT_VALUES + row)
    assert (answer.status_code, answer.json()) == (202, {"points": 1}), answer.text


async def test_fields_of_a_line_count_each(http):
    fields = ",".join(f"f{n}=1" for n in range(1_000))
    answer = await lines(http, f"depth {fields}\n" * 101)
    assert (answer.status_code, "more than 100,000 values" in answer.json()["detail"]) == (413, True)
    assert (await http.get("/api/v1/metrics")).json()["total"] == 0


async def test_large_texts_that_come_at_once_are_all_taken(http):
    texts = ["".join(f"depth,queue=q{m} value={n} {at(n)}\n" for n in range(10_000)) for m in range(4)]
    assert min(map(len, texts)) > LARGE_BYTES
    answers = await asyncio.gather(*(lines(http, text) for text in texts))
    assert [answer.json() for answer in answers] == [{"points": 10_000}] * 4
    await readable(http, "depth", 40_000)


async def test_lines_with_their_times_may_be_sent_again(http):
    for count in (2, 4):
        await lines(http, f"depth value=1 {at(1)}\ndepth value=2 {at(2)}\n")
        await readable(http, "depth", count)
    assert [point["value"] for point in (await data(http, "depth"))["items"]] == [1, 2]


label = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10)
value = st.floats(width=64)


@settings(max_examples=50)
@given(st.lists(st.tuples(label, value, st.floats(0, 1e6)), min_size=1, max_size=5), st.booleans())
def test_what_prometheus_own_library_writes_is_read(rows, modern):
    registry = CollectorRegistry()
    gauge = Gauge("g", 'Help \\ with "everything"', ["a"], registry=registry)
    counter = Counter("c", "", registry=registry)
    histogram = Histogram("h", "", ["a"], registry=registry, buckets=(1, 10))
    for text, number, amount in rows:
        gauge.labels(text).set(number)
        counter.inc(amount)
        histogram.labels(text).observe(amount)
    text = (openmetrics.generate_latest if modern else generate_latest)(registry).decode()
    found = {metric.name: metric for metric in parse_exposition(text)}
    last = {text: number for text, number, _ in rows}
    assert {point.labels["a"]: repr(point.value) for _, point in found["g"].points} == {
        text: repr(number) for text, number in last.items()
    }
    assert found["c_total"].points[0][1].value == math.fsum([0]) + sum(amount for *_, amount in rows)
    for _, point in found["h"].points:
        amounts = [amount for text, _, amount in rows if text == point.labels["a"]]
        assert point.buckets == {
            "1.0": sum(a <= 1 for a in amounts), "10.0": sum(a <= 10 for a in amounts), "+Inf": len(amounts)
        }  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.sampled_from(list('ab_{}="\\,# \n\t0123.eE+-NaInf@TYPEHELP\x00é')), max_size=60))
def test_nonsense_is_refused_and_never_breaks(text):
    for parse in (parse_exposition, partial(parse_lines, precision="ns")):
        try:
            parse(text)
        except Invalid as error:
            assert error.faults[0].path.startswith("line ")

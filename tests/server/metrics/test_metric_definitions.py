"""Definitions of operational metrics over REST."""

import pytest

LATENCY = {
    "name": "request_latency",
    "type": "histogram",
    "label_keys": ["service", "region"],
    "unit": "ms",
    "description": "From the first byte to the last",
}


async def make(http, **changed):
    response = await http.post("/api/v1/metrics", json=LATENCY | changed)
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_metric_is_made_shown_listed_changed_and_deleted(http):
    made = await make(http)
    assert {name: made[name] for name in LATENCY} == LATENCY
    assert (await http.get("/api/v1/metrics/request_latency")).json() == made
    await make(http, name="queue_depth", type="gauge", label_keys=[], description="")
    listed = (await http.get("/api/v1/metrics", params={"sort": "-name"})).json()
    assert ([m["name"] for m in listed["items"]], listed["total"]) == (["request_latency", "queue_depth"], 2)
    changed = await http.patch("/api/v1/metrics/request_latency", json={"unit": "s"})
    assert (changed.json()["unit"], changed.json()["description"]) == ("s", LATENCY["description"])
    assert (await http.delete("/api/v1/metrics/request_latency")).status_code == 204
    assert (await http.get("/api/v1/metrics/request_latency")).status_code == 404
    events = (await http.get("/api/v1/events", params={"object_type": "metric"})).json()["items"]
    assert [e["action"] for e in reversed(events)] == [
        "metric.create", "metric.create", "metric.update", "metric.delete",
    ]  # fmt: skip
    assert (events[1]["before"], events[1]["after"]) == ({"unit": "ms"}, {"unit": "s"})


@pytest.mark.parametrize("wrong", [{"name": "depth\n"}, {"label_keys": ["queue\n"]}])
async def test_a_line_break_at_the_end_is_part_of_a_name(http, wrong):
    assert (await http.post("/api/v1/metrics", json=LATENCY | wrong)).status_code == 422


async def test_a_name_is_given_once(http):
    await make(http)
    again = await http.post("/api/v1/metrics", json=LATENCY)
    assert (again.status_code, again.json()["detail"]) == (409, "Metric with the same name already exists")


@pytest.mark.parametrize(
    ("query", "names"), [({"text": "FIRST"}, ["request_latency"]), ({"type": "gauge"}, ["depth"]), ({"text": "%"}, [])]
)
async def test_the_list_is_searched(http, query, names):
    await make(http)
    await make(http, name="depth", type="gauge", description="")
    listed = (await http.get("/api/v1/metrics", params=query)).json()
    assert [metric["name"] for metric in listed["items"]] == names


@pytest.mark.parametrize(
    ("changed", "where", "words"),
    [
        ({"name": "no spaces"}, "$.name", ""),
        ({"type": "counter"}, "$.type", "counter"),
        ({"label_keys": ["a", "a"]}, "$.label_keys[1]", "'a' is there twice"),
        ({"label_keys": ["le"]}, "$.label_keys[0]", "'le' is reserved"),
        ({"label_keys": ["a-b"]}, "$.label_keys[0]", ""),
        ({"label_keys": [f"k{i}" for i in range(33)]}, "$.label_keys", ""),
    ],
)
async def test_a_wrong_definition_is_refused_with_the_place(http, changed, where, words):
    response = await http.post("/api/v1/metrics", json=LATENCY | changed)
    assert response.status_code in (400, 422), response.text
    assert where in response.text
    assert words in response.text


@pytest.mark.parametrize("other", [{"name": "latency"}, {"type": "gauge"}, {"label_keys": ["service"]}])
async def test_what_is_for_ever_cannot_be_changed(http, other):
    made = await make(http)
    response = await http.patch("/api/v1/metrics/request_latency", json=other | {"unit": "s"})
    [field] = other
    says = f"$.{field}: {LATENCY[field]!r} is for ever; make another metric"
    assert (response.status_code, response.json()["detail"]) == (422, says)
    assert (await http.get("/api/v1/metrics/request_latency")).json() == made


async def test_what_was_shown_may_be_sent_back_with_a_change(http):
    await make(http)
    changed = await http.patch("/api/v1/metrics/request_latency", json=LATENCY | {"unit": "s"})
    assert (changed.status_code, changed.json()["unit"]) == (200, "s"), changed.text

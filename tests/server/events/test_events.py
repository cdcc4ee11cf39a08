"""GET /api/v1/events: who did what, back in time and onwards."""

import asyncio
from uuid import uuid4

import psycopg
import pytest

from mltui_server.events import queries
from mltui_server.events.service import record
from mltui_server.lib.principal import Principal
from tests.server.agents import make_pipeline

RECORD = "INSERT INTO event (actor, action, object_type, object_id) VALUES ('ada', 'run.start', 'run', %s)"


async def events(http, **query) -> dict:
    response = await http.get("/api/v1/events", params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def many(database, count: int, actor: str = "bob") -> list[str]:
    ids = [str(uuid4()) for _ in range(count)]
    for one in ids:
        async with database.session() as session:
            await record(session, Principal(actor, "req-1"), "stage_run.fail", one, message=f"it failed: {one[:8]}")
    return ids


async def test_a_change_is_an_event_with_who_what_before_and_after(http):
    pipeline = await make_pipeline(http)
    event = (await events(http, object_type="pipeline"))["items"][0]
    assert (event["actor"], event["object_id"]) == ("ada", pipeline["id"])
    assert event["action"].startswith("pipeline.")
    assert event["request_id"]


async def test_the_list_goes_back_in_time_page_by_page(http, database):
    ids = await many(database, 7)
    seen, cursor = [], None
    while True:
        page = await events(http, actor="bob", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [event["object_id"] for event in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ids[::-1]


async def test_following_goes_on_where_it_stopped(http, database):
    first = await many(database, 3)
    page = await events(http, actor="bob", after="0.0", limit=2)
    assert [event["object_id"] for event in page["items"]] == first[:2]
    page = await events(http, actor="bob", after=page["next"])
    assert [event["object_id"] for event in page["items"]] == first[2:]
    at_the_end = await events(http, actor="bob", after=page["next"])
    assert (at_the_end["items"], at_the_end["next"]) == ([], page["next"])
    more = await many(database, 2)
    assert [e["object_id"] for e in (await events(http, actor="bob", after=at_the_end["next"]))["items"]] == more
    # An event's own id is as good a place to follow from.
    by_id = await events(http, actor="bob", after=page["items"][-1]["id"])
    assert [event["object_id"] for event in by_id["items"]] == more
    assert len((await events(http, actor="bob", after="0"))["items"]) == 5


async def test_who_follows_misses_nothing_that_commits_late(http, dsn):
    async with (
        await psycopg.AsyncConnection.connect(dsn) as first,
        await psycopg.AsyncConnection.connect(dsn) as second,
    ):
        await first.execute(RECORD, ["early"])
        await second.execute(RECORD, ["late"])
        await second.commit()
        page = await events(http, after="0", object_type="run")
        assert page["items"] == []
        assert [event["object_id"] for event in (await events(http, object_type="run"))["items"]] == ["late"]
        await first.commit()
    async with asyncio.timeout(10):
        seen: list[str] = []
        while len(seen) < 2:
            page = await events(http, after=page["next"], object_type="run")
            seen += [event["object_id"] for event in page["items"]]
    assert seen == ["early", "late"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"actor": "bob"}, 2),
        ({"actor": "nobody"}, 0),
        ({"actor": "nobody,bob"}, 2),
        ({"action": "stage_run.fail"}, 2),
        ({"action": "run.*,stage_run.fail"}, 2),
        ({"action": "stage_run.*"}, 2),
        ({"action": "stage_run.f*"}, 2),
        ({"action": "stage_run"}, 0),
        ({"action": "stage%.*"}, 0),
        ({"object": "no such thing"}, 0),
        ({"object_type": "stage_run"}, 2),
        ({"text": "IT FAILED"}, 2),
        ({"text": "100%"}, 0),
        ({"since": "2020-01-01T00:00:00Z", "actor": "bob"}, 2),
        ({"until": "2020-01-01T00:00:00Z"}, 0),
        ({"run": str(uuid4())}, 0),
    ],
)
async def test_filters(http, database, query, count):
    await many(database, 2)
    assert len((await events(http, **query))["items"]) == count


async def test_objects_have_names_and_are_found_by_them(http):
    pipeline = await make_pipeline(http)
    run = (await http.post(f"/api/v1/pipelines/{pipeline['id']}/runs", json={})).json()
    await http.post(f"/api/v1/runs/{run['id']}/cancel")
    found = (await events(http, object=run["name"]))["items"]
    assert {event["object_type"] for event in found} >= {"run", "stage_run"}
    assert {event["run_id"] for event in found} == {run["id"]}
    assert {event["object_name"] for event in found if event["object_type"] == "run"} == {run["name"]}
    stages = {event["object_name"] for event in found if event["object_type"] == "stage_run"}
    assert stages == {f"{run['name']} {stage['name']}" for stage in pipeline["stages"]}
    assert found == (await events(http, object=run["id"]))["items"]
    [made] = (await events(http, object=pipeline["name"]))["items"]
    assert (made["object_id"], made["object_name"], made["run_id"]) == (pipeline["id"], pipeline["name"], None)


async def test_what_is_deleted_keeps_its_name(http):
    await http.post("/api/v1/metrics", json={"name": "depth", "type": "gauge"})
    await http.delete("/api/v1/metrics/depth")
    found = (await events(http, object_type="metric"))["items"]
    assert [(event["action"], event["object_name"]) for event in found] == [
        ("metric.delete", "depth"), ("metric.create", "depth")
    ]  # fmt: skip


async def test_a_search_ends(http, database, dsn, monkeypatch):
    """Where all events have to be read; here, because somebody holds them."""
    monkeypatch.setattr(queries, "SEARCH_S", 1)
    async with await psycopg.AsyncConnection.connect(dsn) as holding:
        await holding.execute("LOCK TABLE event IN ACCESS EXCLUSIVE MODE")
        answer = await http.get("/api/v1/events", params={"text": "x"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == (
        "to look for this takes longer than 1 s; "
        "give a shorter time (since, until), or an actor, an action or an object"
    )


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"cursor": "1.1"},
        {"after": "1.x"},
        {"limit": 0},
        {"limit": 501},
        {"after": "0", "cursor": "0.0"},
    ],
)
async def test_what_cannot_be_answered_is_refused(http, query):
    assert (await http.get("/api/v1/events", params=query)).status_code == 422

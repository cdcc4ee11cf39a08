"""Deleted metrics: nobody sees them, they come back with their points, and after a day they are gone for good."""

from datetime import UTC, datetime, timedelta

import pytest

from mltui_server.metrics.removal import purge
from tests.server.metrics.point_calls import at, data, make, send

METRICS = "/api/v1/metrics"


async def seen(http, name):
    """Every place where a metric is shown, or takes something in."""
    sent = await http.post(f"{METRICS}/{name}/data", json={"timestamp": at(1), "value": 2.0, "labels": {"queue": "a"}})
    new = await http.post(f"{METRICS}/{name}/data", json={"timestamp": at(1), "value": 2.0, "labels": {"queue": "new"}})
    return {
        "shown": (await http.get(f"{METRICS}/{name}")).status_code,
        "listed": [one["name"] for one in (await http.get(METRICS)).json()["items"]],
        "data": (await http.get(f"{METRICS}/{name}/data")).status_code,
        "labels": (await http.get(f"{METRICS}/{name}/labels")).status_code,
        "taken in": (sent.status_code, new.status_code),
    }


async def depth(http):
    metric = await make(http, "depth", "gauge", "queue")
    await send(http, "depth", {"timestamp": at(0), "value": 1.0, "labels": {"queue": "a"}})
    return metric


async def purge_after(database, hours):
    async with database.session() as session:
        await purge(session, datetime.now(UTC) + timedelta(hours=hours))


async def test_what_is_deleted_is_seen_nowhere_and_comes_back_with_its_points(http):
    metric = await depth(http)
    before = (await http.get(f"{METRICS}/depth")).json()
    points = await data(http, "depth")
    assert (await http.delete(f"{METRICS}/depth")).status_code == 204
    gone = {"shown": 404, "listed": [], "data": 404, "labels": 404, "taken in": (404, 404)}
    assert await seen(http, "depth") == gone
    assert (await http.delete(f"{METRICS}/depth")).status_code == 404
    assert (await http.patch(f"{METRICS}/depth", json={"unit": "x"})).status_code == 404

    restored = await http.post(f"{METRICS}/depth/restore")
    assert (restored.status_code, restored.json()) == (200, before | {"updated_at": restored.json()["updated_at"]})
    assert (await data(http, "depth"))["items"] == points["items"]
    whole = {"shown": 200, "listed": ["depth"], "data": 200, "labels": 200, "taken in": (202, 202)}
    assert await seen(http, "depth") == whole
    events = (await http.get("/api/v1/events", params={"object_id": metric["id"]})).json()["items"]
    assert [(event["action"], event["object_name"]) for event in events[:2]] == [
        ("metric.restore", "depth"), ("metric.delete", "depth"),
    ]  # fmt: skip
    refused = await http.post(f"{METRICS}/depth/restore")
    assert (refused.status_code, refused.json()["detail"]) == (409, "metric 'depth' is not deleted")


async def test_its_name_is_free_and_one_that_took_it_stands_in_the_way(http):
    first = await depth(http)
    await http.delete(f"{METRICS}/depth")
    second = await make(http, "depth", "enum")
    for key in ("depth", first["id"]):
        refused = await http.post(f"{METRICS}/{key}/restore")
        assert (refused.status_code, refused.json()["detail"]) == (
            409, "metric 'depth' cannot be restored: another one of that name was made since; delete that first",
        )  # fmt: skip
    await http.delete(f"{METRICS}/depth")
    assert (await http.post(f"{METRICS}/depth/restore")).json()["id"] == second["id"], "the one deleted last"
    await http.delete(f"{METRICS}/depth")
    assert (await http.post(f"{METRICS}/{first['id']}/restore")).json()["id"] == first["id"]


async def test_after_a_day_it_is_gone_for_good_with_its_points(http, database):
    metric = await depth(http)
    await http.delete(f"{METRICS}/depth")
    await purge_after(database, 23)
    assert (await http.post(f"{METRICS}/depth/restore")).status_code == 200
    await http.delete(f"{METRICS}/depth")
    await purge_after(database, 25)
    assert (await http.post(f"{METRICS}/depth/restore")).status_code == 404
    [purged] = (await http.get("/api/v1/events", params={"action": "metric.purge"})).json()["items"]
    assert (purged["object_id"], purged["actor"], purged["before"]) == (metric["id"], "mltui", {"name": "depth"})


@pytest.mark.parametrize("deleted_before", [False, True])
async def test_at_once_it_is_gone_for_good(http, deleted_before):
    await depth(http)
    if deleted_before:
        await http.delete(f"{METRICS}/depth")
    assert (await http.delete(f"{METRICS}/depth", params={"now": True})).status_code == 204
    assert (await http.post(f"{METRICS}/depth/restore")).status_code == 404
    assert (await http.delete(f"{METRICS}/depth", params={"now": True})).status_code == 404

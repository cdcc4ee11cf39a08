"""Deleted runs: nobody sees them, they come back as they were, and after a day they are gone for good."""

from datetime import UTC, datetime, timedelta

import pytest

from mltui_server.runs.removal import purge
from tests.server.agents import eventually, make_pipeline, play, start, until_status


async def ended(http, name="r", status="completed", **more):
    run_id = (await http.post("/api/v1/runs", json={"name": name} | more)).json()["id"]
    series = [{"key": "loss", "times": [1, 2, 3], "values": [1.0, "NaN", 2.0], "steps": [0, 1, 2]}]
    assert (await http.post(f"/api/v1/runs/{run_id}/samples", json={"series": series})).status_code == 202
    await eventually(lambda: summaries(http, run_id), bool)
    await http.post(f"/api/v1/runs/{run_id}/finish", json={"status": status})
    return run_id


async def summaries(http, run_id):
    return (await http.get(f"/api/v1/runs/{run_id}/series/keys")).json()


async def seen(http, run_id):
    """Every place where a run is counted or shown."""
    listed = (await http.get("/api/v1/runs")).json()
    pipelines = (await http.get("/api/v1/pipelines")).json()["items"]
    overview = (await http.get("/api/v1/dashboard/overview")).json()
    trends = (await http.get("/api/v1/dashboard/trends", params={"days": 1})).json()
    sorted_by_metric = (await http.get("/api/v1/runs", params={"sort": "-metric:loss", "metrics": "loss"})).json()
    return {
        "run": (await http.get(f"/api/v1/runs/{run_id}")).status_code,
        "listed": ([run["id"] for run in listed["items"]], listed["total"]),
        "by metric": [run["id"] for run in sorted_by_metric["items"]],
        "pipelines": [(one["name"], one["run_count"], one["last_run_id"]) for one in pipelines],
        "states": overview["stats"]["counts"]["runs"],
        "success": overview["stats"]["success_rate"],
        "attention": sorted((one["kind"], one["object_id"]) for one in overview["attention"]),
        "days": trends["days"],
        "samples": (await http.get(f"/api/v1/runs/{run_id}/series/keys")).status_code,
        "csv": (await http.get(f"/api/v1/runs/{run_id}/series.csv")).status_code,
        "code": (await http.get(f"/api/v1/runs/{run_id}/code")).status_code,
        "why": (await http.get(f"/api/v1/runs/{run_id}/why")).status_code,
        "artifacts": [one["name"] for one in (await http.get("/api/v1/artifacts")).json()["items"]],
    }


async def test_what_is_deleted_is_seen_nowhere_and_comes_back_as_it_was(http):
    other = await ended(http, "other", pipeline="q")
    run_id = await ended(http, "mine", "failed", tags={"team": "risk"})
    await http.put(f"/api/v1/runs/{run_id}/artifacts/a.txt", content=b"content")
    whole, detail = await seen(http, run_id), (await http.get(f"/api/v1/runs/{run_id}")).json()
    assert (whole["listed"][1], whole["run"], whole["artifacts"]) == (2, 200, ["a.txt"])

    assert (await http.delete(f"/api/v1/runs/{run_id}")).status_code == 204
    gone = await seen(http, run_id)
    assert (gone["run"], gone["samples"], gone["csv"], gone["code"], gone["why"]) == (404,) * 5
    assert (gone["listed"], gone["by metric"]) == (([other], 1), [other])
    assert sorted(gone["pipelines"]) == [("default", 0, None), ("q", 1, other)]
    assert (gone["states"], gone["success"], gone["artifacts"]) == ({"completed": 1}, 1.0, [])
    assert gone["attention"] == [("nonfinite", other)]
    assert sum(day["failed"] for day in gone["days"]) == 0
    for method, path in (("DELETE", ""), ("POST", "/cancel"), ("POST", "/retry"), ("PATCH", "")):
        response = await http.request(method, f"/api/v1/runs/{run_id}{path}", json={} if method == "PATCH" else None)
        assert response.status_code == 404, (method, path)
    again = await http.post("/api/v1/runs", json={"name": "mine", "id": run_id})
    assert (again.status_code, f"run {run_id} is deleted; restore it first" in again.text) == (409, True)

    restored = await http.post(f"/api/v1/runs/{run_id}/restore")
    assert (restored.status_code, restored.json()["tags"]) == (200, {"team": "risk"})
    assert await seen(http, run_id) == whole
    assert (await http.get(f"/api/v1/runs/{run_id}")).json() | {"updated_at": ""} == detail | {"updated_at": ""}
    actions = [e["action"] for e in (await http.get("/api/v1/events", params={"object_id": run_id})).json()["items"]]
    assert actions[:2] == ["run.restore", "run.delete"]
    refused = await http.post(f"/api/v1/runs/{run_id}/restore")
    assert (refused.status_code, refused.json()["detail"]) == (409, f"run {run_id} is not deleted")


async def test_after_a_day_or_at_once_it_is_gone_for_good(http, database):
    old, new, other = [await ended(http, name) for name in ("old", "new", "other")]
    for run_id in (old, new):
        await http.delete(f"/api/v1/runs/{run_id}")
    async with database.session() as session:
        await purge(session, datetime.now(UTC) + timedelta(hours=23))
    assert (await http.post(f"/api/v1/runs/{new}/restore")).status_code == 200
    async with database.session() as session:
        await purge(session, datetime.now(UTC) + timedelta(hours=25))
    assert (await http.post(f"/api/v1/runs/{old}/restore")).status_code == 404
    assert (await http.get(f"/api/v1/runs/{new}")).status_code == 200, "what was restored in time stays"
    [purged] = (await http.get("/api/v1/events", params={"action": "run.purge"})).json()["items"]
    assert (purged["object_id"], purged["actor"], purged["before"]) == (old, "mltui", {"name": "old"})
    assert (await http.delete(f"/api/v1/runs/{other}")).status_code == 204
    assert (await http.delete(f"/api/v1/runs/{other}?now=true")).status_code == 204, "one that is deleted already, too"
    assert (await http.post(f"/api/v1/runs/{other}/restore")).status_code == 404
    assert (await http.delete(f"/api/v1/runs/{other}?now=true")).status_code == 404


async def test_the_last_good_run_is_none_that_was_deleted(http):
    await make_pipeline(http)
    good = []
    for _ in range(2):
        good.append(await start(http))
        await play(http, good[-1], "a")
        await until_status(http, good[-1], "completed")
    bad = await start(http)
    await play(http, bad, "a", exit_code=1)
    await until_status(http, bad, "failed")
    await http.delete(f"/api/v1/runs/{good[1]}")
    assert (await http.get(f"/api/v1/runs/{bad}/why")).json()["good"]["id"] == good[0]


async def test_what_would_go_is_counted_first(http):
    one, two = await ended(http, "one"), await ended(http, "two")
    await http.put(f"/api/v1/runs/{one}/artifacts/a.txt", content=b"content")
    asked = await http.get("/api/v1/runs/footprint", params={"ids": f"{one},{two}"})
    assert asked.json() == {
        "runs": 2,
        "log_bytes": 0,
        "samples": 6,
        "artifacts": 1,
        "artifact_bytes": 7,
        "versions": [],
    }
    assert (await http.get("/api/v1/runs/footprint", params={"ids": "nonsense"})).status_code == 422


@pytest.mark.parametrize("key", ["nonsense", "01993c00-0000-7000-8000-00000000000a"])
async def test_what_never_was_cannot_be_restored(http, key):
    response = await http.post(f"/api/v1/runs/{key}/restore")
    assert (response.status_code, response.json()["detail"]) == (404, f"no run {key!r}")

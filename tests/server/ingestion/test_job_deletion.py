"""Deleted ingestion jobs: nobody sees them, lineage and events still know them, they come back as they were."""

from tests.server.agents import until_status
from tests.server.ingestion.job_calls import JOBS, add, begin, complete, do, finish, job_of, until_job


async def completed(http, **more):
    job = await add(http, **more)
    execution = await begin(http, job)
    run = (await until_job(http, job, "running"))["run_id"]
    await complete(http, job, run)
    await finish(http, execution)
    await until_status(http, run, "completed")
    return await job_of(http, job)


async def seen(http, job):
    """Every place where a job is counted or shown."""
    version = (await http.get("/api/v1/models/digits/versions/1")).json()
    overview = (await http.get("/api/v1/dashboard/overview")).json()
    listed = (await http.get(JOBS)).json()
    return {
        "job": (await http.get(f"{JOBS}/{job['id']}")).status_code,
        "listed": ([one["id"] for one in listed["items"]], listed["total"]),
        "counted": overview["stats"]["counts"]["ingestion_jobs"],
        "of the dataset": (await http.get(f"/api/v1/datasets/{job['dataset_id']}")).json()["job_id"],
        "of a model": version["ingestion_jobs"],
    }


async def test_what_is_deleted_is_seen_nowhere_and_comes_back_as_it_was(http):
    job = await completed(http)
    await http.post("/api/v1/models", json={"name": "digits"})
    made = {"uri": "s3://models/digits", "ingestion_jobs": [job["id"]]}
    assert (await http.post("/api/v1/models/digits/versions", json=made)).status_code == 201
    whole = await seen(http, job)
    assert whole == {
        "job": 200, "listed": ([job["id"]], 1), "counted": {"completed": 1}, "of the dataset": job["id"],
        "of a model": [{"id": job["id"], "name": "events"}],
    }  # fmt: skip
    assert (await http.delete(f"{JOBS}/{job['id']}")).status_code == 204
    gone = {"job": 404, "listed": ([], 0), "counted": {}, "of the dataset": None, "of a model": []}
    assert await seen(http, job) == gone
    for method, path in (("DELETE", ""), ("POST", "/start"), ("POST", "/retry"), ("POST", "/cancel")):
        answer = await http.request(method, f"{JOBS}/{job['id']}{path}", json={} if path == "/cancel" else None)
        assert answer.status_code == 404, (method, path)

    restored = await do(http, job, "restore")
    assert restored == {name: job[name] for name in restored} | {"updated_at": restored["updated_at"]}
    assert await seen(http, job) == whole
    answer = await http.post(f"{JOBS}/{job['id']}/restore")
    assert (answer.status_code, answer.json()["detail"]) == (409, "ingestion job 'events' is not deleted")
    answer = await http.post(f"{JOBS}/{job['run_id']}/restore")
    assert (answer.status_code, "ingestion job" in answer.json()["detail"]) == (404, True)


async def test_events_of_a_deleted_job_keep_its_name_and_are_found_by_it(http):
    job = await add(http, name="clicks")
    await do(http, job, "cancel", reason="the wrong file")
    await http.delete(f"{JOBS}/{job['id']}")
    events = (await http.get("/api/v1/events", params={"object": "clicks"})).json()["items"]
    assert [(event["action"], event["object_name"]) for event in events] == [
        ("ingestion_job.delete", "clicks"), ("ingestion_job.cancelled", "clicks"), ("ingestion_job.create", "clicks"),
    ]  # fmt: skip


async def test_lineage_still_tells_where_data_came_from(http):
    job = await completed(http)
    await http.delete(f"{JOBS}/{job['id']}")
    found = (await http.get(f"/api/v1/lineage/{job['dataset_id']}", params={"direction": "up"})).json()
    states = {node["kind"]: (node["name"], node["state"]) for node in found["nodes"]}
    assert states["ingestion_job"] == ("events", "deleted")
    assert states["source"][0] == "/data/events.csv"


async def test_jobs_deleted_together_come_back_one_by_one(http):
    first, second = await add(http), await add(http)
    ids = [first["id"], second["id"]]
    answer = await http.post(f"{JOBS}/actions", json={"action": "delete", "ids": ids})
    assert [one["problem"] for one in answer.json()] == [None, None]
    await do(http, second, "restore")
    assert [one["id"] for one in (await http.get(JOBS)).json()["items"]] == [second["id"]]

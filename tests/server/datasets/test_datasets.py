"""Datasets over REST: any artifact that is a table can be one, and runs say which they read."""

import pytest

from tests.server.agents import make_pipeline, start

TABLE = b"id,loss\n1,0.5\n"


@pytest.fixture
async def run(http) -> str:
    return (await http.post("/api/v1/runs", json={"name": "maker"})).json()["id"]


async def table(http, run: str, name: str = "table.csv", content: bytes = TABLE) -> str:
    return (await http.put(f"/api/v1/runs/{run}/artifacts/{name}", content=content)).json()["id"]


async def register(http, artifact: str, status: int = 201, **more) -> dict:
    answer = await http.post("/api/v1/datasets", json={"artifact": artifact, **more})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_an_artifact_becomes_a_dataset_once(http, run):
    artifact = await table(http, run)
    made = await register(http, artifact, row_count=1)
    assert (made["name"], made["format"], made["row_count"], made["run_id"]) == ("table.csv", "csv", 1, run)
    assert (made["file_size"], made["job_id"], made["schema"]) == (len(TABLE), None, {"columns": []})
    assert (await register(http, artifact, name="other"))["id"] == made["id"]
    assert (await http.get(f"/api/v1/artifacts/{artifact}")).json()["artifact_type"] == "DATASET"
    [event] = (await http.get("/api/v1/events", params={"action": "dataset.create"})).json()["items"]
    assert (event["object_name"], event["run_id"]) == ("table.csv", run)


async def test_what_cannot_be_a_dataset_is_refused_in_words(http, run):
    unknown = await table(http, run, "table.bin")
    assert "say it, as in csv" in (await register(http, unknown, 422))["detail"]
    assert (await register(http, unknown, format="csv"))["format"] == "csv"
    gone = await table(http, run, "gone.csv", b"x")
    await http.delete(f"/api/v1/artifacts/{gone}")
    assert "is deleted" in (await register(http, gone, 409))["detail"]
    assert (await register(http, "nothing", 404))["detail"] == "no artifact 'nothing'"


async def test_datasets_are_listed_and_the_newest_of_a_name_is_found(http, run):
    old, new = [await register(http, await table(http, run, f"{i}.csv"), name="events") for i in (1, 2)]
    await register(http, await table(http, run, "3.csv"), name="users", source_uri="s3://bucket/users.csv")

    async def names(**parameters):
        return [row["name"] for row in (await http.get("/api/v1/datasets", params=parameters)).json()["items"]]

    assert await names() == ["users", "events", "events"]
    assert await names(name="events") == ["events", "events"]
    assert await names(text="BUCKET/") == ["users"]
    assert await names(run=run, limit=1) == ["users"]
    assert (await http.get("/api/v1/datasets/events")).json()["id"] == new["id"]
    assert (await http.get(f"/api/v1/datasets/{old['id']}")).json()["id"] == old["id"]
    assert (await http.get("/api/v1/datasets/none")).json()["detail"] == "no dataset 'none'"


async def test_a_run_says_what_it_read(http, run):
    dataset = await register(http, await table(http, run), name="events")
    await make_pipeline(http)
    reader = await start(http)
    address = f"/api/v1/runs/{reader}/inputs"
    for _ in range(2):
        answer = await http.post(address, json={"dataset": "events", "stage": "a"})
        assert answer.status_code == 201, answer.text
    [read] = (await http.get(address)).json()
    assert (read["dataset"]["id"], read["stage"]) == (dataset["id"], "a")
    events = (await http.get("/api/v1/events", params={"action": "run.read"})).json()["items"]
    assert [event["message"] for event in events] == ["read dataset events"]
    assert (await http.post(address, json={"dataset": "none"})).status_code == 404
    wrong = await http.post(address, json={"dataset": "events", "stage": "z"})
    assert (wrong.status_code, "has no stage 'z'" in wrong.json()["detail"]) == (422, True)


async def test_a_dataset_whose_artifact_is_deleted_is_not_listed_and_says_so(http, run):
    old, new = [await register(http, await table(http, run, f"{i}.csv"), name="events") for i in (1, 2)]
    await http.delete(f"/api/v1/artifacts/{new['artifact_id']}")

    async def listed() -> list[str]:
        return [row["id"] for row in (await http.get("/api/v1/datasets")).json()["items"]]

    assert await listed() == [old["id"]]
    assert (await http.get("/api/v1/datasets/events")).json()["id"] == old["id"]
    shown = (await http.get(f"/api/v1/datasets/{new['id']}")).json()
    assert (shown["is_active"], old["is_active"]) == (False, True)
    await http.post(f"/api/v1/runs/{run}/finish", json={"status": "completed"})
    await http.delete(f"/api/v1/runs/{run}")
    assert await listed() == []
    assert (await http.get(f"/api/v1/datasets/{old['id']}")).json()["is_active"] is False
    refused = await http.post(f"/api/v1/datasets/{old['id']}/restore")
    assert (refused.status_code, f"`mltui runs restore {run}` brings it back with all" in refused.text) == (409, True)
    await http.post(f"/api/v1/runs/{run}/restore")
    assert await listed() == [old["id"]]
    assert (await http.get(f"/api/v1/datasets/{old['id']}")).json()["is_active"] is True


async def test_a_dataset_is_deleted_with_its_artifact_and_comes_back(http, run):
    dataset = await register(http, await table(http, run))
    reader = (await http.post("/api/v1/runs", json={"name": "reader"})).json()["id"]
    await http.post(f"/api/v1/runs/{reader}/inputs", json={"dataset": dataset["id"]})
    assert (await http.delete("/api/v1/datasets/table.csv")).status_code == 204
    assert (await http.delete("/api/v1/datasets/table.csv")).status_code == 404
    [read] = (await http.get(f"/api/v1/runs/{reader}/inputs")).json()
    assert (read["dataset"]["id"], read["dataset"]["is_active"]) == (dataset["id"], False)
    assert (await http.get("/api/v1/artifacts", params={"run": run})).json()["items"] == []
    back = await http.post(f"/api/v1/datasets/{dataset['id']}/restore")
    assert (back.status_code, back.json()) == (200, dataset)
    refused = await http.post(f"/api/v1/datasets/{dataset['id']}/restore")
    assert (refused.status_code, "it is not deleted" in refused.json()["detail"]) == (409, True)
    assert (await http.post("/api/v1/datasets/table.csv/restore")).status_code == 404


async def test_a_dataset_that_a_model_was_trained_on_is_not_deleted(http, run):
    dataset = await register(http, await table(http, run))
    await http.post("/api/v1/models", json={"name": "digits"})
    made = {"uri": "s3://models/digits", "training_dataset": dataset["id"]}
    assert (await http.post("/api/v1/models/digits/versions", json=made)).status_code == 201
    refused = await http.delete(f"/api/v1/datasets/{dataset['id']}")
    assert (refused.status_code, "cited by model version digits/1" in refused.json()["detail"]) == (409, True)

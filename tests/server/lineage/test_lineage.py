"""Lineage over REST: both ways, from whatever id, bounded, and honest about what was left out."""

from uuid import UUID

import pytest

from tests.server.agents import make_pipeline
from tests.server.registry.registry_calls import (
    add_dataset,
    add_input,
    add_job,
    make_run,
    move_alias,
    put_file,
    register,
)

URI = "https://data.example/digits.csv"


async def lineage(http, key: str, **query) -> dict:
    answer = await http.get(f"/api/v1/lineage/{key}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def arrows(found: dict) -> set[tuple[str, str]]:
    names = {node["id"]: node["name"] for node in found["nodes"]}
    return {(names[edge["source"]], names[edge["target"]]) for edge in found["edges"]}


def kinds(found: dict) -> dict[str, str]:
    return {node["name"]: node["kind"] for node in found["nodes"]}


@pytest.fixture
async def story(http, database) -> dict[str, str]:
    """A job brings a dataset in, a run makes features of it, another trains on these; its model is registered."""
    ids: dict[str, str] = {}
    ids["ingest"] = await make_run(http, "ingest-1")
    ids["raw file"] = await put_file(http, ids["ingest"], "raw.parquet", b"raw")
    ids["raw"] = str(await add_dataset(database, ids["raw file"], "raw", row_count=1797))
    ids["job"] = str(await add_job(database, uri=URI, run_id=UUID(ids["ingest"]), dataset_id=UUID(ids["raw"])))
    ids["prepare"] = await make_run(http, "prepare-1")
    await add_input(database, ids["prepare"], UUID(ids["raw"]))
    features = await put_file(http, ids["prepare"], "features.parquet", b"features")
    ids["features"] = str(await add_dataset(database, features, "features"))
    ids["train"] = await make_run(http, "train-1")
    await add_input(database, ids["train"], UUID(ids["features"]))
    ids["model"] = await put_file(http, ids["train"])
    ids["version"] = (await register(http, run=ids["train"], artifact="model.pt"))["id"]
    return ids


CHAIN = [
    (URI, "daily digits"), ("daily digits", "ingest-1"), ("ingest-1", "raw"), ("raw", "prepare-1"),
    ("prepare-1", "features"), ("features", "train-1"), ("train-1", "model.pt"), ("model.pt", "digits/1"),
]  # fmt: skip


async def test_a_version_leads_back_to_its_source(http, story):
    found = await lineage(http, story["version"], direction="up")
    assert arrows(found) == set(CHAIN)
    assert (found["root"], found["cut"]) == (story["version"], [])
    assert kinds(found) == {
        "digits/1": "model_version", "model.pt": "artifact", "train-1": "run", "features": "dataset",
        "prepare-1": "run", "raw": "dataset", "ingest-1": "run", "daily digits": "ingestion_job", URI: "source",
    }  # fmt: skip
    by_name = {node["name"]: node for node in found["nodes"]}
    assert (by_name["raw"]["note"], by_name["daily digits"]["state"]) == ("parquet, 1797 rows", "completed")
    assert (by_name["train-1"]["state"], by_name["train-1"]["note"]) == ("running", "default")


async def test_a_job_leads_on_to_the_models(http, story):
    assert arrows(await lineage(http, story["job"], direction="down")) == set(CHAIN[1:])


@pytest.mark.parametrize("start", ["job", "ingest", "raw", "raw file", "features", "train", "model", "version"])
async def test_both_ways_are_the_whole_story_wherever_one_begins(http, story, start):
    assert arrows(await lineage(http, story[start])) == set(CHAIN)


async def test_a_version_is_found_by_what_people_call_it(http, story):
    await move_alias(http, "champion", 1)
    for key in ("digits/1", "digits@champion", story["version"].replace("-", "")):
        found = await lineage(http, key, direction="up", depth=1)
        assert (found["root"], arrows(found)) == (story["version"], {("model.pt", "digits/1")})
    assert found["nodes"][0]["note"] == "@champion"


async def test_an_artifact_that_is_a_table_is_its_dataset_and_a_stage_its_run(http, database, story):
    assert (await lineage(http, story["raw file"]))["root"] == story["raw"]
    pipeline = await make_pipeline(http)
    started = (await http.post(f"/api/v1/pipelines/{pipeline['id']}/runs", json={})).json()
    stage = started["stages"][0]["id"]
    url = f"/api/v1/runs/{started['id']}/artifacts/report.html"
    await http.put(url, content=b"<p>", params={"stage_run": stage})
    found = await lineage(http, stage)
    assert found["root"] == started["id"]
    assert [edge["stage"] for edge in found["edges"]] == ["a"]


async def test_what_depth_leaves_out_is_marked(http, story):
    found = await lineage(http, story["version"], direction="up", depth=3)
    assert arrows(found) == set(CHAIN[5:])
    assert found["cut"] == [story["features"]]
    assert (await lineage(http, story["version"], direction="down", depth=1))["cut"] == []


async def test_what_a_limit_leaves_out_is_marked(http, database, story):
    for number in range(4):
        await add_input(database, await make_run(http, f"other-{number}"), UUID(story["raw"]))
    found = await lineage(http, story["raw"], direction="down", depth=1, limit=3)
    assert len(found["nodes"]) == 4
    assert found["cut"][0] == story["raw"]
    whole = await lineage(http, story["raw"], direction="down", depth=1)
    assert len(whole["nodes"]) == 6
    assert story["raw"] not in whole["cut"]


async def test_a_node_with_very_many_neighbours_shows_the_newest_and_says_so(http, database, story):
    async with database.session() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "INSERT INTO run (id, pipeline_id, name, status, trigger_type, triggered_by, definition) SELECT"
            " gen_random_uuid(), pipeline_id, 'many', 'completed', 'api', 'ada', '{}' FROM run,"
            " generate_series(1, 150) WHERE name = 'train-1'"
        )
        await connection.exec_driver_sql(
            f"INSERT INTO run_input (run_id, dataset_id) SELECT id, '{story['raw']}' FROM run WHERE name = 'many'"
        )
    found = await lineage(http, story["raw"], direction="down", depth=1)
    assert (len(found["nodes"]), story["raw"] in found["cut"]) == (101, True)


async def test_a_run_that_reads_what_it_wrote_ends(http, database):
    run = await make_run(http)
    dataset = await add_dataset(database, await put_file(http, run, "a.parquet", b"a"), "a")
    await add_input(database, run, dataset)
    found = await lineage(http, run)
    assert (len(found["nodes"]), arrows(found), found["cut"]) == (2, {("digits-1", "a"), ("a", "digits-1")}, [])


async def test_ways_that_have_no_run_or_no_artifact(http, database):
    artifact = await put_file(http, await make_run(http, "upload"), "out.csv", b"a,b")
    dataset = await add_dataset(database, artifact, "outside", source_uri="s3://never/shown")
    job = await add_job(database, uri=URI, dataset_id=dataset)
    made = await register(http, uri="s3://models/a.onnx", training_dataset=str(dataset))
    found = await lineage(http, made["id"], direction="up")
    assert arrows(found) == {
        ("s3://models/a.onnx", "digits/1"), ("outside", "digits/1"), ("daily digits", "outside"),
        (URI, "daily digits"), ("upload", "outside"),
    }  # fmt: skip
    other = await add_job(database, "labels", uri="s3://labels/*.csv")
    await http.patch("/api/v1/models/digits/versions/1", json={"ingestion_jobs": [str(other), str(job)]})
    assert ("labels", "digits/1") in arrows(await lineage(http, str(other)))
    assert ("daily digits", "digits/1") not in arrows(await lineage(http, str(job))), "there is a longer way"


async def test_a_retry_comes_from_what_it_retries_and_a_deleted_version_is_gone(http, story):
    assert (await http.delete("/api/v1/models/digits/versions/1")).status_code == 204
    assert arrows(await lineage(http, story["train"], direction="down")) == {("train-1", "model.pt")}
    answer = await http.get(f"/api/v1/lineage/{story['version']}")
    assert answer.status_code == 404


@pytest.mark.parametrize(("key", "query", "status", "words"), [
    ("01a1ffae-9b85-72fa-b0e3-d267cbb74282", {}, 404, "or artifact (by id)"),
    ("digits/9", {}, 404, "no version 'digits/9'"),
    ("other@champion", {}, 404, "no run (by id or name), dataset or job (likewise)"),
    ("nothing", {}, 404, "no run (by id or name), dataset or job (likewise), model (by name), version"),
    ("digits/1", {"depth": 0}, 422, "depth is 0; it must be between 1 and 50"),
    ("digits/1", {"limit": 5000}, 422, "limit is 5000; it must be between 1 and 2000"),
    ("digits/1", {"direction": "left"}, 422, "left"),
])  # fmt: skip
async def test_what_is_wrong_is_said(http, key, query, status, words):
    await register(http)
    answer = await http.get(f"/api/v1/lineage/{key}", params=query)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


async def of_source(http, uri: str, **query) -> dict:
    answer = await http.get("/api/v1/lineage", params={"uri": uri, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_source_leads_on_to_the_models(http, story):
    found = await of_source(http, URI)
    assert (found["root"], arrows(found), found["cut"]) == (URI, set(CHAIN), [])
    assert found["nodes"][0] == {
        "id": URI, "kind": "source", "name": URI, "state": "", "note": "", "run_id": None, "created_at": None,
    }  # fmt: skip
    assert arrows(await of_source(http, URI, direction="up")) == set()
    near = await of_source(http, URI, depth=2)
    assert (arrows(near), near["cut"]) == (set(CHAIN[:2]), [story["ingest"]])


async def test_all_that_came_from_one_source_is_there(http, database, story):
    """Another job, a dataset that no job brought in, a version that is there."""
    other = await add_job(database, "again", uri=URI)
    artifact = await put_file(http, await make_run(http, "upload"), "out.csv", b"a,b")
    await add_dataset(database, artifact, "by hand", source_uri=URI)
    made = await register(http, "fraud", uri=URI, ingestion_jobs=[str(other)])
    found = await of_source(http, URI)
    assert arrows(found) == set(CHAIN) | {
        (URI, "again"), (URI, "by hand"), (URI, "fraud/1"), ("again", "fraud/1"),
    }  # fmt: skip
    assert (await lineage(http, made["id"], direction="up"))["nodes"][-1]["id"] == URI
    few = await of_source(http, URI, limit=2)
    assert ({node["name"] for node in few["nodes"]}, few["cut"][0]) == ({URI, "fraud/1", "by hand"}, URI)


async def test_what_no_source_is_says_so(http, story):
    for query, status, words in [
        ({"uri": "s3://bucket/none.csv"}, 404, "no source 's3://bucket/none.csv'"),
        ({}, 422, "uri"),
        ({"uri": URI, "depth": 0}, 422, "depth is 0; it must be between 1 and 50"),
    ]:
        answer = await http.get("/api/v1/lineage", params=query)
        assert (answer.status_code, words in answer.text) == (status, True), answer.text


async def test_names_mean_what_only_one_thing_has(http, database, story):
    later = {"name": "adata", "uri": "s3://bucket/adata.csv"}
    job = await add_job(database, **later)
    assert (await lineage(http, "adata"))["root"] == str(job)
    dataset = await add_dataset(database, await put_file(http, story["ingest"], "adata.csv", b"a"), "adata")
    refused = await http.get("/api/v1/lineage/adata")
    assert (refused.status_code, refused.json()["detail"]) == (
        409, f"several things are called 'adata': dataset {dataset}, ingestion job {job}; write an id",
    )  # fmt: skip
    await http.delete(f"/api/v1/ingestion-jobs/{job}")
    assert (await lineage(http, "adata"))["root"] == str(dataset)
    # A job and the dataset that it brought in are one thing.
    await add_job(database, **later, dataset_id=dataset)
    assert (await lineage(http, "adata"))["root"] == str(dataset)
    slashed = await add_dataset(database, await put_file(http, story["ingest"], "in/b@2.csv", b"b"), "in/b@2.csv")
    assert (await lineage(http, "in/b@2.csv"))["root"] == str(slashed)
    await make_run(http, "digits")
    refused = (await http.get("/api/v1/lineage/digits")).json()["detail"]
    assert f"model version {story['version']}" in refused and ", ingestion job" not in refused


async def test_a_dataset_whose_run_is_deleted_has_no_name_and_says_so(http, database, story):
    job = await add_job(database, name="raw", uri="s3://bucket/raw.csv")
    await http.post(f"/api/v1/runs/{story['ingest']}/finish", json={"status": "completed"})
    await http.delete(f"/api/v1/runs/{story['ingest']}")
    assert (await lineage(http, "raw"))["root"] == str(job)
    states = {node["name"]: node["state"] for node in (await lineage(http, story["prepare"]))["nodes"]}
    assert (states["ingest-1"], states["raw"], states["features"]) == ("deleted", "deleted", "")

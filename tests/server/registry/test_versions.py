"""Registering versions of models: from a run, an artifact or a bare URI, with what is known of these filled in."""

import asyncio

import pytest

from mltui_server.lib.ids import new_id
from tests.server.registry.registry_calls import (
    MODELS,
    add_dataset,
    add_input,
    add_job,
    events_of,
    make_run,
    put_file,
    register,
)
from tests.server.samples.sample_calls import summaries


async def test_a_version_of_a_run_knows_what_the_run_knows(http, database):
    run = await make_run(http, parameters={"lr": 0.1, "optimizer": "adam"})
    batch = {"writer": "w", "seq": 1, "series": [
        {"key": "accuracy", "steps": [1], "times": [1], "values": [0.9]},
        {"key": "loss", "steps": [1], "times": [1], "values": ["NaN"]},
        {"key": "sys/host/cpu_percent", "steps": [1], "times": [1], "values": [3.0]},
    ]}  # fmt: skip
    answer = await http.post(f"/api/v1/runs/{run}/samples", json=batch)
    assert answer.status_code == 202, answer.text
    await summaries(http, run, 3)
    model, data = await put_file(http, run), await put_file(http, run, "digits.parquet", b"PAR1")
    dataset = await add_dataset(database, data, row_count=1797)
    await add_input(database, run, dataset)
    job = await add_job(database)

    made = await register(
        http, run=run, artifact="model.pt", algorithm="cnn", model_type="classifier", metrics={"size_mb": 3.5},
        training_config={"lr": "0.2"}, tags={"team": "risk"}, ingestion_jobs=[str(job)], description="first",
    )  # fmt: skip

    assert (made["model"], made["version"], made["status"], made["stage"]) == ("digits", 1, "ready", "None")
    assert (made["run_id"], made["run"], made["artifact_id"], made["artifact"]) == (run, "digits-1", model, "model.pt")
    assert (made["framework"], made["model_format"]) == ("pytorch", "torch")
    assert (made["algorithm"], made["model_type"], made["description"]) == ("cnn", "classifier", "first")
    assert made["metrics"] == {"accuracy": 0.9, "loss": "NaN", "size_mb": 3.5}
    assert made["training_config"] == {"lr": "0.2", "optimizer": "adam"}
    assert (made["training_dataset_id"], made["training_dataset"]) == (str(dataset), "digits.parquet")
    assert made["ingestion_jobs"] == [{"id": str(job), "name": "daily digits"}]
    assert (made["tags"], made["created_by"]) == ({"team": "risk"}, "ada")
    [event] = await events_of(http, "model_version.create")
    assert (event["object_id"], event["object_name"], event["run_id"]) == (made["id"], "digits/1", run)
    assert [e["object_name"] for e in await events_of(http, "model.create")] == ["digits"]
    for query in ({"run": run}, {"job": str(job)}):
        found = (await http.get("/api/v1/model-versions", params=query)).json()["items"]
        assert [version["id"] for version in found] == [made["id"]]


async def test_a_bare_uri_is_enough_and_the_model_is_made_on_first_use(http):
    made = await register(http, uri="s3://models/digits.onnx")
    assert (made["uri"], made["run"], made["artifact"], made["model_format"]) == (
        "s3://models/digits.onnx", None, None, "onnx",
    )  # fmt: skip
    [row] = (await http.get(MODELS)).json()["items"]
    assert (row["name"], row["version_count"], row["latest"], row["approval"]) == ("digits", 1, 1, False)


async def test_an_artifact_alone_brings_its_run(http):
    run = await make_run(http)
    artifact = await put_file(http, run, "model.joblib")
    made = await register(http, artifact=artifact)
    assert (made["run_id"], made["framework"]) == (run, "scikit-learn")


async def test_sent_again_it_is_the_same_version(http):
    body = {"id": str(new_id()), "uri": "s3://models/a.onnx"}
    first, again = await register(http, **body), await register(http, **body)
    assert first == again
    answer = await http.post(f"{MODELS}/other/versions", json=body)
    assert (answer.status_code, "another model" in answer.json()["detail"]) == (409, True)


async def test_many_at_once_get_a_number_each(http):
    made = await asyncio.gather(*(register(http) for _ in range(8)))
    assert sorted(version["version"] for version in made) == list(range(1, 9))


@pytest.mark.parametrize(("body", "status", "words"), [
    ({}, 422, "give its run, its artifact or its uri"),
    ({"uri": "s3://a/b", "artifact": str(new_id())}, 422, "give one of the two"),
    ({"uri": "s3://a b"}, 422, "a URI without blanks"),
    ({"run": str(new_id())}, 404, "no run"),
    ({"artifact": str(new_id())}, 404, "no artifact"),
    ({"uri": "s3://a/b", "training_dataset": "none"}, 422, "$.training_dataset: there is no dataset 'none'"),
    ({"uri": "s3://a/b", "ingestion_jobs": [str(new_id())]}, 422, "there is no ingestion job"),
    ({"uri": "s3://a/b", "metrics": {"loss": "much"}}, 422, "'much' is not a number"),
    ({"uri": "s3://a/b", "id": "7"}, 422, "$.id: '7' is not a UUID"),
    ({"uri": "s3://a/b", "stage": "Production"}, 422, "unknown field `stage`"),
])  # fmt: skip
async def test_what_cannot_be_a_version_is_refused_where_it_is_wrong(http, body, status, words):
    answer = await http.post(f"{MODELS}/digits/versions", json=body)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    assert (await http.get(MODELS)).json()["items"] == []


async def test_an_artifact_of_another_run_or_without_content_is_refused(http):
    run, other = await make_run(http), await make_run(http, "digits-2")
    artifact = await put_file(http, run)
    answer = await http.post(f"{MODELS}/digits/versions", json={"run": other, "artifact": artifact})
    assert (answer.status_code, "no artifact of run 'digits-2'" in answer.json()["detail"]) == (422, True)
    answer = await http.post(f"{MODELS}/digits/versions", json={"run": run, "artifact": "best.pt"})
    assert (answer.status_code, "has no artifact 'best.pt'" in answer.json()["detail"]) == (422, True)
    announced = {"name": "late.pt", "file_size": 3, "sha256": "0" * 64}
    late = (await http.post(f"/api/v1/runs/{run}/artifacts", json=announced)).json()["id"]
    answer = await http.post(f"{MODELS}/digits/versions", json={"artifact": late})
    assert (answer.status_code, "is uploading" in answer.json()["detail"]) == (409, True)


async def test_what_people_say_of_it_can_be_changed_and_is_an_event(http):
    await register(http, tags={"a": "1"})
    patch = {"description": "the good one", "tags": {"a": None, "b": "2"}, "metrics": {"f1": "Infinity"}}
    answer = await http.patch(f"{MODELS}/digits/versions/1", json=patch)
    assert (answer.json()["description"], answer.json()["tags"]) == ("the good one", {"b": "2"})
    assert answer.json()["metrics"] == {"f1": "Infinity"}
    [event] = await events_of(http, "model_version.update")
    assert (event["before"]["tags"], event["after"]["tags"]) == ({"a": "1", "b": None}, {"a": None, "b": "2"})
    await http.patch(f"{MODELS}/digits/versions/1", json=patch)
    assert len(await events_of(http, "model_version.update")) == 1, "nothing changed"


async def test_jobs_can_be_linked_later(http, database):
    job = str(await add_job(database))
    await register(http)
    answer = await http.patch(f"{MODELS}/digits/versions/1", json={"ingestion_jobs": [job]})
    assert [linked["id"] for linked in answer.json()["ingestion_jobs"]] == [job]
    [event] = await events_of(http, "model_version.update")
    assert (event["before"], event["after"]) == ({"ingestion_jobs": []}, {"ingestion_jobs": [job]})


async def test_a_status_goes_where_it_may_go(http):
    await register(http, uri="s3://models/a.onnx", status="pending")
    for status in ("ready", "archived", "ready", "failed", "archived", "failed"):
        answer = await http.patch(f"{MODELS}/digits/versions/1", json={"status": status})
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    answer = await http.patch(f"{MODELS}/digits/versions/1", json={"status": "ready"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "digits/1 is failed; it cannot become ready")


async def test_versions_are_listed_filtered_and_sorted(http):
    for name in ("a", "b", "c"):
        await register(
            http, uri=f"s3://models/{name}.onnx", algorithm=name, status="ready" if name > "a" else "pending"
        )
    path = f"{MODELS}/digits/versions"
    assert [v["version"] for v in (await http.get(path)).json()["items"]] == [3, 2, 1]
    page = (await http.get(path, params={"sort": "algorithm", "limit": 2})).json()
    rest = (await http.get(path, params={"sort": "algorithm", "limit": 2, "cursor": page["next"]})).json()
    assert [v["algorithm"] for v in page["items"] + rest["items"]] == ["a", "b", "c"]
    assert [v["version"] for v in (await http.get(path, params={"status": "pending"})).json()["items"]] == [1]
    assert (await http.get(f"{path}/7")).json()["detail"] == "no version 'digits/7'"
    assert (await http.get(f"{path}/x")).status_code == 404
    assert (await http.get(f"{path}/99999999999999999999")).status_code == 404


async def test_models_are_made_changed_listed_and_deleted(http):
    body = {"name": "fraud", "description": "card fraud", "tags": {"team": "risk"}, "approval": True}
    made = (await http.post(MODELS, json=body)).json()
    assert {key: made[key] for key in body} == body
    answer = await http.post(MODELS, json={"name": "fraud"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "a model named 'fraud' exists already")
    patched = (await http.patch(f"{MODELS}/fraud", json={"approval": False, "tags": {"team": None}})).json()
    assert (patched["approval"], patched["tags"]) == (False, {})
    [event] = await events_of(http, "model.update")
    assert (event["object_name"], event["before"]["approval"], event["after"]["approval"]) == ("fraud", True, False)
    assert [m["name"] for m in (await http.get(MODELS, params={"text": "CARD"})).json()["items"]] == ["fraud"]
    await register(http, "fraud")
    answer = await http.delete(f"{MODELS}/fraud")
    assert (answer.status_code, answer.json()["detail"]) == (409, "model 'fraud' has 1 version; delete it first")
    assert (await http.delete(f"{MODELS}/fraud/versions/1")).status_code == 204
    assert (await http.delete(f"{MODELS}/fraud")).status_code == 204
    assert (await http.get(f"{MODELS}/fraud")).status_code == 404
    assert (await http.post(MODELS, json={"name": "fraud"})).status_code == 201, "its name is free again"
    for name in ("a/b", "a@b", ""):
        assert (await http.post(MODELS, json={"name": name})).status_code == 422


async def test_two_versions_side_by_side(http, database):
    one, two = (
        await make_run(http, "digits-1", parameters={"lr": 1}),
        await make_run(http, "digits-2", parameters={"lr": 2}),
    )
    data = await add_dataset(database, await put_file(http, one, "old.parquet", b"old"), "old", row_count=10)
    await add_input(database, two, data)
    await register(http, run=one, uri="s3://models/1.onnx", metrics={"accuracy": 0.9, "loss": 0.2})
    await register(http, run=two, uri="s3://models/2.onnx", metrics={"accuracy": 0.9, "loss": "NaN"})
    await http.put(f"{MODELS}/digits/aliases/champion", json={"version": 2, "reason": "better"})
    answer = (await http.get(f"{MODELS}/digits/compare", params={"left": "1", "right": "@champion"})).json()
    assert (answer["left"]["version"], answer["right"]["version"]) == (1, 2)
    found = {
        (line["part"], line["name"]): (line["left"], line["right"], line["same"]) for line in answer["differences"]
    }
    assert found["metrics", "accuracy"] == (0.9, 0.9, True)
    assert found["metrics", "loss"] == (0.2, "NaN", False)
    assert found["parameters", "lr"] == ("1", "2", False)
    assert found["data", "dataset"] == (None, "old", False)
    assert found["data", "row_count"] == (None, 10, False)
    assert found["version", "aliases"] == (None, ["champion"], False)
    assert found["code", "pipeline"] == ("default", "default", True)
    missing = await http.get(f"{MODELS}/digits/compare", params={"left": "1", "right": "3"})
    assert (missing.status_code, missing.json()["detail"]) == (404, "no version 'digits/3'")


async def told(http, run, scope="main", **code):
    body = {"captured_at": "2026-03-14T09:00:00Z", "scope": scope, "commit": "a" * 40, "branch": "main", **code}
    assert (await http.post(f"/api/v1/runs/{run}/code", json=body)).status_code == 204


async def code_compared(http):
    answer = (await http.get(f"{MODELS}/digits/compare", params={"left": "1", "right": "2"})).json()
    return {
        line["name"]: (line["left"], line["right"], line["same"])
        for line in answer["differences"] if line["part"] == "code"
    }  # fmt: skip


async def test_the_code_that_was_told_is_compared(http):
    one, two = [await make_run(http, name) for name in ("digits-1", "digits-2")]
    packages = {f"package{n}": "1.0" for n in range(50)}
    await told(http, one, python="CPython 3.12.1", packages=packages | {"numpy": "1.26.4"})
    await told(http, two, commit="b" * 40, python="CPython 3.12.1", dirty=True, diff="--- a\n+++ a\n+lr = 2\n-lr = 1\n",
               packages=packages | {"numpy": "2.0.0", "rich": "14.0"})  # fmt: skip
    for run in (one, two):
        await register(http, run=run)
    code = await code_compared(http)
    assert code["commit"] == ("a" * 40, "b" * 40, False)
    assert (code["branch"], code["python"]) == (("main", "main", True), ("CPython 3.12.1", "CPython 3.12.1", True))
    left, right, same = code["uncommitted changes"]
    assert (left, right[:7], same) == ("none", "2 lines", False)
    assert [side[:2] for side in code["packages"][:2]] == ["51", "52"]
    assert {name: values for name, values in code.items() if name.startswith("package ")} == {
        "package numpy": ("1.26.4", "2.0.0", False),
        "package rich": (None, "14.0", False),
    }


async def test_code_is_compared_by_scope_where_a_run_has_several(http):
    one, two = [await make_run(http, name) for name in ("digits-1", "digits-2")]
    await told(http, one, "ingest")
    await told(http, one, "train", commit="c" * 40)
    await told(http, two, "train", commit="b" * 40)
    for run in (one, two):
        await register(http, run=run)
    code = await code_compared(http)
    assert code["train commit"] == ("c" * 40, "b" * 40, False)
    assert code["ingest commit"] == ("a" * 40, None, False)

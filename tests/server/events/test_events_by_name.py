"""GET /api/v1/events?object=: by id, and by every name that the list shows or has shown."""

from datetime import UTC, datetime, timedelta

from mltui_server.runs.removal import purge
from tests.server.agents import make_pipeline
from tests.server.registry.registry_calls import (
    MODELS,
    make_run,
    move_alias,
    move_stage,
    put_file,
    register,
)


async def found(http, word: str) -> list[tuple[str, str]]:
    """What was done to what, newest first."""
    answer = await http.get("/api/v1/events", params={"object": word})
    assert answer.status_code == 200, answer.text
    return [(event["action"], event["object_name"]) for event in answer.json()["items"]]


async def delete(http, path: str) -> None:
    answer = await http.delete(f"/api/v1/{path}")
    assert answer.is_success, answer.text


async def test_a_model_is_found_with_its_versions_and_a_version_alone(http):
    await register(http, "digits-large")
    for _ in range(2):
        await register(http)
    await move_stage(http, 2, "Staging")
    await move_alias(http, "champion", 1)
    second = [("model_version.stage", "digits/2"), ("model_version.create", "digits/2")]
    first = [("model_version.create", "digits/1")]
    assert await found(http, "digits/2") == second
    assert await found(http, "digits@champion") == first
    assert await found(http, "digits@nobody") == []
    assert await found(http, "digits") == [
        ("model.alias", "digits"), second[0], second[1], first[0], ("model.create", "digits")
    ]  # fmt: skip
    await move_alias(http, "champion", None)
    await move_stage(http, 2, "None")
    for path in (f"{MODELS}/digits/versions/2", f"{MODELS}/digits/versions/1", f"{MODELS}/digits"):
        await delete(http, path.removeprefix("/api/v1/"))
    assert (await found(http, "digits/2"))[0] == ("model_version.delete", "digits/2")
    assert (await found(http, "digits/2"))[2:] == second
    assert (await found(http, "digits"))[:2] == [("model.delete", "digits"), ("model_version.delete", "digits/1")]


async def test_a_file_is_found_by_its_whole_path(http):
    run = await make_run(http)
    await put_file(http, run, "big3.parquet")
    artifact = await put_file(http, run, "plots/big3.parquet")
    await put_file(http, run, "plots/loss.png")
    made = [("artifact.create", "plots/big3.parquet")]
    assert await found(http, "plots/big3.parquet") == made
    assert await found(http, "big3.parquet") == [("artifact.create", "big3.parquet")]
    await delete(http, f"artifacts/{artifact}")
    assert await found(http, "plots/big3.parquet") == [("artifact.delete", "plots/big3.parquet"), *made]
    await delete(http, f"runs/{run}/artifacts/plots")
    assert await found(http, "plots/") == [("artifacts.delete", "plots/")]


async def test_a_stage_is_found_as_the_list_calls_it(http):
    pipeline = await make_pipeline(http)
    run = (await http.post(f"/api/v1/pipelines/{pipeline['id']}/runs", json={})).json()
    await http.post(f"/api/v1/runs/{run['id']}/cancel")
    called = f"{run['name']} {pipeline['stages'][0]['name']}"
    assert {name for _, name in await found(http, called)} == {called}


async def test_what_is_gone_for_good_is_found_by_the_name_it_had(http, database):
    run = await make_run(http, "digits-1")
    await put_file(http, run)
    await http.post(f"/api/v1/runs/{run}/finish", json={"status": "completed"})
    await delete(http, f"runs/{run}")
    async with database.session() as session:
        await purge(session, datetime.now(UTC) + timedelta(hours=25))
    assert [action for action, _ in await found(http, "digits-1")] == [
        "run.purge", "run.delete", "run.complete", "artifact.create", "run.create"
    ]  # fmt: skip
    assert [action for action, _ in await found(http, "model.pt")] == ["artifact.create"]


async def test_a_name_that_something_had_once_still_finds_it(http):
    run = await make_run(http, "digits-1")
    await http.patch(f"/api/v1/runs/{run}", json={"name": "the good one"})
    everything = [("run.update", "the good one"), ("run.create", "the good one")]
    assert await found(http, "digits-1") == await found(http, "the good one") == everything


async def test_a_run_is_not_found_by_the_dataset_that_it_read(http):
    run, other = await make_run(http, "digits-1"), await make_run(http, "digits-2")
    artifact = await put_file(http, other, "adata.csv", b"a,b\n1,2\n")
    body = {"artifact": artifact, "name": "adata", "format": "csv"}
    dataset = (await http.post("/api/v1/datasets", json=body)).json()
    await http.post(f"/api/v1/runs/{run}/inputs", json={"dataset": dataset["id"]})
    assert await found(http, "adata") == [("dataset.create", "adata")]
    assert (await found(http, "digits-1"))[0][0] == "run.read"

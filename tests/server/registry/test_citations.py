"""What a version cites stays, whatever is deleted around it; what a deleted version cited goes."""

from tests.server.registry.registry_calls import MODELS, add_dataset, make_run, move_alias, put_file, register

GARBAGE = "/api/v1/artifacts/garbage"


async def collect(http) -> int:
    """How many contents went; what was announced is what was done."""
    announced = (await http.get(GARBAGE)).json()
    done = (await http.post(GARBAGE)).json()
    assert done == announced
    return done["objects"]


async def content(http, artifact: str) -> bytes:
    answer = await http.get(f"/api/v1/artifacts/{artifact}/content")
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_what_is_cited_is_not_deleted(http, database):
    run = await make_run(http)
    model, data = await put_file(http, run), await put_file(http, run, "digits.parquet", b"PAR1")
    await register(http, artifact=model, training_dataset=str(await add_dataset(database, data)))
    for artifact in (model, data):
        answer = await http.delete(f"/api/v1/artifacts/{artifact}")
        assert (answer.status_code, "model version digits/1" in answer.json()["detail"]) == (409, True), answer.text


async def test_what_is_cited_outlives_its_run_and_what_replaces_it(http, database):
    run = await make_run(http)
    model, data = await put_file(http, run), await put_file(http, run, "digits.parquet", b"PAR1")
    await register(http, artifact=model, training_dataset=str(await add_dataset(database, data)))
    await put_file(http, run, content=b"newer weights")
    assert await collect(http) == 0
    await http.post(f"/api/v1/runs/{run}/finish", json={"status": "completed"})
    assert (await http.delete(f"/api/v1/runs/{run}?now=true")).status_code == 204
    assert await collect(http) == 1, "the newer weights, which nothing cites"
    assert (await content(http, model), await content(http, data)) == (b"weights", b"PAR1")
    version = (await http.get(f"{MODELS}/digits/versions/1")).json()
    assert (version["artifact"], version["training_dataset"]) == ("model.pt", "digits.parquet")


async def test_what_came_from_a_run_is_said_before_and_known_after_it_is_deleted(http):
    run, other = await make_run(http, "digits-7"), await make_run(http, "digits-8")
    await put_file(http, run)
    for source in ({"run": run, "artifact": "model.pt"}, {"run": run}, {"run": other}):
        await register(http, **source)
    asked = (await http.get("/api/v1/runs/footprint", params={"ids": run})).json()
    assert asked["versions"] == ["digits/1", "digits/2"]
    await http.post(f"/api/v1/runs/{run}/finish", json={"status": "completed"})
    await http.patch(f"/api/v1/runs/{run}", json={"name": "best"})
    version = (await http.get(f"{MODELS}/digits/versions/1")).json()
    assert (version["run_id"], version["run_deleted"], version["run"]) == (run, False, "best")
    for way in ("", "?now=true"):
        assert (await http.delete(f"/api/v1/runs/{run}{way}")).status_code == 204
        version = (await http.get(f"{MODELS}/digits/versions/1")).json()
        assert (version["run_id"], version["run_deleted"], version["run"]) == (run, True, "best")
        for key in ("digits/1", "digits/2", run):
            found = (await http.get(f"/api/v1/lineage/{key}")).json()
            node = next(node for node in found["nodes"] if node["id"] == run)
            assert (node["kind"], node["name"], node["state"], node["run_id"]) == ("run", "best", "deleted", None)
            assert run in {edge["source"] for edge in found["edges"]}


async def test_the_same_content_elsewhere_is_cited_too(http):
    one, two = await make_run(http), await make_run(http, "digits-2")
    kept, other = await put_file(http, one), await put_file(http, two)
    await register(http, artifact=kept)
    assert (await http.delete(f"/api/v1/artifacts/{other}")).status_code == 204
    assert await collect(http) == 0
    assert await content(http, kept) == b"weights"


async def test_a_deleted_version_cites_nothing_and_can_be_restored_until_its_content_is_gone(http):
    run = await make_run(http)
    model = await put_file(http, run)
    await register(http, artifact=model)
    path = f"{MODELS}/digits/versions/1"
    assert (await http.delete(path)).status_code == 204
    assert ((await http.get(path)).status_code, (await http.post(f"{path}/restore")).status_code) == (404, 200)
    assert (await http.get(path)).json()["version"] == 1
    answer = await http.post(f"{path}/restore")
    assert (answer.status_code, answer.json()["detail"]) == (409, "digits/1 is not deleted")
    await http.delete(path)
    assert (await http.delete(f"/api/v1/artifacts/{model}")).status_code == 204
    assert await collect(http) == 1
    answer = await http.post(f"{path}/restore")
    assert (answer.status_code, "was removed by `mltui gc`" in answer.json()["detail"]) == (409, True)
    assert (await register(http))["version"] == 2, "a number is not given twice"


async def test_what_an_alias_or_a_stage_stands_on_is_not_deleted(http):
    await register(http)
    path = f"{MODELS}/digits/versions/1"
    await move_alias(http, "champion", 1)
    answer = await http.delete(path)
    assert (answer.status_code, "digits/1 is champion" in answer.json()["detail"]) == (409, True)
    await move_alias(http, "champion", None)
    await http.post(f"{path}/stage", json={"stage": "Production", "reason": "go"})
    answer = await http.delete(path)
    assert (answer.status_code, "digits/1 is in Production" in answer.json()["detail"]) == (409, True)

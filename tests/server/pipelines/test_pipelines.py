"""Pipelines over REST."""

import pytest

from tests.server.agents import make_pipeline, play, start, until_status

STAGES = [
    {"name": "ingest", "command": ["python", "ingest.py"], "stage_type": "DATA_INGESTION", "timeout_s": 60},
    {"name": "train", "command": "python train.py", "dependencies": ["ingest"], "retries": 2, "env": {"A": "1"}},
]


async def test_a_pipeline_is_made_shown_and_listed_with_all_its_fields(http):
    made = await make_pipeline(http, "digits", stages=STAGES, description="d", parameters={"lr": 0.1}, config={"k": 1})
    shown = (await http.get("/api/v1/pipelines/digits")).json()
    assert shown == made == (await http.get(f"/api/v1/pipelines/{made['id']}")).json()
    assert made["status"] == "pending"
    assert (made["stage_count"], made["run_count"], made["config"], made["parameters"]) == (2, 0, {"k": 1}, {"lr": 0.1})
    train = made["stages"][1]
    assert (train["order"], train["dependencies"], train["retries"], train["env"]) == (1, ["ingest"], 2, {"A": "1"})
    assert train["status"] == "pending"
    page = (await http.get("/api/v1/pipelines")).json()
    assert (page["total"], page["next"], [p["name"] for p in page["items"]]) == (1, None, ["digits"])


@pytest.mark.parametrize(
    ("stages", "path", "message"),
    [
        (
            [{"name": "a", "command": "x"}, {"name": "a", "command": "x"}],
            "$.stages[1].name",
            "duplicate stage name 'a'",
        ),
        (
            [{"name": "a", "command": "x", "dependencies": ["b"]}],
            "$.stages[0].dependencies[0]",
            "unknown dependency 'b'",
        ),
        ([{"name": "a", "command": "x", "dependencies": ["a"]}], "$.stages[0].dependencies", "cycle: a → a"),
        (
            [
                {"name": "a", "command": "x", "dependencies": ["c"]},
                {"name": "b", "command": "x", "dependencies": ["a"]},
                {"name": "c", "command": "x", "dependencies": ["b"]},
            ],
            "$.stages[",
            "cycle: ",
        ),
    ],
)
async def test_a_graph_that_cannot_run_is_refused_by_name(http, stages, path, message):
    response = await http.post("/api/v1/pipelines", json={"name": "p", "stages": stages})
    problem = response.json()
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert message in problem["detail"]
    assert problem["errors"][0]["path"].startswith(path)
    assert (await http.get("/api/v1/pipelines")).json()["total"] == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "cannot be decoded"),
        (b'{"name": "p", "stagse": []}', "unknown field `stagse`"),
        (b'{"name": ""}', "it must not be empty"),
        (b'{"name": "p", "stages": [{"name": "a b", "command": "x"}]}', "$.stages[0].name"),
        (b'{"name": "p", "stages": [{"name": "a", "command": []}]}', "$.stages[0].command"),
        (b'{"name": "p", "stages": [{"name": "a", "command": "x", "stage_type": "TRAIN"}]}', "'TRAIN'"),
        (b'{"name": "p", "stages": [{"name": "a", "command": "x", "retries": -1}]}', ">= 0"),
    ],
)
async def test_bad_input_gets_one_clear_message(http, body, message):
    response = await http.post("/api/v1/pipelines", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    problem = response.json()
    assert message in problem["detail"] + str(problem["errors"])
    assert problem["request_id"] == response.headers["x-request-id"]


async def test_names_are_unique_until_deleted(http):
    await make_pipeline(http)
    response = await http.post("/api/v1/pipelines", json={"name": "p"})
    assert (response.status_code, response.json()["detail"]) == (409, "a pipeline named 'p' exists already")
    assert (await http.delete("/api/v1/pipelines/p")).status_code == 204
    assert (await http.get("/api/v1/pipelines/p")).status_code == 404
    await make_pipeline(http)


async def test_a_deleted_one_comes_back_by_name_or_id_while_its_name_is_free(http):
    first = await make_pipeline(http, stages=STAGES)
    await http.delete("/api/v1/pipelines/p")
    second = await make_pipeline(http)
    taken = await http.post("/api/v1/pipelines/p/restore")
    assert (taken.status_code, taken.json()["detail"]) == (409, "a pipeline named 'p' exists already")
    await http.delete("/api/v1/pipelines/p")
    newest = (await http.post("/api/v1/pipelines/p/restore")).json()
    assert newest["id"] == second["id"]
    await http.delete("/api/v1/pipelines/p")
    back = (await http.post(f"/api/v1/pipelines/{first['id']}/restore")).json()
    assert (back["id"], back["stages"]) == (first["id"], first["stages"])
    assert (await http.post("/api/v1/pipelines/q/restore")).status_code == 404
    actions = [event["action"] for event in (await http.get("/api/v1/events?action=pipeline.*")).json()["items"]]
    assert actions[:2] == ["pipeline.restore", "pipeline.delete"]


async def test_replacing_keeps_the_ids_of_stages_that_keep_their_name(http):
    before = await make_pipeline(http, stages=STAGES)
    changed = {"name": "p", "stages": [STAGES[0] | {"timeout_s": 5}, {"name": "new", "command": "x"}]}
    after = (await http.put("/api/v1/pipelines/p", json=changed)).json()
    assert [s["name"] for s in after["stages"]] == ["ingest", "new"]
    assert after["stages"][0]["id"] == before["stages"][0]["id"]
    assert after["stages"][0]["timeout_s"] == 5


async def test_applying_the_same_again_is_not_a_change(http):
    before = await make_pipeline(http, stages=STAGES)
    after = (await http.put("/api/v1/pipelines/p", json={"name": "p", "stages": STAGES})).json()
    assert after == before


async def test_deleting_refuses_while_a_run_is_live_and_keeps_history(http):
    await make_pipeline(http)
    run_id = await start(http)
    refused = await http.delete("/api/v1/pipelines/p")
    assert (refused.status_code, refused.json()["detail"]) == (409, "pipeline 'p' has 1 live run; cancel it first")
    await play(http, run_id, "a")
    await until_status(http, run_id, "completed")
    assert (await http.delete("/api/v1/pipelines/p")).status_code == 204
    assert (await http.get(f"/api/v1/runs/{run_id}")).json()["pipeline_name"] == "p"


async def test_the_latest_runs_state_shows_on_the_pipeline_and_its_stages(http):
    await make_pipeline(http, parameters={"lr": 1})
    run_id = await start(http, parameters={"lr": 2})
    await play(http, run_id, "a", exit_code=0, memory_peak=1e9, cpu_peak=150.0, output_data={"rows": 3})
    await until_status(http, run_id, "completed")
    shown = (await http.get("/api/v1/pipelines/p")).json()
    assert (shown["status"], shown["last_run_id"], shown["run_count"]) == ("completed", run_id, 1)
    assert (shown["memory_usage"], shown["cpu_usage"]) == (1e9, 150.0)
    assert shown["execution_time"] >= 0
    assert shown["last_parameters"] == {"lr": 2}
    stage = shown["stages"][0]
    assert (stage["status"], stage["metrics"]) == ("completed", {"rows": 3})
    assert stage["logs"].startswith("/api/v1/executions/")
    assert stage["output_path"].endswith("/a")


async def test_the_json_schema_is_published(http):
    schema = (await http.get("/api/v1/pipelines/schema.json")).json()
    assert set(schema["$defs"]["StageSpec"]["required"]) == {"name", "command"}

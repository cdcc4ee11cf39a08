"""Runs over REST: lists, annotations, retries, tracking from outside, deletion, and the events all that leaves."""

import pytest

from tests.server.agents import eventually, make_pipeline, play, run_of, stage, start, statuses, until_status

CHAIN = [
    {"name": "a", "command": "true"},
    {"name": "b", "command": "true", "dependencies": ["a"]},
    {"name": "c", "command": "true", "dependencies": ["b"]},
]


async def external(http, name, **changes):
    response = await http.post("/api/v1/runs", json={"name": name} | changes)
    assert response.status_code == 201, response.text
    return response.json()


async def listed(http, **parameters):
    response = await http.get("/api/v1/runs", params=parameters)
    assert response.status_code == 200, response.text
    return [run["name"] for run in response.json()["items"]]


async def test_a_run_snapshots_the_pipeline_it_ran(http):
    await make_pipeline(http, parameters={"lr": 0.1})
    run_id = await start(http, parameters={"lr": 1}, tags={"k": "v"}, notes="n", name="mine")
    await http.put("/api/v1/pipelines/p", json={"name": "p", "stages": [{"name": "other", "command": "x"}]})
    run = await run_of(http, run_id)
    assert run["definition"]["stages"][0]["name"] == "a"
    assert (run["name"], run["tags"], run["notes"]) == ("mine", {"k": "v"}, "n")
    assert (run["parameters"], run["run_config"]) == ({"lr": "1"}, {"parameters": {"lr": 1}})
    assert (run["trigger_type"], run["triggered_by"]) == ("api", "ada")
    await play(http, run_id, "a")
    assert (await until_status(http, run_id, "completed"))["stages"][0]["stage_id"] is None


async def test_our_own_clients_start_runs_by_hand(http):
    await make_pipeline(http)
    response = await http.post("/api/v1/pipelines/p/runs", json={}, headers={"User-Agent": "mltui/0.1.0"})
    assert (response.json()["trigger_type"], response.json()["name"]) == ("manual", "p-1")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"parameters": {"rl": 1}}, "unknown parameter 'rl'; the parameters of 'p' are: lr"),
        ({"parameters": {"lr": [1]}}, "it must be true or false, a whole number, a"),
        ({"name": "a/b"}, "1 to 200 characters, no control characters, no slash"),
    ],
)
async def test_a_start_that_cannot_be_meant_is_refused(http, body, message):
    await make_pipeline(http, parameters={"lr": 0.1})
    response = await http.post("/api/v1/pipelines/p/runs", json=body)
    assert response.status_code == 422
    assert message in response.text
    assert await listed(http) == []


async def test_a_pipeline_without_stages_cannot_be_started(http):
    await make_pipeline(http, stages=[])
    response = await http.post("/api/v1/pipelines/p/runs", json={})
    assert (response.status_code, "has no stages" in response.text) == (422, True)


async def test_lists_filter_by_everything(http):
    await make_pipeline(http)
    waiting = await start(http, name="alpha", tags={"team": "red"}, environment="prod")
    await external(http, "beta", tags={"team": "blue"}, notes="100% sure", pipeline="other")
    failing = await external(http, "gamma_x")
    await http.post(f"/api/v1/runs/{failing['id']}/finish", json={"status": "failed", "error_message": "boom: NaN"})
    for parameters, names in [
        ({"status": "failed"}, {"gamma_x"}),
        ({"status": "failed,running"}, {"alpha", "beta", "gamma_x"}),
        ({"pipeline": "other"}, {"beta"}),
        ({"pipeline": failing["pipeline_id"]}, {"gamma_x"}),
        ({"trigger": "external"}, {"beta", "gamma_x"}),
        ({"environment": "prod"}, {"alpha"}),
        ({"tag": "team"}, {"alpha", "beta"}),
        ({"tag": "team:red"}, {"alpha"}),
        ({"tag": ["team", "team:blue"]}, {"beta"}),
        ({"text": "BOOM"}, {"gamma_x"}),
        ({"text": "0% s"}, {"beta"}),
        ({"text": "gamma_"}, {"gamma_x"}),
        ({"text": waiting[-8:]}, {"alpha"}),
        ({"ids": f"{waiting},{failing['id']}"}, {"alpha", "gamma_x"}),
        ({"since": "2999-01-01T00:00:00Z"}, set()),
        ({"until": "2999-01-01T00:00:00Z"}, {"alpha", "beta", "gamma_x"}),
    ]:
        await until_status(http, waiting, "running")
        assert set(await listed(http, **parameters)) == names, parameters


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"status": "done"}, "unknown status 'done'; the statuses are pending, queued"),
        ({"sort": "colour"}, "cannot sort by 'colour'; the columns are name"),
        ({"limit": "0"}, "between 1 and 500"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "xyz"}, "not a cursor"),
        ({"since": "yesterday"}, "since"),
        ({"ids": "1"}, "'1' is not a run's id"),
    ],
)
async def test_a_wrong_filter_says_what_would_be_right(http, parameters, message):
    response = await http.get("/api/v1/runs", params=parameters)
    assert response.status_code == 422
    assert message in response.text


SORTS = [
    "name", "status", "trigger_type", "triggered_by", "environment", "created_at", "updated_at", "started_at",
    "completed_at", "execution_time", "max_memory_usage", "max_cpu_usage", "stage_count", "success_count",
    "failed_count", "skipped_count", "error_message", "pipeline_name", "metric:loss", "parameter:lr",
]  # fmt: skip


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
async def test_walking_by_cursor_shows_each_run_once_in_any_order(http, database, sort):
    import sqlalchemy as sa

    for i in range(7):
        run = await external(http, f"run-{i % 3}", parameters={"lr": i % 2} if i % 3 else {})
        if i % 2:
            await http.post(f"/api/v1/runs/{run['id']}/finish", json={"status": "completed"})
        if i % 3:
            async with database.session() as session:
                await session.execute(
                    sa.text("INSERT INTO run_series VALUES (:id, 'loss', 1, 0, 0, 1, :last, 1, 1, 1)"),
                    {"id": run["id"], "last": [float("nan"), 0.5, float("inf")][i % 3]},
                )
    everything = (await http.get("/api/v1/runs", params={"sort": sort})).json()
    walked, cursor = [], None
    while True:
        parameters = {"sort": sort, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await http.get("/api/v1/runs", params=parameters)).json()
        assert page["total"] == 7
        walked += page["items"]
        if (cursor := page["next"]) is None:
            break
    ids = [run["id"] for run in walked]
    assert len(set(ids)) == 7
    if sort.removeprefix("-") != "execution_time":  # moves while the list is walked
        assert ids == [run["id"] for run in everything["items"]]
    window = (await http.get("/api/v1/runs", params={"sort": sort, "offset": 3, "limit": 2})).json()
    assert len(window["items"]) == 2


async def test_a_retry_takes_over_what_completed(http):
    await make_pipeline(http, stages=CHAIN, parameters={"lr": 1})
    first = await start(http, tags={"k": "v"}, parameters={"lr": 3})
    await play(http, first, "a", exit_code=0, output_data={"rows": 5})
    await play(http, first, "b", exit_code=1)
    await until_status(http, first, "failed")
    response = await http.post(f"/api/v1/runs/{first}/retry", json={"parameters": {"lr": 4}})
    assert response.status_code == 201
    second = response.json()
    assert (second["trigger_type"], second["retry_of"], second["tags"]) == ("retry", first, {"k": "v"})
    assert second["parameters"] == {"lr": "4"}
    assert statuses(second) == {"a": "completed", "b": "pending", "c": "pending"}
    old = await run_of(http, first)
    assert stage(second, "a")["reused_from"] == stage(old, "a")["id"]
    assert stage(second, "a")["output_data"] == {"rows": 5}
    await play(http, second["id"], "b")
    await play(http, second["id"], "c")
    run = await until_status(http, second["id"], "completed")
    assert (run["success_count"], run["failed_count"], run["skipped_count"]) == (3, 0, 0)
    assert (await run_of(http, first))["status"] == "failed"


async def test_a_completed_run_is_run_again_from_a_named_stage(http):
    await make_pipeline(http, stages=CHAIN)
    first = await start(http)
    for name in "abc":
        await play(http, first, name)
    await until_status(http, first, "completed")
    refused = await http.post(f"/api/v1/runs/{first}/retry", json={})
    assert (refused.status_code, "name a stage" in refused.text) == (409, True)
    unknown = await http.post(f"/api/v1/runs/{first}/retry", json={"from_stage": "z"})
    assert (unknown.status_code, "the stages are: a, b, c" in unknown.text) == (422, True)
    second = (await http.post(f"/api/v1/runs/{first}/retry", json={"from_stage": "b"})).json()
    assert statuses(second) == {"a": "completed", "b": "pending", "c": "pending"}


async def test_live_and_outside_runs_are_not_retried(http):
    await make_pipeline(http)
    live = await start(http)
    assert (await http.post(f"/api/v1/runs/{live}/retry", json={})).status_code == 409
    outside = await external(http, "x")
    response = await http.post(f"/api/v1/runs/{outside['id']}/retry", json={})
    assert (response.status_code, "tracked from outside" in response.text) == (409, True)


async def test_people_change_name_notes_and_tags(http):
    run = await external(http, "x", tags={"a": "1", "b": "2"})
    path = f"/api/v1/runs/{run['id']}"
    changed = (await http.patch(path, json={"notes": "good", "tags": {"a": None, "c": "3"}})).json()
    assert (changed["notes"], changed["tags"]) == ("good", {"b": "2", "c": "3"})
    assert (await http.patch(path, json={"status": "completed"})).status_code in (400, 422)


async def test_what_a_program_records_is_merged_and_parameters_are_written_once(http):
    run = await external(http, "x", parameters={"lr": 0.1})
    path = f"/api/v1/runs/{run['id']}/record"
    await http.post(path, json={"parameters": {"lr": 0.1, "depth": 3}, "output_data": {"auc": 0.5}})
    await http.post(path, json={"output_data": {"rows": 2}, "tags": {"k": "v"}})
    shown = await run_of(http, run["id"])
    assert shown["parameters"] == {"lr": "0.1", "depth": "3"}
    assert (shown["output_data"], shown["tags"]) == ({"auc": 0.5, "rows": 2}, {"k": "v"})
    refused = await http.post(path, json={"parameters": {"lr": 0.2}, "tags": {"never": "stored"}})
    assert (refused.status_code, "'0.1' already" in refused.text) == (409, True)
    assert (await run_of(http, run["id"]))["tags"] == {"k": "v"}


async def test_an_outside_run_is_registered_once_and_ended_once(http):
    run_id = "01993c00-0000-7000-8000-00000000000a"
    first = await external(http, "x", id=run_id)
    assert await external(http, "x", id=run_id) == first | {"execution_time": pytest.approx(0, abs=60)}
    path = f"/api/v1/runs/{run_id}/finish"
    assert (await http.post(path, json={"status": "completed"})).json()["status"] == "completed"
    assert (await http.post(path, json={"status": "completed"})).status_code == 200
    refused = await http.post(path, json={"status": "failed"})
    assert (refused.status_code, "is completed; it cannot become failed" in refused.text) == (409, True)
    assert (await http.post(path, json={"status": "running"})).status_code == 422


async def test_a_run_is_deleted_when_it_has_ended(http):
    run = await external(http, "x")
    refused = await http.delete(f"/api/v1/runs/{run['id']}")
    assert (refused.status_code, "cancel it first" in refused.text) == (409, True)
    await http.post(f"/api/v1/runs/{run['id']}/finish", json={"status": "completed"})
    assert (await http.delete(f"/api/v1/runs/{run['id']}")).status_code == 204
    for key in (run["id"], "nonsense"):
        missing = await http.get(f"/api/v1/runs/{key}")
        assert (missing.status_code, missing.json()["detail"]) == (404, f"no run {key!r}")


async def test_what_is_kept_of_a_deleted_run_goes_too(http, database, settings):
    import sqlalchemy as sa

    run = await external(http, "x")
    kept = await external(http, "y")
    for one in (run, kept):
        batch = {"series": [{"key": "loss", "times": [1, 2], "values": [1.0, "NaN"], "steps": [0, 1]}]}
        assert (await http.post(f"/api/v1/runs/{one['id']}/samples", json=batch)).status_code < 300
        await http.post(f"/api/v1/runs/{one['id']}/finish", json={"status": "completed"})
    csv = f"/api/v1/runs/{kept['id']}/series.csv"
    await eventually(lambda: http.get(csv, params={"keys": "loss"}), lambda answer: answer.text.count("\n") == 3)
    assert (await http.delete(f"/api/v1/runs/{run['id']}?now=true")).status_code == 204

    async def to_do():
        async with database.session() as session:
            return await session.scalar(sa.text("SELECT count(*) FROM sample_deletion"))

    await eventually(to_do, lambda count: count == 0)
    assert (await http.get(csv, params={"keys": "loss"})).text.count("\n") == 3


async def test_every_change_is_an_event_with_before_and_after(http, database):
    import sqlalchemy as sa

    await make_pipeline(http)
    run_id = await start(http)
    await play(http, run_id, "a", exit_code=1)
    await until_status(http, run_id, "failed")
    await http.patch(f"/api/v1/runs/{run_id}", json={"notes": "hm"}, headers={"X-Request-Id": "abc-1"})
    async with database.session() as session:
        rows = (await session.execute(sa.text("SELECT * FROM event ORDER BY id"))).all()
    by_action = {row.action: row for row in rows}
    assert [row.action for row in rows if row.object_type == "run"] == [
        "run.create", "run.start", "run.fail", "run.update",
    ]  # fmt: skip
    assert (by_action["run.start"].actor, by_action["run.create"].actor) == ("mltui", "ada")
    assert by_action["run.fail"].before == {"status": "running"}
    assert by_action["run.fail"].after["status"] == "failed"
    update = by_action["run.update"]
    assert (update.before, update.after, update.request_id) == ({"notes": ""}, {"notes": "hm"}, "abc-1")
    assert {"pipeline.create", "stage_run.queue", "stage_run.start", "stage_run.fail", "execution.fail"} <= set(
        by_action
    )


async def test_a_list_costs_the_same_number_of_queries_whatever_its_length(http, database):
    from sqlalchemy import event

    from mltui_server.lib.pagination import Window
    from mltui_server.runs.queries import RunFilter, list_runs

    statements: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    counts = []
    for _ in range(2):
        for i in range(5):
            await external(http, f"run-{i}", tags={"k": "v"})
        statements.clear()
        async with database.session() as session:
            await list_runs(session, Window(100), "name", RunFilter(), ["loss"])
        counts.append(len(statements))
    assert counts == [3, 3]

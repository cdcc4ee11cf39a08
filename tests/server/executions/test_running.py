"""From a queued run to its end: order, parallelism, retries, skips, places, time-outs, cancelling."""

import asyncio

import pytest

from mltui_server.settings import Settings
from tests.server.agents import (
    claim,
    eventually,
    make_pipeline,
    play,
    queued_execution,
    run_of,
    stage,
    start,
    statuses,
    until_run,
    until_status,
)

DIAMOND = [
    {"name": "a", "command": "true"},
    {"name": "b", "command": "true", "dependencies": ["a"]},
    {"name": "c", "command": "true", "dependencies": ["a"]},
    {"name": "d", "command": "true", "dependencies": ["b", "c"]},
]


async def test_stages_run_in_the_order_of_their_dependencies_and_in_parallel_where_they_may(http):
    await make_pipeline(http, stages=DIAMOND)
    run_id = await start(http)
    await play(http, run_id, "a")
    b, c = await queued_execution(http, run_id, "b"), await queued_execution(http, run_id, "c")
    assert statuses(await run_of(http, run_id))["d"] == "pending"
    for execution_id in (b, c):
        assert (await claim(http, execution_id)).status_code == 200
    assert statuses(await run_of(http, run_id)) == {"a": "completed", "b": "running", "c": "running", "d": "pending"}
    for execution_id in (b, c):
        await http.post(f"/api/v1/executions/{execution_id}/finish", json={"exit_code": 0})
    await play(http, run_id, "d", exit_code=0, memory_peak=5.0, cpu_peak=7.0)
    run = await until_status(http, run_id, "completed")
    assert (run["success_count"], run["failed_count"], run["skipped_count"], run["stage_count"]) == (4, 0, 0, 4)
    assert (run["max_memory_usage"], run["max_cpu_usage"]) == (5.0, 7.0)
    assert run["execution_time"] == pytest.approx(
        max(s["execution_time"] for s in run["stages"]), abs=run["execution_time"]
    )


async def test_what_depends_on_a_failure_is_skipped_and_the_other_branch_completes(http):
    await make_pipeline(http, stages=[*DIAMOND, {"name": "e", "command": "true", "dependencies": ["d"]}])
    run_id = await start(http)
    await play(http, run_id, "a")
    await play(http, run_id, "b", exit_code=3)
    await play(http, run_id, "c")
    run = await until_status(http, run_id, "failed")
    assert statuses(run) == {"a": "completed", "b": "failed", "c": "completed", "d": "skipped", "e": "skipped"}
    assert (run["success_count"], run["failed_count"], run["skipped_count"]) == (2, 1, 2)
    assert run["error_message"] == "stage 'b' failed: exit code 3"
    assert stage(run, "d")["error_message"] == "skipped: it depends on 'b', which did not complete"
    assert stage(run, "d")["started_at"] is None


async def test_a_stage_is_tried_again_after_its_back_off(http):
    await make_pipeline(http, stages=[{"name": "a", "command": "true", "retries": 1, "backoff_s": 0.05}])
    run_id = await start(http)
    first = await play(http, run_id, "a", exit_code=1)
    await until_run(http, run_id, lambda run: stage(run, "a")["status"] == "queued")
    second = await play(http, run_id, "a")
    run = await until_status(http, run_id, "completed")
    assert first != second
    assert stage(run, "a")["attempt_number"] == 2
    assert stage(run, "a")["error_message"] is None
    assert [(e["attempt_number"], e["status"]) for e in run["executions"]] == [(1, "failed"), (2, "completed")]
    assert (run["success_count"], run["failed_count"]) == (1, 0)


async def test_it_waits_out_its_back_off_and_says_until_when(http):
    await make_pipeline(http, stages=[{"name": "a", "command": "true", "retries": 1, "backoff_s": 3600}])
    run_id = await start(http)
    await play(http, run_id, "a", exit_code=1)
    run = await run_of(http, run_id)
    assert (stage(run, "a")["status"], stage(run, "a")["error_message"]) == ("pending", "exit code 1")
    assert stage(run, "a")["next_attempt_at"] > stage(run, "a")["started_at"]


@pytest.mark.parametrize(
    ("finish", "message"),
    [
        ({"exit_code": 3}, "exit code 3"),
        ({"signal": 11}, "killed by SIGSEGV (signal 11)"),
        (
            {"signal": 9, "oom_killed": True, "memory_peak": 3 * 2.0**30},
            "killed by the kernel: out of memory (peak 3.0 GiB)",
        ),
        ({"signal": 15, "timed_out": True}, "timed out after 7 s"),
        ({"error_message": "command not found: trian"}, "command not found: trian"),
    ],
)
async def test_how_a_command_ended_is_told_apart(http, finish, message):
    await make_pipeline(http, stages=[{"name": "a", "command": "true", "timeout_s": 7}])
    run_id = await start(http)
    await play(http, run_id, "a", **finish)
    run = await until_status(http, run_id, "failed")
    assert stage(run, "a")["error_message"] == message
    assert run["executions"][0]["error_message"] == message


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings(data_dir=settings.data_dir, database_url=settings.database_url, port=0, max_concurrent_pipelines=2)


async def test_runs_beyond_the_places_wait_in_order(http):
    await make_pipeline(http)
    first, second, third, fourth = [await start(http) for _ in range(4)]
    for run_id in (first, second):
        await until_status(http, run_id, "running")
    assert [(await run_of(http, r))["status"] for r in (third, fourth)] == ["queued", "queued"]
    await play(http, second, "a")
    await until_status(http, third, "running")
    assert (await run_of(http, fourth))["status"] == "queued"


async def test_a_run_times_out_as_failed(http):
    await make_pipeline(http, timeout_s=1.0)
    run_id = await start(http)
    execution_id = await queued_execution(http, run_id, "a")
    if (await claim(http, execution_id)).status_code == 200:
        await eventually(
            lambda: http.post(f"/api/v1/executions/{execution_id}/heartbeat", json={}),
            lambda response: response.json() == {"cancel": True},
        )
        await http.post(f"/api/v1/executions/{execution_id}/finish", json={"signal": 15, "cancelled": True})
    run = await until_status(http, run_id, "failed")
    assert run["error_message"] == "timed out after 1 s"


async def test_cancelling_gives_orders_to_what_runs_and_ends_what_waits(http):
    await make_pipeline(http, stages=DIAMOND)
    run_id = await start(http)
    execution_id = await queued_execution(http, run_id, "a")
    await claim(http, execution_id)
    assert (await http.post(f"/api/v1/executions/{execution_id}/heartbeat", json={"pid": 42})).json() == {
        "cancel": False
    }
    cancelled = (await http.post(f"/api/v1/runs/{run_id}/cancel", json={"reason": "enough"})).json()
    assert cancelled["status"] == "cancelling"
    assert statuses(cancelled) == {"a": "cancelling", "b": "cancelled", "c": "cancelled", "d": "cancelled"}
    again = await http.post(f"/api/v1/runs/{run_id}/cancel", json={})
    assert (again.status_code, again.json()["status"]) == (200, "cancelling")
    assert (await http.post(f"/api/v1/executions/{execution_id}/heartbeat", json={})).json() == {"cancel": True}
    await http.post(f"/api/v1/executions/{execution_id}/finish", json={"signal": 15, "cancelled": True})
    run = await until_status(http, run_id, "cancelled")
    assert statuses(run)["a"] == "cancelled"
    assert run["error_message"] == "enough"
    refused = await http.post(f"/api/v1/runs/{run_id}/cancel", json={})
    assert refused.status_code == 409
    assert "cancelled; it cannot become cancelling" in refused.json()["detail"]


async def test_a_queued_run_and_an_unclaimed_stage_are_cancelled_at_once(http):
    await make_pipeline(http)
    ids = [await start(http) for _ in range(3)]
    execution_id = await queued_execution(http, ids[0], "a")
    assert (await http.post(f"/api/v1/runs/{ids[2]}/cancel", json={})).json()["status"] == "cancelled"
    await http.post(f"/api/v1/runs/{ids[0]}/cancel", json={})
    await until_status(http, ids[0], "cancelled")
    assert (await claim(http, execution_id)).status_code == 409


async def test_work_is_claimed_once_and_the_claimer_may_ask_again(http):
    await make_pipeline(
        http,
        parameters={"lr": 0.5, "name": "x"},
        stages=[{"name": "a", "command": ["train", "--fast"], "env": {"A": "1"}, "config": {"k": [1]}, "timeout_s": 9}],
    )
    run_id = await start(http, parameters={"lr": 2})
    execution_id = await queued_execution(http, run_id, "a")
    answers = await asyncio.gather(*(claim(http, execution_id, agent=f"agent-{i}") for i in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    winner = next(i for i, answer in enumerate(answers) if answer.status_code == 200)
    work = (await claim(http, execution_id, agent=f"agent-{winner}")).json()
    assert work == answers[winner].json()
    assert (work["command"], work["timeout_s"], work["scope"]) == (["train", "--fast"], 9, "a")
    env = work["env"]
    assert (env["A"], env["MLTUI_PARAM_LR"], env["MLTUI_PARAM_NAME"], env["MLTUI_STAGE"]) == ("1", "2", "x", "a")
    assert env["MLTUI_OUTPUT_DIR"] == f"{env['MLTUI_RUN_DIR']}/a"


async def test_the_first_word_on_how_it_ended_counts(http):
    await make_pipeline(http)
    run_id = await start(http)
    execution_id = await play(http, run_id, "a")
    second = await http.post(f"/api/v1/executions/{execution_id}/finish", json={"exit_code": 1})
    assert (second.status_code, second.json()["status"]) == (200, "completed")
    refused = await http.post(f"/api/v1/executions/{execution_id}/heartbeat", json={})
    assert refused.status_code == 409


async def test_an_outside_command_makes_its_run_and_ends_it(http):
    body = {
        "id": "01993c00-0000-7000-8000-000000000001", "run_id": "01993c00-0000-7000-8000-000000000002",
        "run_name": "x", "command": ["python", "t.py"], "directory": "/", "host": "h", "boot_id": "b", "agent_pid": 1,
        "started_at": "2026-01-01T00:00:00Z", "tags": {"k": "v"},
    }  # fmt: skip
    first = await http.post("/api/v1/executions", json=body)
    again = await http.post("/api/v1/executions", json=body)
    assert (first.status_code, first.json()) == (201, again.json())
    run = await run_of(http, body["run_id"])
    assert (run["status"], run["trigger_type"], run["pipeline_name"], run["tags"]) == (
        "running",
        "external",
        "default",
        {"k": "v"},
    )
    finish = {"exit_code": 2, "completed_at": "2026-01-01T00:01:40Z"}
    await http.post(f"/api/v1/executions/{body['id']}/finish", json=finish)
    run = await run_of(http, body["run_id"])
    assert (run["status"], run["error_message"], run["execution_time"]) == ("failed", "exit code 2", 100.0)


async def test_outside_runs_take_no_place(http):
    for _ in range(3):
        assert (await http.post("/api/v1/runs", json={"name": "mine"})).status_code == 201
    await make_pipeline(http)
    await until_status(http, await start(http), "running")

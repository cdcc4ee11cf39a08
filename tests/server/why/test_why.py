"""Why a run failed: the stage, the cause in words, the machine, NaN."""

from uuid import uuid4

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import event

from mltui.wire.samples import SeriesSummary
from mltui_server.db.database import Database
from mltui_server.logs.reading import Logs
from mltui_server.samples.store import SampleStore, SeriesColumns, SeriesName
from mltui_server.why.diverged import beginnings
from mltui_server.why.service import why
from tests.server.agents import claim, eventually, make_pipeline, play, queued_execution, start, until_status
from tests.server.why.failing import ask, code, fail, failed, samples


@pytest.mark.parametrize(
    ("finish", "cause", "words"),
    [
        ({"exit_code": 3}, "exit_code", "exit code 3"),
        ({"exit_code": 137}, "exit_code", "exit code 137: a process of it was killed by SIGKILL (signal 9)"),
        ({"signal": 11}, "signal", "killed by SIGSEGV (signal 11): a segmentation fault"),
        ({"signal": 9, "oom_killed": True, "memory_peak": 3 * 2.0**30}, "out_of_memory",
         "killed by the kernel: out of memory (peak 3.0 GiB)"),
        ({"signal": 62}, "signal", "killed by signal 62"),
        ({"signal": 15, "timed_out": True}, "timed_out", "it timed out"),
        ({"exit_code": 127, "error_message": "command not found: x"}, "not_started", "command not found: x"),
    ],
)  # fmt: skip
async def test_the_cause_is_said_in_words(http, finish, cause, words):
    await make_pipeline(http)
    told = await failed(http, **finish)
    assert (told["cause"], told["stage"], told["attempt_number"]) == (cause, "a", 1)
    assert told["words"].startswith(words)
    assert (told["exit_code"], told["signal"]) == (finish.get("exit_code"), finish.get("signal"))
    assert told["host"] == "elsewhere"


async def test_a_lost_agent_a_run_out_of_time_and_a_program_of_somebody_elses(http, database):
    from mltui_server.executions.lost import settle_exited

    await make_pipeline(http)
    run_id = await start(http)
    execution_id = await queued_execution(http, run_id, "a")
    await claim(http, execution_id)
    await settle_exited(database)(execution_id, "its process was killed by signal 9")
    await until_status(http, run_id, "failed")
    told = await ask(http, run_id)
    assert (told["cause"], told["execution_id"]) == ("agent_lost", execution_id)
    assert "its machine or its agent died" in told["words"]

    await make_pipeline(http, "brief", timeout_s=0.5)
    run_id = await start(http, "brief")
    execution_id = await queued_execution(http, run_id, "a")
    await claim(http, execution_id)
    await until_status(http, run_id, "cancelling")
    await http.post(f"/api/v1/executions/{execution_id}/finish", json={"signal": 15, "cancelled": True})
    await until_status(http, run_id, "failed")
    told = await ask(http, run_id)
    assert (told["cause"], told["stage"]) == ("run_timed_out", "a")
    assert told["words"] == "the run timed out after 0.5 s; what was under way was stopped"

    run_id = (await http.post("/api/v1/runs", json={"name": "sdk"})).json()["id"]
    await http.post(f"/api/v1/runs/{run_id}/finish", json={"status": "failed", "error_message": "KeyError: 'lr'"})
    told = await ask(http, run_id)
    assert (told["cause"], told["words"], told["stage"], told["execution_id"]) == (
        "reported",
        "KeyError: 'lr'",
        None,
        None,
    )
    assert (told["tail"], told["error"]) == ([], None)


async def test_the_stage_that_failed_first_is_named_and_what_it_took_along(http):
    stages = [
        {"name": "a", "command": "x"},
        {"name": "b", "command": "x"},
        {"name": "c", "command": "x", "dependencies": ["a"]},
        {"name": "d", "command": "x", "dependencies": ["c", "b"]},
    ]
    await make_pipeline(http, stages=stages)
    run_id = await start(http)
    await fail(http, run_id, "b", ["b: ERROR one"])
    told = await ask(http, run_id)
    assert told["stage"] == "b", "what failed can be asked for while the rest goes on"
    await fail(http, run_id, "a", ["a: ERROR two"])
    run = await until_status(http, run_id, "failed")
    assert run["error_message"] == "stage 'b' failed: exit code 1"
    told = await ask(http, run_id)
    assert (told["stage"], told["also_failed"], told["skipped"]) == ("b", ["a"], ["c", "d"])
    assert told["error"]["text"] == "b: ERROR one"


async def test_the_last_attempt_is_the_one_that_is_told(http):
    await make_pipeline(http, stages=[{"name": "a", "command": "x", "retries": 1, "backoff_s": 0}])
    run_id = await start(http)
    first = await fail(http, run_id, "a", ["KeyError: first"])

    async def second():
        return (await http.get(f"/api/v1/runs/{run_id}")).json()["stages"][0]

    await eventually(second, lambda stage: stage["status"] == "queued" and stage["execution_id"] != first)
    last = await fail(http, run_id, "a", ["KeyError: second"])
    await until_status(http, run_id, "failed")
    told = await ask(http, run_id)
    assert (told["execution_id"], told["attempt_number"], told["max_attempts"]) == (last, 2, 2)
    assert told["error"]["text"] == "KeyError: second"


async def test_what_the_machine_was_like(http):
    await make_pipeline(http)
    run_id = await start(http)
    execution_id = await queued_execution(http, run_id, "a")
    await claim(http, execution_id)
    await samples(http, run_id, {
        "sys/a/process/memory_bytes": [1e9, 4e9, 3e9], "sys/a/host/disk_used_percent": [50.0, 99.5],
        "sys/a/host/memory_bytes": [9e9, 6e9], "sys/a/host/memory_percent": [90.0, 60.0],
        "sys/a/gpu0/memory_bytes": [7e10], "sys/a/gpu1/memory_percent": [3.0],
        "sys/a/process/threads": [4], "sys/other/process/memory_bytes": [1.0],
    })  # fmt: skip
    await code(http, run_id, memory_limit=8 * 10**9)
    finish = {"signal": 9, "memory_peak": 5e9, "cpu_peak": 180.0}
    await http.post(f"/api/v1/executions/{execution_id}/finish", json=finish)
    await until_status(http, run_id, "failed")
    resources = (await ask(http, run_id))["resources"]
    assert [one["limit"] for one in resources] == [8e9, None, None, 10e9, None, None]
    assert [(one["device"], one["field"], one["last"], one["peak"]) for one in resources] == [
        ("process", "memory_bytes", 3e9, 5e9), ("process", "cpu_percent", None, 180.0),
        ("host", "disk_used_percent", 99.5, 99.5), ("host", "memory_bytes", 6e9, 9e9),
        ("gpu0", "memory_bytes", 7e10, 7e10), ("gpu1", "memory_percent", 3.0, 3.0),
    ]  # fmt: skip


async def test_where_metrics_became_nan(http):
    await make_pipeline(http)
    run_id = await start(http)
    execution_id = await queued_execution(http, run_id, "a")
    await claim(http, execution_id)
    fine = [float(i) for i in range(1_500)]
    await samples(http, run_id, {
        "loss": fine[:700] + ["NaN"] * 3 + fine[:5], "grad": [*fine, "Infinity"], "fine": fine,
        "a": ["NaN"], "b": ["NaN"],
    })  # fmt: skip
    await http.post(f"/api/v1/executions/{execution_id}/finish", json={"exit_code": 1})
    await until_status(http, run_id, "failed")
    told = await ask(http, run_id)
    found = [(one["key"], one["count"], one["step"]) for one in told["nonfinite"]]
    assert found == [("a", 1, 0), ("b", 1, 0), ("loss", 3, 700)], "those with most, the one that began first in front"
    assert told["nonfinite_more"] == 1


@pytest.fixture(params=["duckdb", "influx"])
def store(request, open_sample_store) -> SampleStore:
    return open_sample_store(request.param)


async def test_the_first_nan_is_found_wherever_it_is(store):
    """Steps may be negative, far apart and uneven; the NaN may be the first, the last, or one of very many."""
    run, rng = uuid4(), np.random.default_rng(7)
    columns, summaries, expected = [], [], {}
    for i, (most, count) in enumerate([(1, 1), (5, 5), (600, 500), (2**20, 2**17), (2**52, 1_000), (2**52, 2)] * 3):
        steps = np.unique(rng.integers(-most, most, count, endpoint=True))
        bad = (0, len(steps) - 1, len(steps) // 3)[i % 3]
        values = np.where(np.arange(len(steps)) < bad, 1.0, np.nan)
        key = f"k{i}"
        times = pa.array(np.arange(len(steps)))
        columns.append(SeriesColumns(SeriesName(run, key), times, pa.array(steps), pa.array(values), 0))
        summaries.append(SeriesSummary(
            key=key, count=len(steps), nonfinite=len(steps) - bad, min=None, max=None, last="NaN",
            last_step=int(steps[-1]), first_time=0, last_time=len(steps),
        ))  # fmt: skip
        expected[key] = int(steps[bad])
    await store.write([1], columns)
    for summary in summaries:
        (one,) = await beginnings(store, run, [summary], within_s=60)
        assert (one.key, one.step) == (summary.key, expected[summary.key])
    found = await beginnings(store, run, summaries[:3], within_s=60)
    assert [one.step for one in found] == sorted(expected[one.key] for one in found), "the first of them in front"


async def test_a_run_that_did_not_fail_has_no_why(http):
    await make_pipeline(http)
    waiting, done = await start(http), await start(http)
    await play(http, done, "a")
    await until_status(http, done, "completed")
    stopped = await start(http)
    await http.post(f"/api/v1/runs/{stopped}/cancel")
    await until_status(http, stopped, "cancelled")
    for run_id, words in ((waiting, "is running"), (done, "it completed"), (stopped, "was cancelled")):
        response = await http.get(f"/api/v1/runs/{run_id}/why")
        assert (response.status_code, response.headers["content-type"]) == (409, "application/problem+json")
        assert f"run {run_id} did not fail" in response.json()["detail"]
        assert words in response.json()["detail"]
    assert (await http.get("/api/v1/runs/x/why")).status_code == 404


async def test_the_number_of_queries_does_not_depend_on_how_much_there_is(http, database: Database, open_sample_store):
    asked: list[str] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *at: asked.append(at[2]))
    store = open_sample_store("duckdb")
    logs = Logs(database.pool, None)

    async def counted(run_id):
        asked.clear()
        await why(database, logs, store, run_id)
        return len(asked)

    await make_pipeline(http, parameters={"lr": 1})
    alone = (await failed(http))["run_id"]
    assert await counted(alone) == 7
    for _ in range(3):
        good = await start(http)
        await code(http, good, packages={f"p{i}": "1" for i in range(100)})
        await play(http, good, "a")
        await until_status(http, good, "completed")
    many = (await failed(http, ["x"] * 1_000, parameters={"lr": 2}))["run_id"]
    await samples(http, many, {f"m{i}": ["NaN"] for i in range(20)})
    assert await counted(many) == 8

"""Ingestion jobs over REST: a job is where its run is, makes one dataset however often it is told, and says why not."""

from datetime import datetime

import pytest

from tests.server.agents import eventually, run_of, until_status
from tests.server.ingestion.job_calls import (
    JOBS,
    PROFILE,
    SCHEMA,
    add,
    artifact_of,
    begin,
    claimed,
    complete,
    do,
    finish,
    job_of,
    until_job,
)


async def refused(http, **body) -> str:
    answer = await http.post(JOBS, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["detail"]


async def actions(http, job) -> list[str]:
    events = (await http.get("/api/v1/events", params={"object_id": job["id"]})).json()["items"]
    return [event["action"] for event in reversed(events)]


async def test_a_job_is_added_pending_and_called_as_its_file(http):
    job = await add(http, "s3://bucket/raw/events.csv.gz", options={"bad_rows": "set_aside"})
    assert (job["name"], job["status"], job["runner"], job["attempt_number"]) == ("events", "pending", "agent", 0)
    assert (job["run_id"], job["dataset_id"], job["progress"], job["created_by"]) == (None, None, None, "ada")
    assert job["options"] == {"bad_rows": "set_aside"}
    assert await job_of(http, job) == job | {"models": []}


async def test_a_job_follows_its_run_and_makes_a_dataset(http):
    job = await add(http, "/data/events.csv")
    execution = await begin(http, job)
    running = await until_job(http, job, "running")
    run = running["run_id"]
    assert (await run_of(http, run))["pipeline_name"] == "ingestion"
    assert (await run_of(http, run))["stages"][0]["stage_type"] == "DATA_INGESTION"
    far = await do(http, job, "progress", run=run, bytes=50, bytes_total=200, rows=1)
    assert (far["progress"], far["rows"]) == (0.25, 1)
    done = await complete(http, job, run, rows_set_aside=3)
    assert (done["status"], done["rows"], done["rows_set_aside"], done["progress"]) == ("completed", 2, 3, 1.0)
    await finish(http, execution)
    await until_status(http, run, "completed")
    dataset = (await http.get(f"/api/v1/datasets/{done['dataset_id']}")).json()
    assert (dataset["name"], dataset["format"], dataset["row_count"], dataset["column_count"]) == (
        "events", "parquet", 2, 2,
    )  # fmt: skip
    assert (dataset["schema"], dataset["profile"], dataset["source_uri"]) == (SCHEMA, PROFILE, "/data/events.csv")
    assert (dataset["run_id"], dataset["job_id"]) == (run, job["id"])
    assert await actions(http, job) == [
        "ingestion_job.create", "ingestion_job.queue", "ingestion_job.start", "ingestion_job.complete",
    ]  # fmt: skip


async def test_a_dataset_is_made_once_however_often_its_answer_is_lost(http):
    job = await add(http)
    await begin(http, job)
    run = (await until_job(http, job, "running"))["run_id"]
    first, again = [await complete(http, job, run) for _ in range(2)]
    assert first == again | {"execution_time": first["execution_time"]}
    assert (await http.get("/api/v1/datasets")).json()["total"] == 1


async def test_how_fast_it_goes_is_an_average_up_to_what_was_told_last(http):
    job = await add(http, "kafka://broker/topic", runner="outside")
    begun = await do(http, job, "start")
    assert (begun["bytes_per_second"], begun["rows_per_second"], begun["seconds_left"]) == (None, None, None)
    far = await do(http, job, "progress", bytes=1000, bytes_total=4000, rows=10)
    seconds = took(far, "updated_at")
    assert far["bytes_per_second"] == pytest.approx(1000 / seconds)
    assert far["rows_per_second"] == pytest.approx(10 / seconds)
    assert far["seconds_left"] == pytest.approx(3 * seconds)
    stalled = await do(http, job, "progress", bytes=1000)
    assert stalled["bytes_per_second"] < far["bytes_per_second"]
    assert stalled["seconds_left"] > far["seconds_left"]
    done = await do(http, job, "complete", reason="loaded")
    assert done["bytes_per_second"] == pytest.approx(1000 / took(done, "completed_at"))
    assert done["seconds_left"] is None
    assert (await http.get(JOBS)).json()["items"] == [done]


def took(job: dict, until: str) -> float:
    begun, ended = (datetime.fromisoformat(job[name]) for name in ("started_at", until))
    return (ended - begun).total_seconds()


async def test_progress_told_late_changes_nothing(http):
    job = await add(http)
    await begin(http, job)
    run = (await until_job(http, job, "running"))["run_id"]
    await do(http, job, "progress", run=run, bytes=100, bytes_total=200, rows=10)
    late = await do(http, job, "progress", run=run, bytes=50, rows=5)
    assert (late["bytes"], late["rows"]) == (100, 10)


@pytest.mark.parametrize(
    ("how", "status", "error"),
    [
        ({"signal": 9}, "failed", "killed by SIGKILL"),
        ({"exit_code": 3}, "failed", "exit code 3"),
        ({"exit_code": 0}, "failed", "completed without making a dataset"),
    ],
)
async def test_a_job_ends_as_its_run_does(http, how, status, error):
    job = await add(http)
    await finish(http, await begin(http, job), **how)
    assert error in (await until_job(http, job, status))["error"]


async def test_what_the_worker_says_of_its_failure_stays(http):
    job = await add(http)
    execution = await begin(http, job)
    run = (await until_job(http, job, "running"))["run_id"]
    await do(http, job, "fail", run=run, reason="line 7: two columns are missing")
    await finish(http, execution, exit_code=1)
    await until_status(http, run, "failed")
    assert (await job_of(http, job))["error"] == "line 7: two columns are missing"


async def test_cancelling_a_job_cancels_its_run_and_cancelling_its_run_the_job(http):
    one, other = await add(http), await add(http)
    execution = await begin(http, one)
    await until_job(http, one, "running")
    assert (await do(http, one, "cancel", reason="the wrong file"))["status"] == "cancelling"
    assert (await do(http, one, "cancel"))["status"] == "cancelling"
    await finish(http, execution, cancelled=True)
    assert (await until_job(http, one, "cancelled"))["error"] == "the wrong file"
    run = (await do(http, other, "start"))["run_id"]
    await http.post(f"/api/v1/runs/{run}/cancel", json={"reason": "no"})
    await eventually(lambda: job_of(http, other), lambda job: job["status"] in ("cancelling", "cancelled"))


async def test_a_job_is_cancelled_before_it_ever_ran(http):
    job = await add(http)
    assert (await do(http, job, "cancel"))["error"] == "cancelled by ada"


async def test_a_retry_is_a_further_attempt_and_the_one_before_has_no_say(http):
    job = await add(http)
    await finish(http, await begin(http, job), exit_code=1)
    first = await until_job(http, job, "failed")
    again = await do(http, job, "retry")
    assert (again["status"], again["attempt_number"], again["error"], again["rows"]) == ("queued", 2, None, None)
    assert again["run_id"] != first["run_id"]
    assert (await run_of(http, again["run_id"]))["retry_of"] == first["run_id"]
    problem = await do(http, job, "progress", 409, run=first["run_id"], rows=1)
    assert "is at attempt 2" in problem["detail"]
    await claimed(http, again["run_id"])
    await until_job(http, job, "running")
    assert (await complete(http, job, again["run_id"]))["status"] == "completed"


async def test_a_job_that_runs_outside_is_moved_by_people_with_a_reason(http):
    job = await add(http, "kafka://broker/topic", runner="outside")
    assert (await do(http, job, "start"))["status"] == "running"
    assert (await do(http, job, "progress", bytes=10, bytes_total=40, rows=3))["progress"] == 0.25
    assert "$.reason" in (await do(http, job, "complete", 422))["detail"]
    done = await do(http, job, "complete", reason="loaded by the nightly batch")
    assert (done["status"], done["run_id"]) == ("completed", None)
    [event] = (await http.get("/api/v1/events", params={"object": "topic", "action": "ingestion_job.complete"})).json()[
        "items"
    ]
    assert (event["actor"], event["message"], event["object_name"]) == ("ada", "loaded by the nightly batch", "topic")


async def test_why_a_job_is_started_cancelled_and_begun_anew_is_in_its_events(http):
    read_here, outside = await add(http), await add(http, "x", runner="outside")
    for job, started in ((read_here, "ingestion_job.queue"), (outside, "ingestion_job.start")):
        for verb, reason in (("start", "the file is there"), ("cancel", "the wrong file"), ("retry", "the right one")):
            await do(http, job, verb, reason=reason)
            if verb == "cancel":
                await until_job(http, job, "cancelled")
        said = {
            event["action"]: event["message"]
            for event in reversed((await http.get("/api/v1/events", params={"object": job["id"]})).json()["items"])
            if event["message"] and event["actor"] == "ada"
        }
        assert said[started] == "the file is there"
        assert said["ingestion_job.retry"] == "the right one"
        assert (await http.get(f"{JOBS}/{job['id']}")).json()["error"] is None
    several = {"action": "cancel", "ids": [read_here["id"], outside["id"]], "reason": "enough"}
    answers = (await http.post(f"{JOBS}/actions", json=several)).json()
    assert answers[1]["job"]["error"] == "enough"


async def test_an_outside_job_fails_and_begins_anew(http):
    job = await add(http, "x", runner="outside")
    await do(http, job, "start")
    assert (await do(http, job, "fail", reason="disk full"))["error"] == "disk full"
    again = await do(http, job, "retry")
    assert (again["status"], again["error"]) == ("pending", None)
    assert (await do(http, job, "start"))["attempt_number"] == 2


async def test_an_outside_job_is_linked_to_a_dataset_that_is_there(http):
    run = (await http.post("/api/v1/runs", json={"name": "r"})).json()["id"]
    artifact = await artifact_of(http, run, "t.csv")
    dataset = (await http.post("/api/v1/datasets", json={"artifact": artifact["id"]})).json()
    job = await add(http, "x", runner="outside")
    await do(http, job, "start")
    done = await do(http, job, "complete", reason="ok", dataset="t.csv")
    assert done["dataset_id"] == dataset["id"]
    assert (await http.get("/api/v1/datasets/t.csv")).json()["job_id"] == job["id"]


@pytest.mark.parametrize(
    ("before", "verb", "body", "detail"),
    [
        ([], "complete", {"reason": "x"}, "is pending; it cannot become completed"),
        ([], "retry", {}, "is pending; it cannot become pending"),
        (["start"], "start", {}, "is running; it cannot become running"),
        (["start", "cancel"], "fail", {"reason": "x"}, "is cancelled; it cannot become failed"),
        (["start", "cancel"], "progress", {"rows": 1}, "is cancelled; only a running one has progress"),
    ],
)
async def test_an_illegal_transition_names_both_states(http, before, verb, body, detail):
    job = await add(http, "x", runner="outside")
    for step in before:
        await do(http, job, step)
    assert detail in (await do(http, job, verb, 409, **body))["detail"]


async def test_people_do_not_end_what_an_agent_does(http):
    job = await add(http)
    for verb in ("complete", "fail", "progress"):
        assert "is done by an agent here" in (await do(http, job, verb, 409, reason="x") if verb != "progress" else
                                              await do(http, job, verb, 409, rows=1))["detail"]  # fmt: skip


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("events.csv", "a path must be absolute"),
        ("ftp://host/a.csv", "begins with ftp: cannot be read here"),
        ("s3://bucket", "has no bucket and file"),
        ("https://ada:secret@host/a.csv", "there is a password in the address"),
        ("https://host/a.csv?X-Amz-Signature=abc", "there is a secret in the address (X-Amz-Signature=)"),
        ("file://host/a.csv", "file: addresses name no host"),
        ("?", "$.uri: that names no file"),
        ("/data/", "that is a folder; say which of its files, as in /data/*.csv"),
    ],
)
async def test_an_address_that_cannot_be_read_is_refused_in_words(http, uri, words):
    assert words in await refused(http, uri=uri)
    assert (await http.get(JOBS)).json()["total"] == 0


async def test_a_job_that_runs_outside_reads_something_too(http):
    assert "that names no file" in await refused(http, uri="..", runner="outside")
    assert (await add(http, "the sales of 2024", runner="outside"))["status"] == "pending"


@pytest.mark.parametrize("delimiter", [";", "\t", " ", "_", "¦", "\x01", "::", "||", "~~~~"])
async def test_a_delimiter_is_a_sign_or_a_few(http, delimiter):
    assert (await add(http, options={"delimiter": delimiter}))["options"] == {"delimiter": delimiter}


@pytest.mark.parametrize("delimiter", ["abc", "x", "7", "ß", '"', "\n", "\0", ":a", '"";', "¦¦"])
async def test_a_delimiter_is_no_part_of_a_word(http, delimiter):
    said = await refused(http, uri="/a.csv", options={"delimiter": delimiter})
    assert said.startswith("$.options.delimiter: a delimiter is one character")


async def test_several_jobs_are_moved_in_one_request_each_by_itself(http):
    jobs = [await add(http, name, runner="outside") for name in ("a", "b", "c")]
    await do(http, jobs[0], "start")
    await do(http, jobs[2], "start")
    ids = [job["id"] for job in jobs] + ["nothing"]
    answers = (await http.post(f"{JOBS}/actions", json={"action": "fail", "ids": ids, "reason": "no disk"})).json()
    assert [answer["id"] for answer in answers] == ids
    assert [answer["job"] and answer["job"]["status"] for answer in answers] == ["failed", None,
                                                                                  "failed", None]  # fmt: skip
    assert answers[1]["problem"]["status"] == 409
    assert "is pending; it cannot become failed" in answers[1]["problem"]["detail"]
    assert answers[3]["problem"]["detail"] == "no ingestion job 'nothing'"
    refusal = await http.post(f"{JOBS}/actions", json={"action": "complete", "ids": ids})
    assert (refusal.status_code, "$.reason" in refusal.json()["detail"]) == (422, True)


async def test_jobs_are_listed_filtered_and_walked(http):
    made = [await add(http, f"/data/{name}.csv", runner="outside") for name in ("one", "two", "three")]
    await do(http, made[1], "start")

    async def names(**parameters):
        page = (await http.get(JOBS, params=parameters)).json()
        return [job["name"] for job in page["items"]]

    assert await names() == ["three", "two", "one"]
    assert await names(sort="name") == ["one", "three", "two"]
    assert await names(status="running,failed") == ["two"]
    assert await names(text="DATA/T") == ["three", "two"]
    assert await names(ids=f"{made[0]['id']},{made[2]['id']}") == ["three", "one"]
    assert await names(runner="agent") == []
    first = (await http.get(JOBS, params={"limit": 2})).json()
    assert await names(cursor=first["next"]) == ["one"]
    answer = await http.get(JOBS, params={"status": "lost"})
    assert (answer.status_code, "unknown status 'lost'" in answer.json()["detail"]) == (422, True)


async def test_a_job_is_deleted_unless_it_is_live_and_its_dataset_stays(http):
    job = await add(http)
    execution = await begin(http, job)
    run = (await until_job(http, job, "running"))["run_id"]
    answer = await http.delete(f"{JOBS}/{job['id']}")
    assert (answer.status_code, "cancel it first" in answer.json()["detail"]) == (409, True)
    await complete(http, job, run)
    await finish(http, execution)
    assert (await http.delete(f"{JOBS}/{job['id']}")).status_code == 204
    assert (await http.get(f"{JOBS}/{job['id']}")).status_code == 404
    [dataset] = (await http.get("/api/v1/datasets")).json()["items"]
    assert dataset["job_id"] is None

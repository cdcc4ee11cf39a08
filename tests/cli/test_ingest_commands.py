"""`mltui ingest` against a real server, whose agents do the work: sources come in, fail, stop, begin anew."""

import gzip
import json
import os
import re
import signal
from pathlib import Path

import pytest
from server_process import wait_for
from web_source import WebSource, serving

CSV = b"id,name\n" + b"".join(b"%d,user %d\n" % (i, i) for i in range(50_000))
WITHIN_S = 60.0


@pytest.fixture
def web():
    source = WebSource(CSV)
    with serving(source) as address:
        yield source, f"{address}/events.csv"


def shown(mltui, *words) -> dict:
    return json.loads(mltui(*words, "--json").stdout)


def until(mltui, condition) -> dict:
    found: list[dict] = []

    def holds() -> bool:
        found[:] = [shown(mltui, "ingest", "show", "latest")]
        return condition(found[0])

    wait_for(holds, WITHIN_S, lambda: str(found))
    return found[0]


def datasets(mltui, name: str) -> list[dict]:
    runs = shown(mltui, "runs", "ls", "--pipeline", "ingestion")
    artifacts = [row for run in runs for row in shown(mltui, "artifacts", "ls", run["id"])]
    return [row for row in artifacts if row["name"] == name]


def test_a_file_becomes_a_dataset(server, mltui, tmp_path):
    (tmp_path / "events.csv").write_bytes(CSV)
    done = mltui("ingest", "add", tmp_path / "events.csv", "--start", "--wait")
    assert "✓ completed   events" in done.stdout
    assert "50,000 rows" in done.stdout
    page = mltui("ingest", "show", "events").stdout
    for words in ("dataset    events", "id\tBIGINT", "49999", "ingestion_job.complete"):
        assert words in page
    assert "50,000 rows, 2 columns, 0 rows set aside" in mltui("ingest", "logs", "latest").stdout
    [job] = shown(mltui, "ingest", "ls", "--status", "completed")
    assert (job["bytes"], job["progress"], job["rows"]) == (len(CSV), 1.0, 50_000)
    assert [artifact["artifact_type"] for artifact in datasets(mltui, "events.parquet")] == ["DATASET"]


def test_bad_rows_fail_the_job_or_are_set_aside(server, mltui, tmp_path):
    (tmp_path / "bad.csv").write_bytes(CSV + b"50000\n")
    failed = mltui("ingest", "add", tmp_path / "bad.csv", "--start", "--wait", code=1)
    reason = f"{tmp_path}/bad.csv, line 50,002: Expected Number of Columns: 2 Found: 1"
    assert reason in failed.stdout
    job = shown(mltui, "ingest", "show", "latest")
    until(mltui, lambda _: shown(mltui, "runs", "show", job["run_id"])["status"] == "failed")
    assert f"exit code 1: {reason}" in mltui("runs", "why", job["run_id"]).stdout.splitlines()[0]
    done = mltui("ingest", "add", tmp_path / "bad.csv", "--start", "--wait", "--set-aside", "1")
    assert "50,000 rows  1 set aside" in done.stdout
    mltui("artifacts", "get", "latest", "bad-rows.csv", "-o", tmp_path)
    assert (tmp_path / "bad-rows.csv").read_text().splitlines()[1].startswith(f"{tmp_path}/bad.csv,50002,name,")


def test_a_file_comes_over_http_and_goes_on_where_it_broke(server, mltui, web):
    source, address = web
    source.break_at = 300_000
    assert "50,000 rows" in mltui("ingest", "add", address, "--start", "--wait").stdout
    assert source.asked == ["", "bytes=300000-"]
    assert shown(mltui, "ingest", "show", "latest")["bytes"] == len(CSV)


@pytest.mark.parametrize(
    ("proof", "other"),
    [("ETag", CSV.replace(b"user", b"they")), ("Last-Modified", CSV.replace(b"user", b"they")),
     ("", CSV.replace(b"user", b"others")), ("", CSV.replace(b"user", b"they")[: CSV.index(b"9000,")])],
    ids=["tag", "date", "size", "shorter"],
)  # fmt: skip
def test_a_file_that_changed_where_it_broke_is_begun_anew(server, mltui, web, proof, other):
    source, address = web
    source.proof, source.break_at, source.after_break = proof, 300_000, other
    mltui("ingest", "add", address, "--start", "--wait")
    dataset = shown(mltui, "datasets", "show", "events")
    assert dataset["row_count"] == other.count(b"\n") - 1
    [first, *_] = dataset["profile"]["sample"]
    assert first[1] != "user 0", "not the beginning of one file and the end of another"


def test_a_server_that_breaks_off_again_and_again_is_asked_for_as_long_as_it_goes_on(server, mltui, web):
    source, address = web
    source.most = len(CSV) // 8
    assert "50,000 rows" in mltui("ingest", "add", address, "--start", "--wait").stdout
    assert len(source.asked) > 8


def test_a_file_that_there_is_no_room_for_is_refused_before_it_comes(server, mltui, web):
    source, address = web
    source.claimed = 1 << 60
    failed = mltui("ingest", "add", address, "--start", "--wait", code=1)
    assert re.search(rf"{1 << 60:,} bytes are to be copied to /.*, and there are [\d,]+ free", failed.stdout)
    assert source.asked == [""]


def test_a_server_without_ranges_sends_all_of_it_again(server, mltui, web):
    source, address = web
    source.ranges, source.break_at, source.content = False, 30_000, gzip.compress(CSV)
    done = mltui("ingest", "add", f"{address}.gz?day=1", "--start", "--wait")
    assert "✓ completed   events" in done.stdout
    assert "50,000 rows" in done.stdout


def test_an_answer_that_is_no_file_is_told_in_a_line(server, mltui, web):
    source, address = web
    source.status = 404
    failed = mltui("ingest", "add", address, "--start", "--wait", code=1)
    assert f"{address}: the server answered 404 Not Found" in failed.stdout


@pytest.mark.parametrize("target", ["/events.csv", "file:///etc/hostname"])
def test_a_redirect_to_nowhere_fails_at_once(server, mltui, web, target):
    source, address = web
    source.status, source.location = 302, target
    failed = mltui("ingest", "add", address, "--start", "--wait", code=1)
    assert f"{address}: it is redirected to where nothing can be read" in failed.stdout
    assert "asking again" not in mltui("ingest", "logs", "latest").stdout


def test_the_log_says_that_it_waits_for_the_source(server, mltui, web):
    source, address = web
    source.stall.clear()
    mltui("ingest", "add", address, "--start")
    until(mltui, lambda _: "waiting for the source, from which nothing" in mltui("ingest", "logs", "latest").stdout)
    source.stall.set()
    assert until(mltui, lambda job: job["status"] == "completed")["rows"] == 50_000


def test_a_job_is_cancelled_and_leaves_nothing_on_the_disk(server, mltui, web):
    source, address = web
    source.stall.clear()
    mltui("ingest", "add", address, "--start")
    running = until(mltui, lambda job: job["bytes"])
    assert (running["bytes_total"], 0 < running["progress"] < 1) == (len(CSV), True)
    assert re.search(r"read +\S+ \S+ of .*/s, .* left", mltui("ingest", "show", "latest").stdout)
    mltui("ingest", "cancel", "latest", "--reason", "the wrong file")
    ended = until(mltui, lambda job: job["status"] == "cancelled")
    assert ended["error"] == "the wrong file"
    run = shown(mltui, "runs", "show", ended["run_id"])
    assert list(Path(run["output_directory"]).rglob("work-*")) == []


def test_who_waits_without_a_terminal_is_told_now_and_then_how_far_it_is(server, mltui, spawn, web):
    source, address = web
    source.stall.clear()
    waiting = spawn("ingest", "add", address, "--start", "--wait")
    said = re.compile(r"^events  \S+ KiB  0 rows  25 %  \S+ \S?i?B/s  \S.* left$", re.M)
    wait_for(lambda: said.search(waiting.err), WITHIN_S, lambda: waiting.out + waiting.err)
    assert re.search(r"running\s+\S+\s+events\s+25 %\s+\S+ KiB\s+\S+ \S?i?B/s\s+\d", mltui("ingest", "ls").stdout)
    source.stall.set()
    assert waiting.ends() == 0
    assert "50,000 rows" in waiting.out
    assert len(waiting.err.splitlines()) < 10, "not a line for each look"


def test_a_worker_that_is_killed_fails_its_job_and_a_retry_doubles_nothing(server, mltui, web):
    source, address = web
    source.stall.clear()
    mltui("ingest", "add", address, "--start")
    job = until(mltui, lambda job: job["bytes"])
    [execution] = shown(mltui, "runs", "show", job["run_id"])["executions"]
    os.kill(execution["pid"], signal.SIGKILL)
    failed = until(mltui, lambda job: job["status"] == "failed")
    assert "killed by SIGKILL" in failed["error"]
    left = Path(shown(mltui, "runs", "show", job["run_id"])["output_directory"])
    assert [file.name for file in left.rglob("work-*/*")] == ["fetched-00000"]
    source.stall.set()
    assert "50,000 rows" in mltui("ingest", "retry", "latest", "--wait").stdout
    again = shown(mltui, "ingest", "show", "latest")
    assert (again["attempt_number"], again["run_id"] != job["run_id"]) == (2, True)
    assert len(datasets(mltui, "events.parquet")) == 1
    assert list(left.parent.rglob("work-*")) == [], "the next worker clears up after the one that was killed"


def test_a_job_is_retried_and_not_its_run(server, mltui, tmp_path):
    mltui("ingest", "add", tmp_path / "late.csv", "--start", "--wait", code=1)
    mltui("runs", "retry", "latest", "--watch", code=1)
    assert "not by this one: to try it again, retry the job" in mltui("runs", "logs", "latest").stdout
    assert shown(mltui, "ingest", "show", "latest")["attempt_number"] == 1
    (tmp_path / "late.csv").write_bytes(CSV)
    assert "50,000 rows" in mltui("ingest", "retry", "latest", "--wait").stdout


def test_a_job_goes_on_while_the_server_is_away(server, mltui, web):
    source, address = web
    source.stall.clear()
    mltui("ingest", "add", address, "--start")
    until(mltui, lambda job: job["bytes"])
    server.kill()
    source.stall.set()
    server.start()
    assert until(mltui, lambda job: job["status"] != "running")["rows"] == 50_000


def test_a_job_that_runs_outside_is_moved_with_a_reason(server, mltui):
    mltui("ingest", "add", "kafka://broker/events", "--outside", "--name", "nightly")
    assert "ingestion job 'nightly' is pending; it cannot become completed" in mltui(
        "ingest", "complete", "nightly", "--reason", "done", code=1
    ).stderr  # fmt: skip
    assert "▶ running" in mltui("ingest", "start", "nightly", "--reason", "as each night").stdout
    assert "✗ failed" in mltui("ingest", "fail", "nightly", "--reason", "the broker is gone").stdout
    assert "the broker is gone" in mltui("ingest", "show", "nightly").stdout
    assert "· pending" in mltui("ingest", "retry", "nightly", "--reason", "it is back").stdout
    assert "it is back" in mltui("ingest", "show", "nightly").stdout
    assert "it runs outside" in mltui("ingest", "logs", "nightly", code=1).stderr
    assert mltui("ingest", "delete", "nightly").stdout.startswith("deleted nightly; back with: mltui ingest restore ")
    assert "no jobs match" in mltui("ingest", "ls").stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "https://ada:secret@host/a.csv"), 1, "there is a password in the address"),
        (("add", "/a.csv", "--format", "xlsx"), 2, "Invalid enum value 'xlsx'"),
        (
            ("add", "/a.csv", "--type", "a=DROP TABLE"),
            1,
            "$.options.types.a: 'DROP TABLE' is no type of a column; there",
        ),
        (("add", " "), 2, "URI is empty; write a path"),
        (("add", "?"), 2, "?: that names no file; write a path or an address"),
        (("add", "/a.csv", "--delimiter", "abc"), 1, "a delimiter is one character that is no letter"),
        (("add", "/a.csv", "--wait"), 2, "--wait needs --start"),
        (("show", "nothing"), 1, "no ingestion job 'nothing'; see `mltui ingest ls`"),
        (("ls", "--limit", "0"), 2, "--limit must be at least 1"),
        (("work",), 2, "begin one with `mltui ingest start JOB`"),
    ],
)
def test_what_cannot_be_is_one_line_on_stderr(server, mltui, words, code, said):
    done = mltui("ingest", *words, code=code)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1

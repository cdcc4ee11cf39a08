"""`run.use_dataset`, against a real server: from a program, and from a stage of a pipeline."""

import json
import subprocess
import sys

import httpx
import pytest
from server_process import wait_for

WITHIN_S = 60.0
PROGRAM = """
import mltui, sys
with mltui.start_run("reader") as run:
    run.use_dataset(sys.argv[1])
    print(run.id)
"""


@pytest.fixture
def dataset(server, mltui, tmp_path) -> str:
    (tmp_path / "events.csv").write_text("id\n1\n2\n")
    mltui("ingest", "add", tmp_path / "events.csv", "--start", "--wait")
    return json.loads(mltui("ingest", "show", "events", "--json").stdout)["dataset_id"]


def read(server, run: str) -> list[tuple[str, str | None]]:
    rows = httpx.get(f"{server.url}/api/v1/runs/{run}/inputs", trust_env=False).json()
    return [(row["dataset"]["id"], row["stage"]) for row in rows]


def program(environment, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=True)


def test_datasets_are_listed_and_shown(dataset, mltui, tmp_path):
    listed = mltui("datasets", "ls", "--text", "even").stdout
    for words in ("events", "parquet", str(tmp_path / "events.csv")):
        assert words in listed
    assert "no datasets match" in mltui("datasets", "ls", "--text", "other").stdout
    page = mltui("datasets", "show", "events").stdout
    for words in (dataset, "2 rows, 1 column", "BIGINT", "~2"):
        assert words in page
    assert page.splitlines()[-3:] == ["id", "1", "2"]
    assert json.loads(mltui("datasets", "show", dataset, "--json").stdout)["row_count"] == 2
    assert "no dataset 'other'" in mltui("datasets", "show", "other", code=1).stderr
    assert "--limit must be at least 1" in mltui("datasets", "ls", "--limit", "0", code=2).stderr


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_program_says_what_it_reads(server, environment, dataset, by):
    done = program(environment, "events" if by == "name" else dataset)
    assert read(server, done.stdout.strip()) == [(dataset, None)]


def test_a_dataset_that_is_not_there_is_told_on_stderr(server, environment):
    assert "no dataset 'nothing'" in program(environment, "nothing").stderr


def test_a_stage_says_what_it_reads(server, mltui, dataset, tmp_path):
    (tmp_path / "read.py").write_text(PROGRAM)
    stage = {"name": "train", "command": [sys.executable, str(tmp_path / "read.py"), "events"]}
    body = {"name": "p", "stages": [stage]}
    assert httpx.post(f"{server.url}/api/v1/pipelines", json=body, trust_env=False).status_code == 201
    mltui("pipelines", "start", "p", "--watch")
    run = json.loads(mltui("runs", "show", "latest", "--json").stdout)["id"]
    wait_for(lambda: read(server, run), WITHIN_S)
    assert read(server, run) == [(dataset, "train")]

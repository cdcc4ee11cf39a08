"""A pipeline from its file to its runs' ends, by the command line alone, on a real server with real agents."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

PIPELINE = """
name: small
description: Three little stages
parameters: {lr: 0.1, mode: "1", corrupt: false}
stages:
  - name: prepare
    command: [python, -c, "print('ready')"]
  - name: train
    dependencies: [prepare]
    command: |
      python -c "
      import os, sys
      print('lr', os.environ['MLTUI_PARAM_LR'])
      sys.exit('corrupt rows' if os.environ['MLTUI_PARAM_CORRUPT'] == 'true' else 0)"
  - name: report
    dependencies: [train]
    command: python -c "print('done')"
"""

SLEEPER = """
name: sleeper
stages:
  - name: nap
    command: exec sleep 300
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "pipeline.yaml"
    file.write_text(dedent(text))
    return file


@pytest.fixture
def small(server, mltui, tmp_path) -> str:
    """A registered pipeline."""
    mltui("pipelines", "apply", write(tmp_path, PIPELINE))
    return "small"


def test_a_file_is_registered_and_brought_up_to_date(server, mltui, tmp_path):
    assert mltui("pipelines", "ls").stdout.startswith("no pipelines; register one with")
    file = write(tmp_path, PIPELINE)
    assert mltui("pipelines", "apply", file).stdout == "registered small: 3 stages\n"
    file.write_text(file.read_text().replace("Three little stages", "Three small stages"))
    assert mltui("pipelines", "apply", file).stdout == "updated small: 3 stages\n"
    [listed] = json.loads(mltui("pipelines", "ls", "--json").stdout)
    assert (listed["name"], listed["description"], listed["stage_count"]) == ("small", "Three small stages", 3)
    shown = mltui("pipelines", "show", "small").stdout
    assert f"directory    {tmp_path}" in shown
    assert "prepare" in shown.split("STAGE", 1)[1]
    assert json.loads(mltui("pipelines", "show", listed["id"], "--json").stdout)["parameters"]["lr"] == 0.1
    said = mltui("pipelines", "delete", "small").stdout
    assert said == "deleted small; its runs stay; back with: mltui pipelines restore small\n"
    assert mltui("pipelines", "restore", "small").stdout.startswith("restored small  ")
    assert "no deleted pipeline 'small'" in mltui("pipelines", "restore", "small", code=1).stderr
    mltui("pipelines", "delete", "small")
    assert "'small'" in mltui("pipelines", "show", "small", code=1).stderr


def test_a_faulty_file_is_told_with_its_places_and_needs_no_server(mltui, tmp_path):
    file = write(tmp_path, "name: a\nstages:\n  - {name: b, comand: x}\n")
    for command in ("validate", "apply"):
        done = mltui("pipelines", command, file, code=1)
        assert done.stdout == ""
        assert done.stderr.splitlines() == [
            f"{file}:3:5: missing key 'command'",
            f"{file}:3:15: unknown key 'comand'; did you mean 'command'?",
        ]
    assert mltui("pipelines", "validate", tmp_path / "none.yaml", code=1).stderr.endswith("No such file or directory\n")
    assert mltui("pipelines", "validate", write(tmp_path, PIPELINE)).stdout.endswith("small is fine: 3 stages\n")


def test_a_run_is_started_watched_and_shown(small, mltui):
    watched = mltui(
        "pipelines", "start", small, "-p", "lr=5e-2", "-p", "mode=2", "--tag", "who=ada", "--name", "one", "--watch"
    )
    lines = watched.stdout.splitlines()
    assert lines[0].startswith("started one  ")
    ended = [line.split()[2:4] for line in lines[1:-1] if "completed" in line]
    assert [words[1] for words in ended] == ["prepare", "train", "report"]
    assert lines[-1].startswith("✓ completed  one  ")

    run = json.loads(mltui("runs", "show", "latest", "--json").stdout)
    assert run["run_config"]["parameters"] | {"corrupt": False} == {"lr": 0.05, "mode": "2", "corrupt": False}
    assert run["tags"] == {"who": "ada"}
    shown = mltui("runs", "show", run["id"][-6:]).stdout
    assert "✓ completed" in shown
    assert "who=ada" in shown
    assert "lr=0.05" in shown

    [listed] = json.loads(mltui("runs", "ls", "--json", "--status", "completed", "--tag", "who=ada").stdout)
    assert listed["id"] == run["id"]
    assert json.loads(mltui("runs", "ls", "--json", "--since", "1h", "--pipeline", "other").stdout) == []
    table = mltui("runs", "ls").stdout.splitlines()
    assert table[0].split()[:4] == ["STATE", "ID", "NAME", "PIPELINE"]
    assert table[1].split()[:5] == ["✓", "completed", run["id"][-8:], "one", "small"]


def test_a_failed_run_exits_1_says_why_and_is_retried(small, mltui):
    failed = mltui("runs", "start", small, "-p", "corrupt=true", "--watch", code=1)
    assert "✗ failed" in failed.stdout.splitlines()[-1]
    shown = mltui("runs", "show", "latest").stdout
    assert [line.split()[2] for line in shown.splitlines() if line.startswith(("prepare", "train", "report"))] == [
        "completed",
        "failed",
        "skipped",
    ]
    retried = mltui("runs", "retry", "latest", "-p", "corrupt=false", "--watch")
    assert "✓ completed" in retried.stdout.splitlines()[-1]
    assert "taken over" in retried.stdout
    assert "retry of" in mltui("runs", "show", "latest").stdout
    assert mltui("runs", "watch", "latest", "--quiet").stdout == ""


def test_a_cancelled_run_exits_130(server, mltui, spawn, tmp_path):
    mltui("pipelines", "apply", write(tmp_path, SLEEPER))
    mltui("pipelines", "start", "sleeper")
    watching = spawn("runs", "watch", "latest")
    watching.says("running")
    assert "cancel it first" in mltui("runs", "delete", "latest", code=1).stderr
    assert mltui("runs", "cancel", "latest", "--reason", "enough").stdout.startswith(("◌ cancelling", "⊘ cancelled"))
    assert (watching.ends(), watching.err) == (130, "")
    assert watching.out.splitlines()[-1].startswith("⊘ cancelled")
    back = mltui("runs", "delete", "latest").stdout.partition("back with: mltui ")[2].split()
    assert mltui("runs", "ls", "--json").stdout == "[]\n"
    assert mltui(*back).stdout.startswith("restored sleeper-1  ")
    assert mltui("runs", "delete", "latest", "--now").stdout.count("\n") == 1
    assert "no run" in mltui(*back, code=1).stderr


def test_watching_survives_a_killed_server(server, mltui, spawn, tmp_path):
    waits = SLEEPER.replace("exec sleep 300", "while [ ! -e go ]; do sleep 0.1; done")
    mltui("pipelines", "apply", write(tmp_path, waits))
    mltui("pipelines", "start", "sleeper")
    watching = spawn("runs", "watch", "latest")
    watching.says("running")
    server.kill()
    (tmp_path / "go").touch()
    server.start()
    assert watching.ends() == 0, watching.err
    assert watching.out.splitlines()[-1].startswith("✓ completed")


def test_tags_are_set_and_removed(small, mltui):
    mltui("runs", "start", small, "--tag", "a=1", "--tag", "b=2", "--watch")
    mltui("runs", "tag", "latest", "c=3=4", "a=9", "--remove", "b")
    assert json.loads(mltui("runs", "show", "latest", "--json").stdout)["tags"] == {"a": "9", "c": "3=4"}


def test_a_run_is_named_by_a_part_of_its_id_that_only_it_has(small, mltui):
    for name in ("one", "two"):
        mltui("runs", "start", small, "--name", name)
    two, one = json.loads(mltui("runs", "ls", "--json").stdout)
    assert (one["name"], two["name"]) == ("one", "two")
    for word in (one["id"], one["id"].replace("-", ""), one["id"].upper(), one["id"][-12:], one["id"][-4:]):
        assert json.loads(mltui("runs", "show", word, "--json").stdout)["name"] == "one"
    # Made within the same minute, both begin alike.
    ambiguous = mltui("runs", "show", one["id"][:6], code=1).stderr
    assert "means 2 runs" in ambiguous
    assert f"{one['id'][-8:]} (one)" in ambiguous
    for word in ("ffff", "xyz"):
        said = mltui("runs", "show", word, code=1).stderr
        assert f"no run has the name {word!r} or an id that begins or ends so" in said


def test_a_run_is_named_by_a_name_that_only_it_has(small, mltui):
    for name in ("Night shift", "night", "night", "beef"):
        mltui("runs", "start", small, "--name", name, "--watch")
    for word in ("Night shift", "beef"):
        assert json.loads(mltui("runs", "show", word, "--json").stdout)["name"] == word
        assert mltui("artifacts", "ls", word).stderr == ""
    [_, two, one, _] = json.loads(mltui("runs", "ls", "--json").stdout)
    ambiguous = mltui("runs", "logs", "night", code=1).stderr
    both = ", ".join(f"{run['id'][-8:]} (night)" for run in (two, one))
    assert f"'night' means 2 runs: {both}; write more of the id" in ambiguous


def test_latest_of_nothing_says_what_to_do(server, mltui):
    assert "there are no runs yet; start one with" in mltui("runs", "show", "latest", code=1).stderr
    assert mltui("runs", "ls").stdout == "no runs match; start one with `mltui pipelines start NAME`\n"
    assert "cannot sort by 'bogus'; the columns are" in mltui("runs", "ls", "--sort", "bogus", code=1).stderr
    assert "unknown status 'bogus'" in mltui("runs", "ls", "--status", "bogus", code=1).stderr


def test_ctrl_c_while_watching_is_quiet_and_leaves_the_run_alone(server, mltui, spawn, tmp_path):
    mltui("pipelines", "apply", write(tmp_path, SLEEPER))
    mltui("pipelines", "start", "sleeper")
    watching = spawn("runs", "watch", "latest")
    watching.says("nap")
    watching.interrupt()
    assert (watching.ends(), watching.err) == (130, "")
    assert json.loads(mltui("runs", "show", "latest", "--json").stdout)["status"] in ("queued", "running")
    mltui("runs", "cancel", "latest")
    assert spawn("runs", "watch", "latest", "--quiet").ends() == 130

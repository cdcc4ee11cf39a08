"""`mltui models`, `mltui lineage` and `register_model`, as a person types them, against a real server."""

import json
import subprocess
import sys
import tarfile
import threading

import httpx
import psycopg
import pytest

from tests.cli.cutting_proxy import cutting

PROGRAM = """
import mltui
from pathlib import Path
with mltui.start_run("train-1", parameters={"lr": 0.1}) as run:
    run.params(epochs=3, patience=float("inf"))
    run.log({"loss": 1.0, "accuracy": 0.5})
    run.log({"loss": float("nan")})
    Path("model.pt").write_bytes(b"weights")
    run.register_model("digits", "model.pt", algorithm="cnn", tags={"team": "risk"}, metrics={"size": 7},
                       training_config={"layers": (3, 4), "folder": Path("out")})
    run.register_model("digits", "model.pt")
print(run.id)
"""


@pytest.fixture
def trained(server, environment, tmp_path) -> str:
    """A run that registered digits/1 and digits/2; its id."""
    return python(PROGRAM, environment, tmp_path).strip()


def python(code: str, environment, folder) -> str:
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=folder, capture_output=True, text=True,
                          timeout=90, check=True)  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_what_a_program_registers_is_there_with_what_it_knew(mltui, trained):
    version = json.loads(mltui("models", "show", "digits/1", "--json").stdout)
    assert (version["run_id"], version["artifact"], version["framework"]) == (trained, "model.pt", "pytorch")
    assert version["metrics"] == {"loss": "NaN", "accuracy": 0.5, "size": 7}
    assert version["training_config"] == {
        "lr": 0.1, "epochs": 3, "patience": "Infinity", "layers": [3, 4], "folder": "out",
    }  # fmt: skip
    assert (version["algorithm"], version["tags"]) == ("cnn", {"team": "risk"})
    [row] = json.loads(mltui("models", "ls", "--json").stdout)
    assert (row["name"], row["latest"]) == ("digits", 2)
    page = mltui("models", "show", "digits/1").stdout
    assert "digits/1  ready" in page
    assert "loss=NaN" in page
    tree = mltui("lineage", "digits/1").stdout
    assert tree.splitlines() == [
        "digits/1  model version  ready", "came from", "└─ model.pt  artifact  MODEL",
        "   └─ train-1  run  completed  default", "led to nothing that is known",
    ]  # fmt: skip
    down = mltui("lineage", "latest", "--down").stdout.splitlines()
    assert (down[0], down[-1]) == ("train-1  run  completed  default", "   └─ digits/1  model version  ready")
    assert {node["kind"] for node in json.loads(mltui("lineage", trained, "--json").stdout)["nodes"]} == {
        "run", "artifact", "model_version",
    }  # fmt: skip
    assert mltui("lineage", "", code=1).stderr == (
        "mltui: lineage of what? write an id, a name, or the URI of a source\n"
    )


def test_aliases_and_stages_move_with_a_reason_and_an_approval(mltui, trained):
    assert mltui("models", "alias", "digits/1", "champion", "--reason", "first").stdout == (
        "digits@champion points to digits/1\n"
    )
    assert "is in Production" in mltui("models", "promote", "digits@champion", "production", "--reason", "go").stdout
    assert "--reason" in mltui("models", "promote", "digits/2", "Staging", code=2).stderr
    assert "digits  approval on" in mltui("models", "set", "digits", "--approval", "on").stdout
    waits = mltui("models", "alias", "digits/2", "champion", "--reason", "better").stdout
    assert "mltui models approve digits" in waits
    own = mltui("models", "approve", "digits", "--reason", "mine", code=1).stderr
    assert "somebody else must decide on it" in own
    shown = mltui("models", "show", "digits").stdout
    assert "@champion → 2" in shown
    assert mltui("models", "reject", "digits", "--reason", "no", LOGNAME="bob").stdout == (
        "rejected: digits@champion to 2\n"
    )
    mltui("models", "alias", "digits/2", "champion", "--reason", "better")
    assert "approved" in mltui("models", "approve", "digits", "--reason", "fine", LOGNAME="bob").stdout
    assert "@champion=2" in mltui("models", "ls").stdout
    assert "no such move waits" in mltui("models", "approve", "digits", "--reason", "fine", code=1).stderr


@pytest.mark.parametrize("words", [["alias", "digits/{}", "champion"], ["promote", "digits/1", "{}"]])
def test_of_two_who_move_the_same_at_once_one_is_told_that_the_other_won(mltui, spawn, server, environment, words):
    for _ in range(3):
        mltui("models", "register", "digits", "--uri", "s3://models/digits.onnx")
    mltui("models", "alias", "digits/1", "champion", "--reason", "first")
    targets = (2, 3) if words[0] == "alias" else ("Staging", "Production")
    with cutting(server.port) as proxy:
        environment["MLTUI_URL"] = f"http://127.0.0.1:{proxy.port}"
        proxy.meeting = threading.Barrier(2)
        both = [spawn("models", *(word.format(to) for word in words), "--reason", f"to {to}") for to in targets]
        codes = [process.ends() for process in both]
        proxy.meeting = None
    assert sorted(codes) == [0, 1]
    told = both[codes.index(1)].err
    won = targets[codes.index(0)]
    assert (f"points to version {won} by now, not to version 1" if words[0] == "alias"
            else f"is in stage {won} by now, not in None") in told  # fmt: skip


def test_a_script_says_what_it_expects(mltui, server):
    for _ in range(2):
        mltui("models", "register", "digits", "--uri", "s3://models/digits.onnx")
    move = ["models", "alias", "digits/2", "champion", "--reason", "x"]
    assert "points to none by now, not to version 1" in mltui(*move, "--expect", "1", code=1).stderr
    assert mltui(*move, "--expect", "none").stdout == "digits@champion points to digits/2\n"
    back = [*move[:2], "digits/1", *move[3:], "--expect", "2"]
    assert mltui(*back).stdout == "digits@champion points to digits/1, no longer to digits/2\n"
    assert "points to version 1 by now" in mltui(*back, code=1).stderr
    assert "'one' is no version's number; write one, or none" in mltui(*move, "--expect", "one", code=2).stderr
    promote = ["models", "promote", "digits@champion", "Production", "--reason", "x", "--expect", "Staging"]
    assert "digits/1 is in stage None by now, not in Staging" in mltui(*promote, code=1).stderr
    assert mltui(*promote[:-1], "none").stdout == "digits/1 is in Production, no longer in None\n"


def test_versions_from_a_shell(mltui, trained, tmp_path):
    (tmp_path / "best.onnx").write_bytes(b"onnx")
    done = mltui("models", "register", "digits", "--run", "latest", "--artifact", tmp_path / "best.onnx", "--metric",
                 "accuracy=0.9", "--metric", "loss=NaN", "--tag", "a=b").stdout  # fmt: skip
    assert done.startswith("registered digits/3  ")
    mltui("ingest", "add", "kafka://broker/claims", "--outside", "--name", "claims")
    mltui("models", "register", "fraud", "--uri", "s3://models/fraud.joblib", "--job", "claims")
    assert "ingestion jobs claims" in " ".join(mltui("models", "show", "fraud/1").stdout.split())
    assert "fraud/1" in mltui("ingest", "show", "claims").stdout
    assert "scikit-learn" in mltui("models", "show", "fraud").stdout
    diff = mltui("models", "diff", "digits/1", "3").stdout
    assert "metrics\taccuracy\t" in diff
    changed = mltui("models", "diff", "digits/1", "3", "--changed").stdout.splitlines()
    lines = {tuple(line.split()[:2]) for line in changed}
    assert ("metrics", "accuracy") in lines
    assert ("parameters", "lr") not in lines
    assert mltui("models", "set", "digits/3", "--status", "archived").stdout.startswith("archived digits/3  ")
    assert mltui("models", "set", "digits/3", "--status", "failed").stdout.startswith("failed digits/3  ")
    assert "is failed; it cannot become ready" in mltui("models", "set", "digits/3", "--status", "ready", code=1).stderr
    assert "deleted digits/3" in mltui("models", "rm", "digits/3").stdout
    assert mltui("models", "restore", "digits/3").stdout.startswith("restored digits/3")


def test_metrics_are_spelt_as_python_spells_numbers(mltui, server):
    spelt = {"auc": "nan", "loss": "inf", "low": "-INF", "high": "+Infinity", "f1": "1e-3", "count": "7"}
    words = [word for name, value in spelt.items() for word in ("--metric", f"{name}={value}")]
    mltui("models", "register", "net", "--uri", "s3://models/net.onnx", *words)
    assert json.loads(mltui("models", "show", "net/1", "--json").stdout)["metrics"] == {
        "auc": "NaN", "loss": "Infinity", "low": "-Infinity", "high": "Infinity", "f1": 0.001, "count": 7.0
    }  # fmt: skip


def test_what_is_wrong_is_said_in_a_line(mltui, trained):
    for words, code, said in (
        (["show", "nothing"], 1, "no model 'nothing'"),
        (["show", "digits/9"], 1, "no version 'digits/9'"),
        (["promote", "digits", "Staging", "--reason", "x"], 2, "is no version; write name/3 or name@alias"),
        (["promote", "digits/1", "Live", "--reason", "x"], 2, "'Live' is no stage; there are None, Staging"),
        (["set", "digits", "--status", "ready"], 2, "--status is of a version"),
        (["set", "digits/1", "--approval", "on"], 2, "--approval is of a model"),
        (["diff", "digits/1", "fraud/2"], 2, "is of another model"),
        (["register", "digits"], 1, "give its run, its artifact or its uri"),
        (["register", "digits", "--uri", "s3://a/b", "--metric", "loss=much"], 2, "loss: 'much' is not a number"),
    ):
        assert said in mltui("models", *words, code=code).stderr
    for nothing in ("0" * 32 + "x", "nonsense", "x", "abcd"):
        said = mltui("lineage", nothing, code=1).stderr
        assert f"version (as name/3 or name@alias) or artifact (by id) {nothing!r}" in said


def test_dots_alone_are_no_name_and_what_has_one_already_is_reached(mltui, server, dsn, tmp_path):
    (tmp_path / "p.yaml").write_text("name: ..\nstages: [{name: a, command: 'true'}]")
    for words in (["models", "register", "..", "--uri", "s3://a/b.onnx"], ["models", "set", ".", "--tag", "a=b"],
                  ["pipelines", "apply", tmp_path / "p.yaml"]):  # fmt: skip
        assert "neither . nor .." in mltui(*words, code=None).stderr
    mltui("models", "register", "digits", "--uri", "s3://a/b.onnx")
    (tmp_path / "p.yaml").write_text("name: p\nstages: [{name: a, command: 'true'}]")
    mltui("pipelines", "apply", tmp_path / "p.yaml")
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE registered_model SET name = '..'")
        connection.execute("UPDATE pipeline SET name = '.'")
    mltui("models", "alias", "../1", "champion", "--reason", "as before")
    assert "@champion → 1" in mltui("models", "show", "..").stdout
    assert "../1" in mltui("lineage", "..@champion").stdout
    mltui("runs", "start", ".", "--watch")
    with psycopg.connect(dsn) as connection:
        connection.execute("""UPDATE run SET definition = jsonb_set(definition, '{name}', '".."')""")
    assert "completed" in mltui("runs", "show", "latest").stdout


def test_lineage_of_a_name_is_that_of_the_newest_version_or_of_the_run(mltui, server):
    for name in ("cafe", "cafe", "fraud"):
        mltui("models", "register", name, "--uri", f"s3://models/{name}.onnx")
    assert mltui("lineage", "cafe").stdout.startswith("cafe/2  model version")
    mltui("models", "rm", "cafe/2")
    assert mltui("lineage", "cafe").stdout.startswith("cafe/1  model version")
    for name in ("night", "day", "day"):
        httpx.post(f"{server.url}/api/v1/runs", json={"name": name})
    assert mltui("lineage", "night").stdout.startswith("night  run  running")
    days = [run["id"] for run in json.loads(mltui("runs", "ls", "--text", "day", "--json").stdout)]
    said = mltui("lineage", "day", code=1).stderr
    assert f"several things are called 'day': run {days[0]}, run {days[1]}; write an id" in said


def test_registering_without_a_run_and_what_cannot_be(server, environment, tmp_path):
    code = """
import mltui
print(mltui.register_model("fraud", uri="s3://models/fraud.cbm", metrics={"auc": 0.9}))
print(mltui.register_model("fraud", uri="s3://models/fraud.cbm"))
def said(name, **more):
    try: mltui.register_model(name, **more)
    except Exception as error: print(type(error).__name__, error)
said("fraud")
said("a/b", uri="s3://a/b")
said("fraud", uri="s3://a/b", metrics={"auc": "high"})
said("fraud", uri="s3://AK:SECRETzzzz@a/b")
said("fraud", uri="s3://a/b", url="http://127.0.0.1:9")
run = mltui.start_run("x")
__import__("os").mkdir("none")
try: run.register_model("fraud", "none")
except ValueError as error: print(error)
run.finish()
"""
    one, two, nothing, name, metric, secret, away, folder = python(code, environment, tmp_path).splitlines()
    assert (one, two) == ("1", "2")
    assert nothing == "ValueError register_model: a version comes from somewhere: give its run, its artifact or its uri"
    assert "no slash, no @" in name
    assert metric == "ValueError register_model: metric 'auc': 'high' is not a number"
    assert secret.startswith("ValueError register_model: uri: there is a password in the address")
    assert away.startswith("ConnectionError register_model: ")
    assert folder == "none: there are no files in it"


def test_under_the_agent_it_is_of_its_run(server, mltui, tmp_path):
    code = "import mltui; open('m.onnx','w').write('a'); r = mltui.start_run('x'); r.register_model('net', 'm.onnx')"
    mltui("exec", "--run-name", "outer", "--", sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r}); {code}")
    version = json.loads(mltui("models", "show", "net/1", "--json").stdout)
    assert (version["run"], version["artifact"], version["model_format"]) == ("outer", "m.onnx", "onnx")


def test_lineage_begins_at_a_source_too(mltui, server):
    mltui("models", "register", "fraud", "--uri", "s3://models/fraud.joblib")
    assert mltui("lineage", "s3://models/fraud.joblib").stdout.splitlines() == [
        "s3://models/fraud.joblib  source", "came from nothing that is known", "led to",
        "└─ fraud/1  model version  ready",
    ]  # fmt: skip
    assert mltui("lineage", "fraud/1", "--up").stdout.splitlines()[1:] == [
        "came from", "└─ s3://models/fraud.joblib  source",
    ]  # fmt: skip
    assert "no source '/data/none.csv'" in mltui("lineage", "/data/none.csv", code=1).stderr


FOLDER = """
import mltui, os, sys
from pathlib import Path
Path("saved/assets").mkdir(parents=True)
Path("saved/weights.bin").write_bytes(b"weights")
Path("saved/assets/words.txt").write_text("a b")
Path("saved/link.bin").symlink_to("weights.bin")
with mltui.start_run("train-1") as run:
    run.register_model("digits", "saved")
    os.utime("saved/weights.bin", (1, 1))
    run.register_model("digits", "saved/")
"""


def test_a_folder_is_registered_as_one_file(mltui, server, environment, tmp_path):
    subprocess.run([sys.executable, "-c", FOLDER], env=environment, cwd=tmp_path, timeout=90, check=True)
    shown = json.loads(mltui("models", "show", "digits", "--json").stdout)["versions"]
    assert [(one["artifact"], one["model_format"]) for one in shown] == [("saved.tar", "folder")] * 2
    assert shown[0]["artifact_id"] == shown[1]["artifact_id"], "the same files are the same content"
    mltui("artifacts", "get", "latest", "saved.tar", "--output", tmp_path / "back")
    with tarfile.open(tmp_path / "back" / "saved.tar") as packed:
        assert {one.name: one.isfile() for one in packed} == {
            "saved/assets/words.txt": True, "saved/link.bin": True, "saved/weights.bin": True,
        }  # fmt: skip
    assert mltui("models", "register", "digits", "--run", "latest", "--artifact", tmp_path / "saved").stdout.startswith(
        "registered digits/3"
    )
    (tmp_path / "empty").mkdir()
    again = json.loads(mltui("models", "show", "digits/3", "--json").stdout)
    assert again["artifact_id"] == shown[0]["artifact_id"]
    assert "empty: there are no files in it" in (
        mltui("models", "register", "digits", "--run", "latest", "--artifact", tmp_path / "empty", code=2).stderr
    )


def test_where_a_model_came_from_is_known_after_its_run_is_gone(mltui, trained):
    deleted = mltui("runs", "delete", trained, "--now", LOGNAME="zoë")
    assert deleted.stderr == "digits/1, digits/2 came from it, and will know its id and name only\n"
    page = mltui("models", "show", "digits/1").stdout
    assert [line.split() for line in page.splitlines() if line.startswith("run ")] == [
        ["run", "train-1", trained, "deleted"]
    ]
    assert "train-1  run  deleted" in mltui("lineage", "digits/1").stdout
    [event] = json.loads(mltui("events", "--action", "run.delete", "--json").stdout)
    assert event["actor"] == "zoë"

"""`run.log_artifact`, against a real server: from a program, under the agent, while the server is away."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from server_process import wait_for

SIZE = 20 << 20
PROGRAM = f"""
import mltui, os, sys
from pathlib import Path
with mltui.start_run("training") as run:
    Path("model.pt").write_bytes(b"a" * {SIZE})
    run.log_artifact("model.pt")
    Path("model.pt").write_bytes(b"changed since")
    os.makedirs("plots/deep", exist_ok=True)
    Path("plots/deep/loss.png").write_bytes(b"png")
    Path("plots/roc.png").write_bytes(b"")
    run.log_artifact("plots", name="final")
    run.log_artifact("model.pt", "late.txt", type="REPORT")
    run.log({{"loss": 1.0}})
    print(run.id)
"""


@pytest.fixture
def program(tmp_path, environment):
    def run(**more: str) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        return subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment | more, cwd=folder, capture_output=True, text=True,
            timeout=90, check=True,
        )  # fmt: skip

    return run


def listed(mltui, run: str) -> dict[str, tuple[str, int]]:
    rows = json.loads(mltui("artifacts", "ls", run, "--json").stdout)
    return {row["name"]: (row["artifact_type"], row["file_size"]) for row in rows}


EXPECTED = {
    "model.pt": ("MODEL", SIZE), "final/deep/loss.png": ("PLOT", 3), "final/roc.png": ("PLOT", 0),
    "late.txt": ("REPORT", 13),
}  # fmt: skip


def test_what_a_program_keeps_is_there_as_it_was_when_it_said_so(server, mltui, program, tmp_path):
    run = program().stdout.strip()
    assert listed(mltui, run) == EXPECTED
    mltui("artifacts", "get", run, "model.pt", "-o", tmp_path)
    assert (tmp_path / "model.pt").read_bytes() == b"a" * SIZE
    assert not list((tmp_path / "spool").glob("*/files/*"))


def test_a_link_out_of_a_folder_is_left_out_with_a_word(server, mltui, environment, tmp_path):
    (tmp_path / "ck").mkdir()
    (tmp_path / "ck" / "a.pt").write_text("a")
    (tmp_path / "ck" / "passwd").symlink_to("/etc/passwd")
    code = "import mltui; r = mltui.start_run('x'); r.log_artifact('ck'); r.finish(); print(r.id)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True,
                          timeout=90, check=True)  # fmt: skip
    assert "mltui: left out: ck/passwd leads out of ck, to /etc/passwd; name that itself to have it" in done.stderr
    assert list(listed(mltui, done.stdout.strip())) == ["ck/a.pt"]


def test_a_name_that_is_a_file_and_a_folder_is_refused_with_a_word(server, mltui, environment, tmp_path):
    (tmp_path / "a.pt").write_text("a")
    code = """
import mltui
with mltui.start_run("x") as run:
    run.log_artifact("a.pt", "ck")
    run.log_artifact("a.pt", "ck/a.pt")
    run.log_artifact("a.pt", "ck/b.pt")
    run.log_artifact("a.pt", "ck/a.pt")
    run.log_artifact("a.pt", "after")
print(run.id)
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True,
                          timeout=90, check=True)  # fmt: skip
    assert done.stderr.count("'ck/a.pt' cannot lie in 'ck': that is a file") == 1
    assert done.stderr.count("'ck/b.pt' cannot lie in 'ck': that is a file") == 1
    assert list(listed(mltui, done.stdout.strip())) == ["after", "ck"]


def test_while_the_server_is_away_files_wait_in_the_spool(server, mltui, program, tmp_path):
    server.stop()
    done = program(MLTUI_DRAIN_S="0.5")
    assert "mltui sync" in done.stderr
    server.start()
    mltui("sync")
    assert listed(mltui, done.stdout.strip()) == EXPECTED
    assert not [path for path in (tmp_path / "spool").iterdir() if not path.name.startswith(".")]


def test_what_a_killed_program_was_sending_goes_on_by_sync(server, mltui, environment, tmp_path):
    content = os.urandom(1 << 20) * 200
    (tmp_path / "big.bin").write_bytes(content)
    code = "import mltui, time; mltui.start_run('x').log_artifact('big.bin'); time.sleep(600)"
    program = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=tmp_path)
    uploads = Path(environment["MLTUI_DATA_DIR"], "uploads")
    try:
        wait_for(lambda: any(file.stat().st_size for file in uploads.iterdir()), 60)
    finally:
        program.kill()
        program.wait()
    mltui("sync")
    assert listed(mltui, "latest") == {"big.bin": ("MODEL", len(content))}
    mltui("artifacts", "get", "latest", "big.bin", "-o", tmp_path / "back")
    assert (tmp_path / "back" / "big.bin").read_bytes() == content
    assert not list(uploads.iterdir())
    assert not [path for path in (tmp_path / "spool").iterdir() if not path.name.startswith(".")]


def test_two_programs_of_a_run_that_keep_the_same_file_at_once_both_come_to_the_end(
    server, mltui, environment, tmp_path
):
    (tmp_path / "big.bin").write_bytes(os.urandom(1 << 20) * 100)
    run = httpx.post(f"{server.url}/api/v1/runs", json={"name": "one"}).json()["id"]
    told = environment | {"MLTUI_RUN_ID": run, "MLTUI_DRAIN_S": "60"}
    code = "import mltui; r = mltui.start_run('x'); r.log_artifact('big.bin'); r.finish()"
    programs = [
        subprocess.Popen([sys.executable, "-c", code], env=told, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for program in programs:
        assert "kept in" not in program.communicate(timeout=90)[1]
        assert program.returncode == 0
    assert listed(mltui, run) == {"big.bin": ("MODEL", 100 << 20)}
    assert not [path for path in (tmp_path / "spool").iterdir() if not path.name.startswith(".")]


def test_under_the_agent_they_are_of_its_run(server, mltui, tmp_path):
    code = "import mltui; open('a.csv','w').write('a'); r = mltui.start_run('x'); r.log_artifact('a.csv'); r.finish()"
    mltui("exec", "--", sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r}); {code}")
    assert listed(mltui, "latest") == {"a.csv": ("DATASET", 1)}


def test_what_cannot_be_kept_is_said_at_once(server, environment, tmp_path):
    code = """
import mltui
from pathlib import Path
run = mltui.start_run("x")
def said(*args, **more):
    try: run.log_artifact(*args, **more)
    except Exception as error: print(type(error).__name__, error)
said("nowhere")
Path("f").write_bytes(b"x" * 2_000_000)
said("f", "../f")
said("f", "x" * 256)
said("f", "a\\n")
said("/dev/zero")
said("f", type="POEM")
said("f")
run.finish()
said("f")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment | {"MLTUI_SPOOL_MAX": "1000000"}, cwd=tmp_path,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    nowhere, name, long, line, device, type_, room, ended = done.stdout.splitlines()
    assert nowhere.startswith("FileNotFoundError") and "nowhere" in nowhere
    assert name == (
        "ValueError '../f' cannot be an artifact's name: "
        "names joined by /, as in checkpoints/epoch-1.pt, without . or .. among them"
    )
    assert long.endswith("is 256 bytes; between slashes disks take 255 at most")
    assert line.startswith("ValueError 'a\\n' cannot be")
    assert device == "OSError [Errno 22] a device, no regular file: '/dev/zero'"
    assert type_.startswith("ValueError") and "POEM" in type_
    assert "no room for it (MLTUI_SPOOL_MAX)" in room
    assert ended.startswith("RuntimeError")
    assert not list(Path(environment["MLTUI_SPOOL"]).glob("*/files/*"))


PLOTS = """
import math, mltui
with mltui.start_run("training") as run:
    run.log_confusion_matrix("plots/confusion", ["cat", 7], [[3, 1], [0, 2]])
    run.log_plot("gain", {"tree": (["age", "income"], [0.4, -math.inf])}, form="bars", y="gain")
    run.log_plot("loss.json", {"train": ([0, 1], [0.5, math.nan])}, form="points", x="epoch")
    for wrong in (
        lambda: run.log_plot("a", {"one": ([0, 1], [1])}),
        lambda: run.log_plot("a", {"one": ([math.inf], [1])}),
        lambda: run.log_plot("a", {}),
        lambda: run.log_plot("a", {"one": ([1], [1])}, form="pie"),
        lambda: run.log_plot("a", {"one": (["x"], [1]), "two": (["y"], [1])}, form="bars"),
        lambda: run.log_plot("a", {"one": (["x"], [1, 2])}, form="bars"),
        lambda: run.log_confusion_matrix("a", ["x"], [[1, 2]]),
        lambda: run.log_confusion_matrix("a", ["x"], [[-1]]),
    ):
        try:
            wrong()
        except ValueError as error:
            print(error)
    print(run.id)
"""


def test_plots_are_kept_as_data(server, mltui, environment, tmp_path):
    done = subprocess.run([sys.executable, "-c", PLOTS], env=environment, capture_output=True, text=True, check=True)
    *said, run = done.stdout.splitlines()
    assert [words.split(" - ")[0] for words in said] == [
        "series 'one' has 2 x and 1 y; give as many of each",
        "inf can have no place in a plot",
        "0 points; a plot has 1 to 10,000",
        "Invalid enum value 'pie'",
        "series 'two' has other categories than the first; give all of them the same",
        "series 'one' has 2 values for 1 labels",
        "1 labels need 1 rows of 1 counts",
        "a count is below 0",
    ]
    assert {type_ for type_, _ in listed(mltui, run).values()} == {"PLOT"}
    mltui("artifacts", "get", run, "plots/confusion.json", "-o", tmp_path)
    mltui("artifacts", "get", run, "loss.json", "-o", tmp_path)
    assert json.loads((tmp_path / "confusion.json").read_text()) == {
        "mltui": "confusion_matrix", "labels": ["cat", "7"], "matrix": [[3.0, 1.0], [0.0, 2.0]]
    }  # fmt: skip
    assert json.loads((tmp_path / "loss.json").read_text())["series"] == [
        {"name": "train", "x": [0.0, 1.0], "y": [0.5, "NaN"]}
    ]
    mltui("artifacts", "get", run, "gain.json", "-o", tmp_path)
    assert json.loads((tmp_path / "gain.json").read_text()) == {
        "mltui": "bars", "labels": ["age", "income"], "y": "gain",
        "series": [{"name": "tree", "values": [0.4, "-Infinity"]}],
    }  # fmt: skip

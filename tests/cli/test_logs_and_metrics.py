"""Logs and metrics as a shell sees them: every byte, in order, also when the server dies meanwhile."""

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

PIPELINE = """
name: noisy
stages:
  - name: first
    command: printf 'one\\ntw\\377o\\n\\033[31mred\\033[0m 10%%\\r20%%\\nno end'
  - name: second
    dependencies: [first]
    command: echo here; echo there >&2
"""

COUNTER = """
name: counter
stages:
  - name: count
    command: |
      i=0
      while [ ! -e go ]; do i=$((i+1)); echo "line $i"; sleep 0.02; done
      echo $i > count
"""

RAW = b"one\ntw\xffo\n\x1b[31mred\x1b[0m 10%\r20%\nno end"


def apply(mltui, folder: Path, text: str) -> None:
    file = folder / "pipeline.yaml"
    file.write_text(dedent(text))
    mltui("pipelines", "apply", file)


def test_one_stage_is_its_bytes_and_several_are_lines_with_names(server, mltui, tmp_path):
    apply(mltui, tmp_path, PIPELINE)
    mltui("runs", "start", "noisy", "--watch")
    raw = RAW.decode(errors="surrogateescape")
    assert mltui("runs", "logs", "latest", "--stage", "first").stdout == raw
    assert mltui("runs", "logs", "latest", "--stage", "first", "-f").stdout == raw
    assert mltui("runs", "logs", "latest", "--stage", "first", "--tail", "2").stdout == raw[raw.index("\x1b") :]
    every = mltui("runs", "logs", "latest").stdout.splitlines()
    assert every[:2] == ["first  │ one", "first  │ tw\ufffdo"]
    assert every[2:4] == ["first  │ 20%", "first  │ no end"]
    assert sorted(every[4:]) == ["second │ here", "second │ there"]
    assert sorted(mltui("runs", "logs", "latest", "-f").stdout.splitlines()) == sorted(every)
    unknown = mltui("runs", "logs", "latest", "--stage", "third", code=1).stderr
    assert unknown == "mltui: the run has no stage 'third'; its stages are first, second\n"


def test_a_followed_log_is_whole_when_the_server_was_killed_meanwhile(server, mltui, spawn, tmp_path):
    apply(mltui, tmp_path, COUNTER)
    mltui("runs", "start", "counter")
    following = spawn("runs", "logs", "-f", "latest")
    following.says("line 30\n")
    server.kill()
    server.start()
    following.says(f"line {following.out.count('line') + 100}\n")
    (tmp_path / "go").touch()
    assert following.ends() == 0, following.err
    count = int((tmp_path / "count").read_text())
    assert following.out == "".join(f"line {n + 1}\n" for n in range(count))
    assert following.err.count("waiting for it") <= 1


def test_a_stage_that_was_taken_over_shows_the_log_of_where_it_ran(server, mltui, tmp_path):
    apply(mltui, tmp_path, PIPELINE.replace("echo here; echo there >&2", "exit 1"))
    mltui("runs", "start", "noisy", "--watch", code=1)
    (first,) = json.loads(mltui("runs", "ls", "--json").stdout)
    for _ in range(2):  # Of a retry's retry, too.
        mltui("runs", "retry", "latest", "--watch", code=1)
        for options in ([], ["-f"]):
            log = mltui("runs", "logs", "latest", "--stage", "first", *options)
            assert log.stdout == RAW.decode(errors="surrogateescape")
            assert log.stderr == f"mltui: stage 'first' was taken over from run {first['id']}; this is its log there\n"
        assert mltui("runs", "logs", "latest", "--stage", "second").stderr == ""


def test_exec_runs_bytes_as_they_are_and_records_what_can_be_read_of_them(server, mltui, environment, tmp_path):
    folder = os.fsencode(tmp_path) + b"/w\xff"
    Path(os.fsdecode(folder)).mkdir()
    words = [
        b"--run-name",
        b"n\xff",
        b"--tag",
        b"k=\xff",
        b"--",
        b"sh",
        b"-c",
        b'printf %s "$1" "$PWD"',
        b"sh",
        b"a\xffb",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mltui", "exec", *words],
        cwd=folder,
        env=environment | {"LOGNAME": "ad\udcffa", "PWD": os.fsdecode(folder)},
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"a\xffb" + folder, b"")
    run = json.loads(mltui("runs", "show", "latest", "--json").stdout)
    assert (run["name"], run["status"], run["tags"]) == ("n\ufffd", "completed", {"k": "\ufffd"})
    (execution,) = run["executions"]
    assert execution["command"][-1] == "a\ufffdb"
    assert execution["directory"] == f"{tmp_path}/w\ufffd"
    missing = mltui("exec", "--", os.fsdecode(b"no\xff"), code=127)
    assert missing.stderr.startswith("mltui: command not found: no")
    run = json.loads(mltui("runs", "show", "latest", "--json").stdout)
    assert run["error_message"] == "command not found: no\ufffd"


def test_exec_makes_a_run_of_any_command_with_metrics(server, mltui, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        "import mltui, sys\n"
        "with mltui.start_run('mine') as run:\n"
        "    for step in range(10):\n"
        "        run.log({'loss': 1 / (step + 1), 'gone': float('nan')}, step=step)\n"
        "print('trained')\n"
        "sys.exit(3)\n"
    )
    done = mltui("exec", "--run-name", "mine", "--tag", "who=ada", "--", "python", script, "--help", code=3)
    assert done.stdout == "trained\n"
    run = json.loads(mltui("runs", "show", "latest", "--json").stdout)
    assert (run["name"], run["status"], run["tags"], run["trigger_type"]) == (
        "mine",
        "failed",
        {"who": "ada"},
        "external",
    )
    assert mltui("runs", "logs", "latest").stdout == "trained\n"
    table = mltui("runs", "metrics", "latest", "--key", "loss", "--key", "gone").stdout.splitlines()
    assert table[0].split() == ["METRIC", "LAST", "MIN", "MAX", "STEP", "COUNT", "NONFINITE"]
    assert table[1].split() == ["loss", "0.1", "0.1", "1", "9", "10", "0"]
    assert table[2].split() == ["gone", "NaN", "-", "-", "9", "10", "10"]
    keys = [summary["key"] for summary in json.loads(mltui("runs", "metrics", "latest", "--json").stdout)]
    assert keys == ["gone", "loss"]
    csv = mltui("runs", "metrics", "latest", "--csv", "--key", "loss").stdout.splitlines()
    assert len(csv) == 11
    assert "no metric 'acc'" in mltui("runs", "metrics", "latest", "--key", "acc", code=1).stderr
    [listed] = json.loads(mltui("runs", "ls", "--metric", "loss", "--json").stdout)
    assert listed["metrics"] == {"loss": 0.1}

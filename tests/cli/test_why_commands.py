"""`mltui runs code` and `mltui runs why`, as a person types them after a run went wrong."""

import json
import subprocess
from textwrap import dedent

PIPELINE = """
name: small
parameters: {rows: good}
stages:
  - name: train
    directory: %s
    command: |
      python -c "
      import os
      print('\\\\x1b[31mreading\\\\x1b[0m')
      {'good': 1}[os.environ['MLTUI_PARAM_ROWS']]"
"""


def test_why_a_run_failed_and_what_it_ran_from(server, mltui, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    for words in (["init", "-q", "-b", "main"], ["config", "user.email", "a@b"], ["config", "user.name", "ada"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    (folder / "train.py").write_text("lr = 1\n")
    subprocess.run("git add . && git commit -qm first", cwd=folder, check=True, shell=True)
    (tmp_path / "pipeline.yaml").write_text(dedent(PIPELINE % folder))
    mltui("pipelines", "apply", tmp_path / "pipeline.yaml")
    mltui("runs", "start", "small", "--watch")
    good = json.loads(mltui("runs", "ls", "--json").stdout)[0]["id"]
    assert "did not fail: it completed" in mltui("runs", "why", good, code=1).stderr
    (folder / "train.py").write_text("lr = 2\n")
    mltui("runs", "start", "small", "-p", "rows=bad", "--watch", code=1)

    said = mltui("runs", "why", "latest").stdout
    assert said.startswith("small-2 failed in train on ")
    assert "exit code 1" in said.splitlines()[0]
    assert "FIRST ERROR, line 4 of 4\n  KeyError: 'bad'\n" in said
    assert "\x1b" not in said
    assert "\n  reading\n" in said
    assert "SINCE small-1, the last good run" in said
    rows = [line.split(maxsplit=1) for line in said[said.index("WHAT") :].splitlines()[1:]]
    assert {row[0] for row in rows} == {"code", "parameter"}
    assert any("uncommitted changes" in row[1] and "none" in row[1] for row in rows)
    assert json.loads(mltui("runs", "why", "latest", "--json").stdout)["cause"] == "exit_code"

    said = mltui("runs", "code", "latest").stdout
    assert said.startswith("train  20")
    assert "changed      +1 -1 lines; --diff shows them" in said
    assert "msgspec==" in mltui("runs", "code", "latest", "--packages").stdout
    diff = mltui("runs", "code", "latest", "--diff").stdout
    subprocess.run(["git", "checkout", "-q", "train.py"], cwd=folder, check=True)
    subprocess.run(["git", "apply"], input=diff.encode(), cwd=folder, check=True)
    assert (folder / "train.py").read_text() == "lr = 2\n"
    assert json.loads(mltui("runs", "code", good, "--json").stdout)[0]["dirty"] is False


def test_a_run_of_which_nobody_told_the_code(server, mltui):
    import httpx

    httpx.post(f"{server.url}/api/v1/runs", json={"name": "one"})
    assert mltui("runs", "code", "latest").stdout.startswith("nobody has told")
    assert mltui("runs", "code", "latest", "--diff").stdout == ""


def test_a_long_line_is_shown_by_its_ends(server, mltui, tmp_path):
    (tmp_path / "pipeline.yaml").write_text("name: long\nstages: [{name: a, command: 'printf %05000d 7; exit 1'}]\n")
    mltui("pipelines", "apply", tmp_path / "pipeline.yaml")
    mltui("runs", "start", "long", "--watch", code=1)
    assert f"\n  {'0' * 200} … 4,700 characters … {'7':0>100}\n" in mltui("runs", "why", "latest").stdout
    why = json.loads(mltui("runs", "why", "latest", "--json").stdout)
    assert [len(line["text"]) for line in why["tail"] if line["text"].startswith("0")] == [5000]


def test_changes_that_git_cannot_apply_are_named_and_nothing_else_is_lost(server, mltui, tmp_path, monkeypatch):
    repository = tmp_path / "repository"
    repository.mkdir()

    def git(*words):
        who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com"]
        done = subprocess.run(["git", *who, *words], cwd=repository, capture_output=True, check=True)
        return done.stdout

    before = {
        "a b.env": b"TOKEN=aaaabbbbcccc\na=1\n", "crlf": b"1\r\n\x0c\r\n", "latin": b"gr\xfc\xdfe\n", "bin": b"\0a",
        "end": b"x",
    }  # fmt: skip
    after = {
        "a b.env": b"TOKEN=ddddeeeeffff\na=1\n", "crlf": b"2\r\n\x0c\r\n", "latin": b"gr\xfc\xdf\n", "bin": b"\0b",
        "end": b"y",
    }  # fmt: skip
    git("init", "-q")
    for files in (before, after):
        for name, content in files.items():
            (repository / name).write_bytes(content)
        if files is before:
            git("add", "-A")
            git("commit", "-qm", "first")
    monkeypatch.chdir(repository)
    mltui("exec", "--", "sleep", "0.2")
    printed = mltui("runs", "code", "latest", "--diff")
    said = [line.removeprefix("mltui: main: ").partition(": ")[0] for line in printed.stderr.splitlines()]
    assert said == [
        "2 lines with *** in a b.env",
        "2 lines with bytes that are not UTF-8 in latin",
        "no changes of binary files are kept, here bin",
        "`git apply --exclude=FILE` leaves a file out",
    ]
    (tmp_path / "diff").write_bytes(printed.stdout.encode())
    git("checkout", "-q", ".")
    git("apply", "--exclude=a b.env", "--exclude=latin", "--exclude=bin", str(tmp_path / "diff"))
    kept = {"crlf", "end"}
    assert {name: (repository / name).read_bytes() for name in before} == {
        name: (after if name in kept else before)[name] for name in before
    }

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


def test_changes_with_masked_lines_say_that_git_cannot_apply_them(server, mltui):
    import httpx

    run = httpx.post(f"{server.url}/api/v1/runs", json={"name": "one"}).json()["id"]
    changes = "--- a/x.env\n+++ b/x.env\n@@ -1,2 +1,2 @@\n-TOKEN=***\n+TOKEN=***\n a=1\n"
    told = {"scope": "main", "captured_at": "2026-03-14T14:54:46Z", "dirty": True, "diff": changes}
    assert httpx.post(f"{server.url}/api/v1/runs/{run}/code", json=told).is_success
    printed = mltui("runs", "code", "latest", "--diff")
    assert printed.stdout == changes
    assert "main: 2 lines with ***: where that hides a secret, `git apply` refuses the changes" in printed.stderr

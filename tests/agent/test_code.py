"""What is told of the code that a command and a program ran from: once, beside them, and never at their cost."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from agent_processes import Agents, program
from recording_server import RecordingServer

from mltui.agent.git import git_state
from mltui.agent.interpreter import interpreter_of
from mltui.agent.oom import memory_limit
from mltui.wire.code import MAX_DIFF, MAX_UNTRACKED, RecordCode
from mltui.wire.masking import Mask
from mltui.wire.secrets import HIDDEN


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=ada", "-c", "user.email=ada@example.org", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "train.py").write_text("lr = 0.1\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "remote", "add", "origin", "https://ada:s3cret@git.example/team/code.git")
    return folder


def told(server: RecordingServer) -> RecordCode:
    ((_, code),) = server.stored.codes
    return code


def test_an_agent_tells_from_what_its_command_runs(server: RecordingServer, agents: Agents, repository: Path) -> None:
    (repository / "train.py").write_text("lr = 0.2\n")
    (repository / "notes.txt").write_text("private")
    where = f"cd {repository} && exec {sys.executable} -c 'print(1)' --token abcdefgh"
    agents.env["OMP_NUM_THREADS"], agents.env["HF_TOKEN"] = "4", "hf-secret-value"
    agent = agents.python(
        "import os, sys; os.chdir(sys.argv.pop(1))\n"
        "from mltui.agent.execute import run_exec\n"
        "sys.exit(run_exec(sys.argv[2:], url=sys.argv[1], run_name='s', pipeline='default', tags={}))",
        str(repository), server.url, "sh", "-c", where,
    )  # fmt: skip
    agent.communicate()
    code = told(server)
    assert (code.scope, code.commit, code.branch) == ("main", git(repository, "rev-parse", "HEAD"), "main")
    assert code.remote == f"https://{HIDDEN}@git.example/team/code.git"
    assert code.dirty is True
    assert "-lr = 0.1\n+lr = 0.2\n" in code.diff
    assert (code.untracked, code.untracked_more) == (["notes.txt"], 0)
    assert code.command == ["sh", "-c", where.replace("abcdefgh", HIDDEN)]
    assert (code.directory, code.executable) == (str(repository), sys.executable)
    assert code.python == f"CPython {sys.version.split()[0]}"
    assert code.packages["msgspec"]
    assert 0 < code.memory_limit <= psutil.virtual_memory().total
    assert (code.environment["OMP_NUM_THREADS"], code.environment["HF_TOKEN"]) == ("4", HIDDEN)
    assert "HOME" not in code.environment
    (create,) = server.stored.executions.values()
    assert create.command == code.command, "nor does the secret leave with the execution"


def test_the_command_itself_is_given_the_secret(server: RecordingServer, agents: Agents) -> None:
    out, _ = agents.exec("echo", "--password=hunter22").communicate()
    assert out == b"--password=hunter22\n"


def test_a_git_that_hangs_delays_neither_the_command_nor_its_end(
    server: RecordingServer, agents: Agents, tmp_path: Path
) -> None:
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nexec sleep 1000\n")
    (slow / "git").chmod(0o755)
    agent = agents.exec("sh", "-c", "echo begun; exit 3", PATH=f"{slow}:{os.environ['PATH']}")
    out, err = agent.communicate()
    assert (out, err, agent.returncode) == (b"begun\n", b"", 3)
    assert server.stored.codes == [], "there was nothing to tell when the command had ended"


def test_without_git_the_rest_is_told(server: RecordingServer, agents: Agents, tmp_path: Path) -> None:
    alone = tmp_path / "bin"
    alone.mkdir()
    (alone / "sh").symlink_to(shutil.which("sh") or "")
    agents.exec("sh", "-c", "exit 0", PATH=str(alone)).communicate()
    code = told(server)
    assert (code.commit, code.trouble) == (None, "git was not found")
    assert code.command == ["sh", "-c", "exit 0"]


def test_a_program_tells_of_itself_and_under_an_agent_of_its_interpreter(
    server: RecordingServer, agents: Agents, repository: Path
) -> None:
    code = f"os.chdir({str(repository)!r})\nwith mltui.start_run('alone'): pass"
    program(agents, code).communicate()
    alone = told(server)
    assert (alone.scope, alone.branch, alone.executable) == ("main", "main", sys.executable)
    assert alone.packages["msgspec"]
    server.stored.codes.clear()
    # A launcher that nobody can look into from outside.
    launcher = repository / "launch"
    launcher.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'import mltui\nwith mltui.start_run(\"x\"): pass'\n")
    launcher.chmod(0o755)
    agents.exec(str(launcher)).communicate()
    by_agent, by_program = sorted((code for _, code in server.stored.codes), key=lambda code: bool(code.python))
    assert by_agent.command == [str(launcher)]
    assert by_program.python == alone.python
    assert {run_id for run_id, _ in server.stored.codes} == {work.run_id for work in server.stored.works.values()}


def test_the_state_of_a_repository_is_bounded_and_says_so(repository: Path) -> None:
    (repository / "train.py").write_text("".join(f"x{i} = {i}\n" for i in range(60_000)))
    for i in range(MAX_UNTRACKED + 7):
        (repository / f"data-{i:04}.bin").write_text("")
    state = git_state(str(repository), os.environ, Mask({}))
    assert state.diff_cut
    assert MAX_DIFF * 0.9 < len(state.diff) <= MAX_DIFF
    assert state.diff.endswith("\n")
    assert (len(state.untracked), state.untracked_more) == (MAX_UNTRACKED, 7)


def test_what_git_cannot_tell_is_said(tmp_path: Path, repository: Path) -> None:
    assert git_state(str(tmp_path), os.environ, Mask({})).trouble.startswith("not a git repository")
    git(repository, "checkout", "-q", "--detach")
    git(repository, "remote", "remove", "origin")
    state = git_state(str(repository), os.environ, Mask({}))
    assert (state.branch, state.remote, state.dirty, state.trouble) == (None, None, False, "")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    git(fresh, "init", "-q", "-b", "main")
    assert (git_state(str(fresh), os.environ, Mask({})).commit, state.diff) == (None, "")


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (["PYTHON", "train.py"], True),
        (["sh", "-c", "cd /tmp && A=1 PYTHON train.py | tee log"], True),
        (["bash", "-c", "source x; exec PYTHON train.py"], True),
        (["SCRIPT", "--lr", "1"], True),
        (["uv", "run", "PYTHON", "train.py"], False),
        (["docker", "run", "image", "PYTHON"], False),
        (["sh", "-c", "echo 'open"], False),
        (["sleep", "1"], False),
    ],
)
def test_the_interpreter_is_told_only_where_it_is_sure(tmp_path: Path, command: list[str], found: bool) -> None:
    script = tmp_path / "torchrun"
    script.write_text(f"#!{sys.executable}\nprint(1)\n")
    script.chmod(0o755)
    words = [word.replace("PYTHON", sys.executable).replace("SCRIPT", str(script)) for word in command]
    assert interpreter_of(words, str(tmp_path), os.environ) == (sys.executable if found else None)


@pytest.mark.parametrize(
    ("cgroup", "files", "limit"),
    [
        ("0::/a/b\n", {"a/memory.max": "4096", "a/b/memory.max": "max"}, 4096),
        ("0::/\n", {"memory.max": "8192"}, 8192),
        ("0::/a\n", {"a/memory.max": "max"}, None),
        ("4:memory:/docker/x\n0::/\n", {"memory/docker/x/memory.limit_in_bytes": "1024"}, 1024),
        ("4:memory:/x\n", {"memory/x/memory.limit_in_bytes": "9223372036854771712"}, None),
    ],
)
def test_the_bound_of_memory_is_that_of_the_control_group(
    tmp_path: Path, cgroup: str, files: dict[str, str], limit: int | None
) -> None:
    for name, text in {"proc/self/cgroup": cgroup, **{f"sys/fs/cgroup/{k}": v for k, v in files.items()}}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert memory_limit(tmp_path) == limit

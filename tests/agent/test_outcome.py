"""How a command ended: exit codes as a shell gives them, signals, commands that never began, the kernel's kills."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from agent_processes import Agents
from recording_server import RecordingServer, work

from mltui.agent.oom import oom_kills
from mltui.wire.executions import Finish
from mltui.wire.logs import AGENT

EXECUTION = str(uuid4())
"""Of this test process alone: a guard ends every process of its execution on the machine."""


def only_finish(server: RecordingServer) -> Finish:
    (finish,) = server.stored.finishes.values()
    return finish


@pytest.mark.parametrize("code", [0, 1, 3, 137])
def test_the_exit_code_is_the_commands(server: RecordingServer, agents: Agents, code: int) -> None:
    agent = agents.exec("sh", "-c", f"exit {code}")
    agent.communicate()
    assert agent.returncode == code
    finish = only_finish(server)
    assert (finish.exit_code, finish.signal, finish.cancelled, finish.oom_killed) == (code, None, False, False)
    assert finish.completed_at >= finish.started_at


def test_a_signal_is_no_exit_code(server: RecordingServer, agents: Agents) -> None:
    agent = agents.exec("sh", "-c", "kill -SEGV $$")
    agent.communicate()
    assert agent.returncode == 128 + signal.SIGSEGV
    assert (only_finish(server).exit_code, only_finish(server).signal) == (None, signal.SIGSEGV)


def test_a_command_that_is_not_there(server: RecordingServer, agents: Agents) -> None:
    agent = agents.exec("trian.py")
    _, err = agent.communicate()
    assert agent.returncode == 127
    assert b"command not found: trian.py" in err
    assert only_finish(server).error_message == "command not found: trian.py"
    (execution_id,) = server.stored.executions
    assert b"command not found: trian.py" in server.stored.log(execution_id, AGENT)


def test_a_file_that_is_no_program(server: RecordingServer, agents: Agents, tmp_path: Path) -> None:
    script = tmp_path / "notes.txt"
    script.write_text("hello")
    agent = agents.exec(str(script))
    agent.communicate()
    assert agent.returncode == 126
    assert only_finish(server).error_message == f"not executable: {script}"


def test_a_directory_that_is_not_there(server: RecordingServer, agents: Agents) -> None:
    server.stored.works[EXECUTION] = work(EXECUTION, ["true"], directory="/nowhere/at/all")
    agents.claimed(EXECUTION).communicate()
    assert only_finish(server).error_message == "directory not found: /nowhere/at/all"


def test_a_claimed_command_finds_its_place_and_its_run(server: RecordingServer, agents: Agents, tmp_path: Path) -> None:
    given = work(EXECUTION, ["sh", "-c", "pwd; env"], directory=str(tmp_path), env={"COLOUR": "blue"}, scope="train-a")
    server.stored.works[EXECUTION] = given
    agents.claimed(EXECUTION).communicate()
    where, *env = server.stored.log(EXECUTION, 1).decode().splitlines()
    assert where == str(tmp_path)
    assert {
        "COLOUR=blue",
        f"MLTUI_RUN_ID={given.run_id}",
        f"MLTUI_EXECUTION_ID={EXECUTION}",
        "MLTUI_SCOPE=train-a",
        f"MLTUI_URL={server.url}",
        "PYTHONUNBUFFERED=1",
    } <= set(env)
    beat = server.stored.heartbeats[EXECUTION][0]
    assert beat.pid and beat.started_at == only_finish(server).started_at


@pytest.fixture
def small_cgroup() -> Iterator[Path]:
    """A cgroup with 64 MiB of memory, where this machine lets us make one."""
    own = next((line for line in Path("/proc/self/cgroup").read_text().splitlines() if ":memory:" in line), None)
    if own is None:
        pytest.skip("no memory controller of cgroup v1")
    group = Path("/sys/fs/cgroup/memory") / own.split(":", 2)[2].lstrip("/") / f"mltui-{uuid4().hex[:8]}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"cannot make a cgroup: {error}")
    (group / "memory.limit_in_bytes").write_text(str(64 * 1024 * 1024))
    yield group
    group.rmdir()


def test_the_kernels_kill_for_memory_is_told_apart(server: RecordingServer, agents: Agents, small_cgroup: Path) -> None:
    server.stored.works[EXECUTION] = work(EXECUTION, [sys.executable, "-c", "b'x' * 500_000_000"])
    code = (
        f"import os; open({str(small_cgroup / 'cgroup.procs')!r}, 'w').write(str(os.getpid()));"
        "import sys; from mltui.agent.execute import run_claimed; sys.exit(run_claimed(sys.argv[2], url=sys.argv[1]))"
    )
    agent = agents.python(code, server.url, EXECUTION)
    agent.communicate()
    assert agent.returncode == 128 + signal.SIGKILL
    assert (only_finish(server).oom_killed, only_finish(server).signal) == (True, signal.SIGKILL)


def test_a_kill_by_hand_is_not_the_kernels(server: RecordingServer, agents: Agents) -> None:
    agents.exec("sh", "-c", "kill -KILL $$").communicate()
    assert (only_finish(server).oom_killed, only_finish(server).signal) == (False, signal.SIGKILL)


@pytest.mark.parametrize(
    ("membership", "counter"),
    [
        ("0::/user.slice/run-1.scope", "sys/fs/cgroup/user.slice/run-1.scope/memory.events"),
        ("0::/", "sys/fs/cgroup/memory.events"),
        ("9:cpu,memory:/docker/ab", "sys/fs/cgroup/memory/docker/ab/memory.oom_control"),
    ],
)
def test_the_counts_of_both_kinds_of_cgroup_are_read(tmp_path: Path, membership: str, counter: str) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(membership + "\n")
    assert oom_kills(tmp_path) == 0
    (tmp_path / counter).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / counter).write_text("low 0\noom 9\noom_kill 4\n")
    assert oom_kills(tmp_path) == 4


def test_nohup_is_respected(server: RecordingServer, agents: Agents) -> None:
    """A hang-up that the shell told us to ignore does not cancel the run."""
    code = (
        "import os, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "from mltui.agent.execute import run_exec; import sys;"
        "sys.exit(run_exec(['sh', '-c', 'kill -HUP $PPID; sleep 0.2; echo lived'],"
        " url=sys.argv[1], run_name='x', pipeline='default', tags={}))"
    )
    agent = agents.python(code, server.url)
    out, _ = agent.communicate()
    assert (out, agent.returncode) == (b"lived\n", 0)
    assert not only_finish(server).cancelled

"""Stopping a command stops all of it, whatever it does against that, and says how it went."""

import os
import signal
import sys
import textwrap
from pathlib import Path
from uuid import uuid4

import psutil
from agent_processes import Agents, wait_for
from recording_server import RecordingServer, work

from mltui.wire.logs import AGENT

EXECUTION = str(uuid4())
"""Of this test process alone: a guard ends every process of its execution on the machine."""
STUBBORN = textwrap.dedent("""
    import os, signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    child += "; os.write(1, b'up\\\\n'); time.sleep(300)"
    subprocess.Popen([sys.executable, "-c", child])
    escaped = subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
    os.write(1, b"%d %d\\n" % (os.getpid(), escaped.pid))  # whole: print writes in pieces
    time.sleep(300)
""")


def lines(server: RecordingServer) -> list[bytes]:
    return server.stored.log(EXECUTION, 1).splitlines()


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_cancel_reaches_the_whole_tree(server: RecordingServer, agents: Agents) -> None:
    """A command and its children that ignore SIGTERM, one of them in a session of its own."""
    server.stored.works[EXECUTION] = work(EXECUTION, [sys.executable, "-c", STUBBORN], grace_s=0.3)
    agent = agents.claimed(EXECUTION)
    wait_for(lambda: lines(server).count(b"up") == 2 and len(lines(server)) == 3, "both children")
    pids = [int(pid) for line in lines(server) if line != b"up" for pid in line.split()]
    children = [child.pid for child in psutil.Process(agent.pid).children(recursive=True)]
    server.stored.cancel.add(EXECUTION)
    agent.communicate()
    assert agent.returncode == 128 + signal.SIGKILL
    assert not [pid for pid in pids + children if is_alive(pid)]
    finish = server.stored.finishes[EXECUTION]
    assert (finish.cancelled, finish.timed_out, finish.signal) == (True, False, signal.SIGKILL)
    assert not finish.oom_killed
    assert b"still running after 0.3 s; killing it" in server.stored.log(EXECUTION, AGENT)


def test_a_command_may_use_its_grace(server: RecordingServer, agents: Agents) -> None:
    """SIGTERM is a request: what handles it ends by itself, and its last words are in the log."""
    script = "trap 'echo saved; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    server.stored.works[EXECUTION] = work(EXECUTION, ["sh", "-c", script], grace_s=20.0)
    agent = agents.claimed(EXECUTION)
    wait_for(lambda: lines(server) == [b"ready"])
    server.stored.cancel.add(EXECUTION)
    agent.communicate()
    assert agent.returncode == 5
    assert lines(server) == [b"ready", b"saved"]
    finish = server.stored.finishes[EXECUTION]
    assert (finish.cancelled, finish.exit_code, finish.signal) == (True, 5, None)


def test_a_time_out_is_told_apart_from_a_cancel(server: RecordingServer, agents: Agents) -> None:
    server.stored.works[EXECUTION] = work(EXECUTION, ["sleep", "300"], timeout_s=0.2)
    agents.claimed(EXECUTION).communicate()
    finish = server.stored.finishes[EXECUTION]
    assert (finish.timed_out, finish.cancelled, finish.signal) == (True, False, signal.SIGTERM)
    assert b"timed out after 0.2 s" in server.stored.log(EXECUTION, AGENT)


def test_an_execution_that_has_ended_for_the_server_is_stopped(server: RecordingServer, agents: Agents) -> None:
    server.stored.works[EXECUTION] = work(EXECUTION, ["sleep", "300"])
    agent = agents.claimed(EXECUTION)
    wait_for(lambda: server.stored.heartbeats[EXECUTION])
    from mltui.wire.executions import Finish

    server.stored.finishes[EXECUTION] = Finish(error_message="agent lost")
    agent.communicate()
    assert agent.returncode == 128 + signal.SIGTERM


def test_ctrl_c_in_a_shell_cancels(server: RecordingServer, agents: Agents) -> None:
    agent = agents.exec("sh", "-c", "echo ready; exec sleep 300")
    assert agent.stdout is not None
    agent.stdout.readline()
    agent.send_signal(signal.SIGINT)
    agent.communicate()
    assert agent.returncode == 128 + signal.SIGTERM
    (finish,) = server.stored.finishes.values()
    assert finish.cancelled


def test_a_second_ctrl_c_does_not_wait_for_the_grace(server: RecordingServer, agents: Agents) -> None:
    agent = agents.exec("sh", "-c", "trap 'echo no' TERM; echo ready; while :; do sleep 0.05; done")
    assert agent.stdout is not None
    agent.stdout.readline()
    agent.send_signal(signal.SIGINT)
    assert agent.stdout.readline() == b"no\n"
    agent.send_signal(signal.SIGINT)
    agent.communicate()
    assert agent.returncode == 128 + signal.SIGKILL


def test_killing_the_agent_kills_what_it_ran(server: RecordingServer, agents: Agents) -> None:
    """Also the children of a shell, and a grandchild in a session of its own, which no kernel call reaches."""
    script = "setsid sleep 301 & echo $!; sleep 302 & echo $!; echo $$; wait"
    server.stored.works[EXECUTION] = work(EXECUTION, ["sh", "-c", script])
    agent = agents.claimed(EXECUTION)
    wait_for(lambda: len(lines(server)) == 3)
    children = [child.pid for child in psutil.Process(agent.pid).children(recursive=True)]
    assert len(children) >= 4, "the command, two children, the guard"
    os.kill(agent.pid, signal.SIGKILL)
    wait_for(lambda: not [pid for pid in children if is_alive(pid)], "everything to be gone")


def test_only_the_first_claimer_works(server: RecordingServer, agents: Agents, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    server.stored.works[EXECUTION] = work(EXECUTION, ["sh", "-c", f"echo x >> {marker}"])
    for _ in range(2):
        agent = agents.claimed(EXECUTION)
        _, err = agent.communicate()
        assert agent.returncode == 0
    assert b"is claimed by another agent" in err
    assert marker.read_text() == "x\n"

"""Nothing is lost while the server is away, and nothing arrives twice when it is back."""

import itertools
import os
import re
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from agent_processes import Agents, wait_for
from recording_server import RecordingServer, Refusal, work

from mltui.agent.sync import SyncReport, sync
from mltui.wire.logs import AGENT, STDOUT

EXECUTION = str(uuid4())
"""Of this test process alone: a guard ends every process of its execution on the machine."""
NOBODY = "http://127.0.0.1:1"


def sync_now(server: RecordingServer) -> tuple[SyncReport, list[str]]:
    said: list[str] = []
    return sync(url=server.url, say=said.append), said


def test_a_run_without_a_server_is_shipped_by_sync_once(server: RecordingServer, agents: Agents, spool: Path) -> None:
    server.stop()
    agent = agents.exec("seq", "1", "5000", MLTUI_DRAIN_S="0.1")
    out, err = agent.communicate()
    assert agent.returncode == 0
    assert f"the rest is kept in {spool}".encode() in err
    assert b"`mltui sync` ships it" in err

    report, _ = sync_now(server)
    assert report.shipped == 0
    assert report.left >= 4, "creation, log, samples, end"
    server.start()
    left = report.left
    report, said = sync_now(server)
    assert (report.shipped, report.refused, report.left, said) == (left, 0, 0, [])
    (execution_id,) = server.stored.executions
    assert server.stored.log(execution_id, STDOUT) == out
    assert server.stored.finishes[execution_id].exit_code == 0
    assert list(spool.iterdir()) == []
    assert sync_now(server)[0] == SyncReport()


def test_the_command_does_not_notice_an_outage(server: RecordingServer, agents: Agents) -> None:
    """The server goes away while the command writes, comes back, and has every byte in order."""
    script = "for i in $(seq 1 40); do echo line $i; sleep 0.05; done"
    server.stored.works[EXECUTION] = work(EXECUTION, ["sh", "-c", script])
    agent = agents.claimed(EXECUTION)
    wait_for(lambda: server.stored.logs[EXECUTION])
    server.stop()
    beats, seen = len(server.stored.heartbeats[EXECUTION]), len(server.stored.logs[EXECUTION])
    assert seen < 40
    server.start()
    wait_for(lambda: len(server.stored.heartbeats[EXECUTION]) > beats, "heartbeats to resume")
    agent.communicate()
    assert agent.returncode == 0
    assert server.stored.log(EXECUTION, STDOUT) == b"".join(b"line %d\n" % i for i in range(1, 41))


def test_an_agent_waits_for_its_server_to_come_back(server: RecordingServer, agents: Agents, spool: Path) -> None:
    """The engine's agent outlives its command for as long as something is to be shipped, and beats meanwhile."""
    server.stored.works[EXECUTION] = work(EXECUTION, ["sh", "-c", "echo begun; sleep 0.5; echo ended"])
    agent = agents.claimed(EXECUTION)
    wait_for(lambda: server.stored.logs[EXECUTION])
    server.stop()
    wait_for(lambda: list(spool.glob("*/2-finish")), "the command to end")
    assert agent.poll() is None
    beats = len(server.stored.heartbeats[EXECUTION])
    server.refuse = lambda path, body: Refusal(503, "starting") if "heartbeat" not in path else None
    server.start()
    wait_for(lambda: len(server.stored.heartbeats[EXECUTION]) > beats, "a heartbeat after the command's end")
    server.refuse = lambda path, body: None
    agent.communicate()
    assert server.stored.log(EXECUTION, STDOUT) == b"begun\nended\n"
    assert EXECUTION in server.stored.finishes
    assert list(spool.iterdir()) == []


def test_an_answer_lost_on_the_way_is_asked_for_again(server: RecordingServer, agents: Agents) -> None:
    """Stored, but the connection broke before the answer: sent again and stored once."""
    server.lose_answers = 6
    agent = agents.exec(sys.executable, "-c", "import time\nfor i in range(8): print(i, flush=True); time.sleep(0.3)")
    agent.communicate()
    assert agent.returncode == 0
    (execution_id,) = server.stored.executions
    assert server.lose_answers == 0
    assert server.stored.log(execution_id, STDOUT) == b"0\n1\n2\n3\n4\n5\n6\n7\n"


def test_what_a_killed_agent_had_is_shipped_by_sync(server: RecordingServer, agents: Agents, spool: Path) -> None:
    server.stop()
    program = "import sys, time\nfor i in range(1000): print(i)\nsys.stdout.flush(); time.sleep(300)"
    agent = agents.exec(sys.executable, "-c", program)
    assert agent.stdout is not None
    while agent.stdout.readline() != b"999\n":
        continue
    wait_for(lambda: b"999\n" in b"".join(path.read_bytes() for path in spool.rglob("*.seg")), "the log to be kept")
    assert sync_now(server)[0] == SyncReport(), "what a live agent has is its own to ship"
    os.kill(agent.pid, signal.SIGKILL)
    agent.wait()
    server.start()
    report, _ = sync_now(server)
    assert report.shipped > 0
    (execution_id,) = server.stored.executions
    assert server.stored.log(execution_id, STDOUT) == b"".join(b"%d\n" % i for i in range(1000))
    assert execution_id not in server.stored.finishes, "the server's lease says how it ended"
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize("room", [True, False])
def test_sync_comes_back_when_a_full_server_says_so(
    server: RecordingServer, agents: Agents, spool: Path, room: bool
) -> None:
    """It has room for one record each time that somebody comes back, or for none."""
    server.stop()
    agents.exec("echo", "hello").communicate()
    asked = itertools.count()
    server.refuse = lambda path, body: None if room and next(asked) % 2 else Refusal(503, "full", after_s=0)
    server.start()
    report, said = sync_now(server)
    assert (report.shipped > 0, report.left > 0) == (room, not room)
    assert (said == []) == room
    assert all("the server takes no more just now" in line and "answered 503: full" in line for line in said)
    server.refuse = lambda path, body: None
    assert sync_now(server)[0].left == 0
    (execution_id,) = server.stored.executions
    assert server.stored.log(execution_id, STDOUT) == b"hello\n"


def test_what_the_server_refuses_is_set_aside_and_blocks_nothing(
    server: RecordingServer, agents: Agents, spool: Path
) -> None:
    """One chunk of the log is refused: the rest arrives, with a note in its place."""

    def refuse(path: str, body: bytes) -> Refusal | None:
        return Refusal(413, "too long a story") if b"secret\n" in body and path.endswith("/log") else None

    server.refuse = refuse
    script = "echo before; sleep 0.6; echo secret; sleep 0.6; echo after"
    agent = agents.exec("sh", "-c", script)
    _, err = agent.communicate()
    assert agent.returncode == 0
    assert err.count(b"mltui:") == 1
    assert b"(413): too long a story" in err
    (execution_id,) = server.stored.executions
    assert server.stored.log(execution_id, STDOUT) == b"before\nafter\n"
    assert b"the server refused a piece of the log" in server.stored.log(execution_id, AGENT)
    assert execution_id in server.stored.finishes
    (reason,) = spool.glob("*/refused/*.json")
    (body,) = spool.glob("*/refused/*.body")
    assert "too long a story" in reason.read_text()
    assert b"secret\n" in body.read_bytes()


def test_sync_leaves_what_is_for_another_server(server: RecordingServer, agents: Agents, spool: Path) -> None:
    elsewhere = Agents(NOBODY, agents.env)
    elsewhere.exec("echo", "hi", MLTUI_DRAIN_S="0").communicate()
    report, said = sync_now(server)
    assert report == SyncReport()
    assert f"mltui sync --url {NOBODY}" in said[0]
    assert len(list(spool.iterdir())) == 1


def test_a_full_spool_harms_nobody(server: RecordingServer, agents: Agents, spool: Path) -> None:
    """With no server and no room, the command runs to its end; the loss is said once, and in the log."""
    server.stop()
    agent = agents.exec("seq", "1", "200000", MLTUI_SPOOL_MAX="300000", MLTUI_DRAIN_S="0")
    out, err = agent.communicate()
    assert agent.returncode == 0
    assert out.endswith(b"200000\n")
    assert err.count(b"the spool is full (MLTUI_SPOOL_MAX)") == 1
    assert sum(path.stat().st_size for path in spool.rglob("*") if path.is_file()) < 400_000
    server.start()
    sync_now(server)
    (execution_id,) = server.stored.executions
    kept = [int(line) for line in server.stored.log(execution_id, STDOUT).split()]
    assert kept == sorted(set(kept))
    assert 0 < len(kept) < 200_000
    note = re.search(rb"mltui: (\d+) log records are missing here", server.stored.log(execution_id, AGENT))
    assert (note is None) == (kept[0] == 1), "what is missing before something kept is said in its place"
    if note is not None:
        assert int(note[1]) == kept[0] - 1
    assert server.stored.finishes[execution_id].exit_code == 0


def test_without_any_room_a_run_still_begins_and_ends_and_says_what_is_missing(
    server: RecordingServer, agents: Agents
) -> None:
    agent = agents.exec("sh", "-c", "echo hi; exit 3", MLTUI_SPOOL_MAX="10")
    out, err = agent.communicate()
    assert (agent.returncode, out) == (3, b"hi\n")
    assert err.count(b"the spool is full (MLTUI_SPOOL_MAX)") == 1
    (execution_id,) = server.stored.executions
    assert server.stored.finishes[execution_id].exit_code == 3
    assert server.stored.log(execution_id, STDOUT) == b""
    assert b"mltui: 1 log records are missing here: the spool was full" in server.stored.log(execution_id, AGENT)


def test_a_server_that_hangs_does_not_hold_the_shell(agents: Agents) -> None:
    """It accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hung = Agents(f"http://127.0.0.1:{silent.getsockname()[1]}", agents.env)
        process = hung.exec("echo", "hi", MLTUI_DRAIN_S="0.2")
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, b"hi\n")
        assert b"kept in" in err


@pytest.mark.parametrize("url", ["localhost:8642", "ftp://somewhere", ""])
def test_an_address_that_is_none_is_said_at_once(url: str, spool: Path) -> None:
    with pytest.raises(ValueError, match="is not a server's address"):
        sync(url=url, say=print)


def test_a_spool_that_cannot_be_written_is_replaced(server: RecordingServer, agents: Agents, tmp_path: Path) -> None:
    """A home folder that is read-only, as in many containers: the run is tracked all the same."""
    (tmp_path / "file").touch()
    agent = agents.exec("echo", "hi", MLTUI_SPOOL=str(tmp_path / "file/spool"), TMPDIR=str(tmp_path))
    out, err = agent.communicate()
    assert (agent.returncode, out) == (0, b"hi\n")
    assert b"cannot be written (Not a directory); using " in err
    (execution_id,) = server.stored.executions
    assert server.stored.log(execution_id, STDOUT) == b"hi\n"


def test_two_syncs_at_once_ship_everything_once(server: RecordingServer, agents: Agents, spool: Path) -> None:
    server.stop()
    for _ in range(3):
        agents.exec("seq", "1", "100", MLTUI_DRAIN_S="0").communicate()
    server.start()
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: sync_now(server)[0], range(2)))
    assert sum(report.refused + report.left for report in reports) == 0
    assert len(server.stored.executions) == 3
    for execution_id in server.stored.executions:
        assert server.stored.log(execution_id, STDOUT).count(b"\n") == 100
    assert list(spool.iterdir()) == []


def test_a_torn_tail_costs_the_torn_record_and_is_said(server: RecordingServer, agents: Agents, spool: Path) -> None:
    """The power failed in the middle of a write."""
    server.stop()
    agents.exec("seq", "1", "100", MLTUI_DRAIN_S="0").communicate()
    (segment,) = spool.glob("*/2-finish/*.seg")
    os.truncate(segment, segment.stat().st_size - 3)
    server.start()
    report, said = sync_now(server)
    assert (report.refused, report.left) == (0, 0)
    assert "were no whole records" in said[0]
    (execution_id,) = server.stored.executions
    assert server.stored.log(execution_id, STDOUT).count(b"\n") == 100
    assert server.stored.finishes == {}
    assert list(spool.iterdir()) == []

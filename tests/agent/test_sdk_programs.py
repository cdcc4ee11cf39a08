"""What a training program logs is what the server has: every sample once, whatever happens to either."""

import os
import signal
import sys
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from agent_processes import Agents, program, wait_for
from recording_server import RecordingServer, Refusal, ended, work

import mltui
from mltui.agent.frames import MAGIC, read_frame
from mltui.agent.sync import SyncReport, sync
from mltui.wire.samples import SampleBatch
from mltui.wire.states import Status

EXECUTION = str(uuid4())
"""Of this test process alone: a guard ends every process of its execution on the machine."""


def samples_on_disk(spool: Path) -> int:
    count = 0
    for path in spool.rglob("*.seg"):
        with path.open("rb") as file:
            at = len(MAGIC)
            while (found := read_frame(file.fileno(), at)) is not None:
                record, at = found
                if record.path.endswith("/samples"):
                    batch = msgspec.msgpack.decode(record.body, type=SampleBatch)
                    count += sum(len(series.values) for series in batch.series)
    return count


@pytest.mark.parametrize(
    ("last_line", "status", "message"),
    [
        ("", Status.COMPLETED, None),
        ("raise ValueError('bad data')", Status.FAILED, "ValueError: bad data"),
        ("raise KeyboardInterrupt", Status.CANCELLED, None),
    ],
)
def test_a_program_that_never_says_finish(
    server: RecordingServer, agents: Agents, last_line: str, status: Status, message: str | None
) -> None:
    program(agents, f"mltui.start_run('forgets').log({{'x': 1.0}})\n{last_line}").communicate()
    assert server.stored.values("x") == [1.0]
    assert ended(server) == (status, message)


FORKS = """
import multiprocessing
run = mltui.start_run("forks")
def child(n):
    for i in range(100):
        run.log({f"child{n}": i})
for i in range(50):
    run.log({"parent": i})
context = multiprocessing.get_context("fork")
workers = [context.Process(target=child, args=(n,)) for n in range(3)]
if (pid := os.fork()) == 0:
    run.log({"raw": 1.0})
    sys.exit(0)
os.waitpid(pid, 0)
for worker in workers: worker.start()
silent = context.Process(target=time.time); silent.start(); silent.join()
for worker in workers: worker.join(); assert worker.exitcode == 0
for i in range(50, 100):
    run.log({"parent": i})
run.finish()
"""


def test_forked_children_log_for_themselves(server: RecordingServer, agents: Agents, spool: Path) -> None:
    """DataLoader workers: no deadlock, nothing of the parent's twice, nothing of theirs lost, one end."""
    process = program(agents, FORKS)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert server.stored.values("parent") == [float(i) for i in range(100)]
    for n in range(3):
        assert server.stored.values(f"child{n}") == [float(i) for i in range(100)]
    assert server.stored.values("raw") == [1.0]
    assert len(server.stored.run_ends) == 1
    assert list(spool.iterdir()) == []


def test_a_program_without_a_server_is_shipped_by_sync(server: RecordingServer, agents: Agents, spool: Path) -> None:
    server.stop()
    code = "with mltui.start_run('offline') as run:\n for i in range(12_345): run.log({'x': i})"
    process = program(agents, code, MLTUI_DRAIN_S="0")
    _, err = process.communicate()
    assert process.returncode == 0
    assert b"`mltui sync` ships it" in err
    server.start()
    report = sync(url=server.url, say=print)
    assert (report.refused, report.left) == (0, 0)
    assert server.stored.values("x") == [float(i) for i in range(12_345)]
    assert ended(server) == (Status.COMPLETED, None)
    assert list(spool.iterdir()) == []


def test_a_killed_program_keeps_what_it_logged_and_its_run_ends(
    server: RecordingServer, agents: Agents, spool: Path
) -> None:
    """kill -9 costs at most the last quarter of a second; `sync` tells the server that it is over."""
    server.stop()
    code = "run = mltui.start_run('dies')\nfor i in range(3000): run.log({'x': i})\nprint(flush=True)\ntime.sleep(300)"
    process = program(agents, code)
    assert process.stdout is not None
    process.stdout.readline()
    wait_for(lambda: samples_on_disk(spool) == 3000, "the samples on disk")
    assert sync(url=server.url, say=print) == SyncReport(), "a live program ships its own"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    server.start()
    sync(url=server.url, say=print)
    assert server.stored.values("x") == [float(i) for i in range(3000)]
    assert ended(server) == (Status.FAILED, "the program ended without finishing the run")
    assert list(spool.iterdir()) == []


def test_a_refused_batch_does_not_stop_the_next(here: RecordingServer, capsys: pytest.CaptureFixture[str]) -> None:
    refusals = [Refusal(422, "no such thing")]
    here.refuse = lambda path, body: refusals.pop() if refusals and b"poison" in body else None
    with mltui.start_run("refused") as run:
        run.log({"poison": 1.0})
        wait_for(lambda: not refusals, "the refusal")
        run.log({"fine": 2.0})
    assert here.stored.values("fine") == [2.0]
    assert here.stored.values("poison") == []
    assert capsys.readouterr().err.count("(422): no such thing") == 1


def test_a_batch_that_the_server_fails_over_does_not_stop_the_next(
    here: RecordingServer, spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is set aside after some tries, and an empty one has its seq: there is no gap."""
    here.refuse = lambda path, body: Refusal(500, "a fault") if b"poison" in body else None
    with mltui.start_run("fails over") as run:
        run.log({"poison": 1.0})
        run._writer.flush()
        run.log({"fine": 2.0})
    assert here.stored.values("fine") == [2.0]
    assert [batch.seq for _, batch in here.stored.batches] == [1, 2]
    assert ended(here) == (Status.COMPLETED, None)
    (note,) = spool.glob("*/refused/*.json")
    assert "6 times, while it was well otherwise" in note.read_text()
    assert capsys.readouterr().err.count("is kept in") == 1


@pytest.mark.parametrize("well", [True, False])
def test_a_server_that_fails_over_everything_gets_it_all_later(
    server: RecordingServer, agents: Agents, spool: Path, monkeypatch: pytest.MonkeyPatch, well: bool
) -> None:
    """It takes no empty batch either, or is not well: the fault is its own, and everything stays in the spool."""
    monkeypatch.setattr("mltui.agent.sync.back_off", lambda failures: 0.0)
    server.stop()
    program(agents, "with mltui.start_run('x') as run: run.log({'x': 1.0})", MLTUI_DRAIN_S="0").communicate()
    server.refuse = lambda path, body: Refusal(500, "a fault") if path.endswith("/samples") or not well else None
    server.well = well
    server.start()
    for _ in range(2):
        report = sync(url=server.url, say=print)
        assert report.refused == 0 and report.left > 0
    assert list(spool.glob("*/refused")) == []
    server.refuse = lambda path, body: None
    assert sync(url=server.url, say=print).left == 0
    assert server.stored.values("x") == [1.0]
    assert list(spool.iterdir()) == []


def test_sync_sets_aside_what_a_server_that_is_well_fails_over(
    server: RecordingServer, agents: Agents, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mltui.agent.sync.back_off", lambda failures: 0.0)
    server.stop()
    code = "with mltui.start_run('x') as run: run.params(poison=1); run.log({'x': 1.0})"
    program(agents, code, MLTUI_DRAIN_S="0").communicate()
    server.refuse = lambda path, body: Refusal(500, "a fault") if path.endswith("/record") else None
    server.start()
    said: list[str] = []
    report = sync(url=server.url, say=said.append)
    assert (report.refused, report.left) == (1, 0)
    assert "answered 500: a fault; 6 times, while it was well otherwise" in said[0]
    assert server.stored.values("x") == [1.0]
    assert ended(server) == (Status.COMPLETED, None)


STAGE = """
with mltui.start_run("ignored", parameters={"lr": 1.0, "extra": 2}) as run:
    assert run.parameters == {"lr": 0.5, "extra": 2}, run.parameters
    for i in range(1000):
        run.log({"loss": i}, step=i)
print(threads := [t.name for t in __import__("threading").enumerate()])
"""


def test_under_the_agent_a_program_joins_its_run(server: RecordingServer, agents: Agents, spool: Path) -> None:
    """No run of its own, no end of its own; the agent ships for it, the end of the execution last."""
    command = [sys.executable, "-c", "import mltui\n" + STAGE]
    server.stored.works[EXECUTION] = work(EXECUTION, command, env={"MLTUI_PARAMS": '{"lr": 0.5}'})
    agent = agents.claimed(EXECUTION)
    agent.communicate()
    assert agent.returncode == 0, server.stored.log(EXECUTION, 2)
    assert server.stored.runs == {}
    assert server.stored.run_ends == {}
    assert server.stored.values("loss") == [float(i) for i in range(1000)]
    assert {run_id for run_id, _ in server.stored.batches} == {server.stored.works[EXECUTION].run_id}
    assert [record.parameters for _, record in server.stored.records] == [{"extra": 2}]
    posts = [path for path, _ in server.stored.requests if "heartbeat" not in path]
    assert posts[-1].endswith("/finish")
    assert list(spool.iterdir()) == []


def test_under_the_agent_a_killed_program_loses_nothing_that_was_kept(server: RecordingServer, agents: Agents) -> None:
    code = "run = mltui.start_run('x')\nfor i in range(2000): run.log({'x': i})\n"
    command = [sys.executable, "-c", f"import mltui, os\n{code}run._writer.flush()\nos.kill(os.getpid(), 9)"]
    server.stored.works[EXECUTION] = work(EXECUTION, command)
    agents.claimed(EXECUTION).communicate()
    assert server.stored.values("x") == [float(i) for i in range(2000)]
    assert server.stored.finishes[EXECUTION].signal == signal.SIGKILL


def test_a_program_whose_agent_is_elsewhere_ships_for_itself(server: RecordingServer, agents: Agents) -> None:
    """MLTUI_RUN_ID came along into a container or to another host; the agent's spool did not."""
    run_id = "0199aaaa-0000-7000-8000-000000000001"
    server.stored.works[EXECUTION] = work(EXECUTION, [])
    code = "with mltui.start_run('far') as run:\n run.log({'x': 1.0})"
    program(agents, code, MLTUI_RUN_ID=run_id, MLTUI_AGENT_SPOOL="/nowhere").communicate()
    assert server.stored.values("x") == [1.0]
    assert server.stored.run_ends == {}

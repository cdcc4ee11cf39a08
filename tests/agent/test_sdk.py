"""What a training program logs is what the server has: every sample once, whatever happens to either."""

import math
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from uuid import uuid4

import msgspec
import numpy
import pytest
from agent_processes import Agents, wait_for
from recording_server import RecordingServer, Refusal, work

import mltui
from mltui.agent.frames import MAGIC, read_frame
from mltui.agent.sync import SyncReport, sync
from mltui.wire.samples import SampleBatch
from mltui.wire.states import Status

EXECUTION = str(uuid4())
"""Of this test process alone: a guard ends every process of its execution on the machine."""


@pytest.fixture
def here(server: RecordingServer, spool: Path, monkeypatch: pytest.MonkeyPatch) -> RecordingServer:
    """The server, as this process's own programs find it."""
    monkeypatch.setenv("MLTUI_URL", server.url)
    for name in ("MLTUI_RUN_ID", "MLTUI_AGENT_SPOOL", "MLTUI_PARAMS"):
        monkeypatch.delenv(name, raising=False)
    return server


def program(agents: Agents, code: str, **env: str) -> subprocess.Popen[bytes]:
    return agents.python("import mltui, os, sys, time\n" + textwrap.dedent(code), **env)


def ended(server: RecordingServer) -> tuple[Status, str | None]:
    (end,) = server.stored.run_ends.values()
    return end.status, end.error_message


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


def test_a_run_from_its_start_to_its_end(here: RecordingServer, spool: Path) -> None:
    with mltui.start_run("mnist", pipeline="vision", parameters={"lr": 0.1, "model": "cnn"}, tags={"who": "me"}) as run:
        for i in range(100):
            run.log({"loss": 1 / (i + 1), "accuracy": i}, step=i)
        run.params(epochs=numpy.int64(3))
        run.tags({"best": True})
        run.output(score=0.5, curve=numpy.array([1.0, math.nan]), where=Path("/models"))
    (create,) = here.stored.runs.values()
    assert (create.name, create.pipeline, create.parameters) == ("mnist", "vision", {"lr": 0.1, "model": "cnn"})
    assert create.tags == {"who": "me"}
    assert here.stored.values("loss") == [1 / (i + 1) for i in range(100)]
    assert here.stored.values("accuracy") == [float(i) for i in range(100)]
    params, tags, output = (record for _, record in here.stored.records)
    assert params.parameters == {"epochs": 3}
    assert tags.tags == {"best": "True"}
    assert output.output_data == {"score": 0.5, "curve": [1.0, "NaN"], "where": "/models"}
    assert ended(here) == (Status.COMPLETED, None)
    assert list(spool.iterdir()) == []


def test_diverging_is_seen(here: RecordingServer) -> None:
    with mltui.start_run("diverges") as run:
        for value in (1.0, math.inf, -math.inf, math.nan):
            run.log({"loss": value})
    *finite, last = here.stored.values("loss")
    assert finite == [1.0, math.inf, -math.inf]
    assert math.isnan(last)


def test_numbers_of_all_kinds(here: RecordingServer) -> None:
    with mltui.start_run("kinds") as run:
        run.log({"x": 1}), run.log({"x": True}), run.log({"x": numpy.float32(0.5)}), run.log({"x": numpy.array(2)})
        for wrong in ("0.5", None, [1.0], numpy.array([1.0, 2.0]), 1j, 10**400):
            with pytest.raises(TypeError, match="'x/wrong'"):
                run.log({"fine": 1.0, "x/wrong": wrong})  # type: ignore[dict-item]
    assert here.stored.values("x") == [1.0, 1.0, 0.5, 2.0]
    assert here.stored.values("fine") == [], "a call that raises logs nothing"


@pytest.mark.parametrize("key", ["", "a\nb", "x" * 251, "sys/main/host/cpu_percent"])
def test_a_key_that_cannot_be_one_is_named(here: RecordingServer, key: str) -> None:
    with mltui.start_run("keys") as run, pytest.raises(ValueError, match="key"):
        run.log({key: 1.0})


def test_a_name_that_cannot_be_one_is_refused_at_once(here: RecordingServer, spool: Path) -> None:
    with pytest.raises(ValueError, match="start_run"):
        mltui.start_run("a/b")
    assert not spool.exists() or list(spool.iterdir()) == []


def test_steps_count_on_by_themselves(here: RecordingServer) -> None:
    with mltui.start_run("steps") as run:
        run.log({"x": 0.0}), run.log({"x": 1.0}), run.log({"x": 2.0}, step=10), run.log({"x": 3.0})
    steps = [step for _, batch in here.stored.batches for series in batch.series for step in series.steps or []]
    assert steps == [0, 1, 10, 11]


def test_an_exception_fails_the_run_and_goes_on(here: RecordingServer) -> None:
    with pytest.raises(RuntimeError, match="out of luck"), mltui.start_run("fails"):
        raise RuntimeError("out of luck\nand of memory")
    assert ended(here) == (Status.FAILED, "RuntimeError: out of luck and of memory")


def test_an_exception_is_the_programs_own_whatever_its_words_are(here: RecordingServer) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    for error, said in (
        (ValueError("x\0y"), "ValueError: x\ufffdy"),
        (ValueError("bad \ud800"), "ValueError: bad \ufffd"),
        (Mute(), "Mute"),
    ):
        with pytest.raises(type(error)) as caught, mltui.start_run("fails"):
            raise error
        assert caught.value is error
        assert [end.error_message for end in here.stored.run_ends.values()][-1] == said


def test_what_cannot_be_stored_is_replaced(here: RecordingServer) -> None:
    run = mltui.start_run("te\ud800xt", parameters={"p\0": "\0"}, tags={"t": "\udcff"})
    run.params(a="x\0y", n=1)
    run.tags(b="\ud800")
    run.output(o=["\ud800", {"\0": "z\0"}])
    with pytest.raises(ValueError, match="key"):
        run.log({"k\ud800": 1.0})
    run.finish("failed", "why\0")
    (create,) = here.stored.runs.values()
    assert (create.name, create.parameters, create.tags) == ("te\ufffdxt", {"p\ufffd": "\ufffd"}, {"t": "\ufffd"})
    params, tags, output = (record for _, record in here.stored.records)
    assert params.parameters == {"a": "x\ufffdy", "n": 1}
    assert tags.tags == {"b": "\ufffd"}
    assert output.output_data == {"o": ["\ufffd", {"\ufffd": "z\ufffd"}]}
    assert ended(here) == (Status.FAILED, "why\ufffd")


@pytest.mark.parametrize("wrong", [[], None, 1.0, "loss"])
def test_log_says_what_it_takes(here: RecordingServer, wrong: object) -> None:
    with mltui.start_run("wrong") as run, pytest.raises(TypeError, match=r"log takes a mapping such as .*, not "):
        run.log(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["MLTUI_SAMPLE_EVERY_S", "MLTUI_SPOOL_MAX", "MLTUI_DRAIN_S"])
def test_a_wrong_setting_is_told_at_once(
    here: RecordingServer, spool: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "abc")
    with pytest.raises(ValueError, match=f"{name}='abc' is not a number of"):
        mltui.start_run("wrong")
    assert not spool.exists()


def test_ctrl_c_cancels_the_run(here: RecordingServer) -> None:
    with pytest.raises(KeyboardInterrupt), mltui.start_run("stops"):
        raise KeyboardInterrupt
    assert ended(here)[0] == Status.CANCELLED


def test_nothing_is_logged_after_the_end(here: RecordingServer) -> None:
    run = mltui.start_run("over")
    with pytest.raises(ValueError, match="completed, failed or cancelled"):
        run.finish("running")
    run.finish()
    run.finish()
    with pytest.raises(RuntimeError, match="has ended"):
        run.log({"x": 1.0})


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


def test_threads_log_at_once_and_every_sample_arrives_once(here: RecordingServer) -> None:
    import threading

    each, many = 5_000, 8
    with mltui.start_run("threads") as run:

        def work(n: int) -> None:
            for i in range(each):
                run.log({f"t{n}": i, "all": n}, step=i)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(many)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for n in range(many):
        assert here.stored.values(f"t{n}") == [float(i) for i in range(each)]
    assert len(here.stored.values("all")) == each * many


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
    server.refuse = lambda path, body: Refusal(500, "a fault") if b"poison" in body else None
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

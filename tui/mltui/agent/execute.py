"""`mltui exec`: one execution from its claim to the last byte shipped."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uuid_utils

from mltui.agent.command import Command, Stop
from mltui.agent.complaint import complain
from mltui.agent.environment import check_settings, drain_s, sample_every_s
from mltui.agent.frames import Record
from mltui.agent.guard import Guard
from mltui.agent.heartbeat import Pulse
from mltui.agent.logbook import LogBook
from mltui.agent.oom import oom_kills
from mltui.agent.sampler import Sampler
from mltui.agent.server import JSON, Away, Refused, Server
from mltui.agent.shipper import Shipper, back_off, close_after_drain
from mltui.agent.spool import FIRST, Lane, append_last, open_group
from mltui.agent.text import json_body
from mltui.agent.tree import CannotStart, Tree
from mltui.agent.witness import Witness
from mltui.wire.executions import CANCEL_GRACE_S, HEARTBEAT_EVERY_S, Claim, CreateExecution, Finish, Work
from mltui.wire.host import boot_id, host_name
from mltui.wire.masking import Mask

CLAIM_PATIENCE_S = 300.0
"""How long an agent that the engine started looks for its server."""
SHIP_PATIENCE_S = 24 * 3600.0
"""How long it goes on shipping after its command has ended."""
CONGESTED_BYTES = 64 * 1024 * 1024
"""Waiting in the spool while the server answers: output is then read no faster than it is shipped."""


def run_exec(command: list[str], *, url: str, run_name: str, pipeline: str, tags: dict[str, str]) -> int:
    """Run a command in a shell as a tracked run of its own; its exit code, as a shell would give it.

    Starts at once, whether or not the server answers: the run's creation is the first thing in the spool.
    Raises msgspec.ValidationError for a name that the server would refuse, WrongSetting for a variable that
    says nothing sensible.
    """
    check_settings()
    execution_id, run_id, agent = (str(uuid_utils.uuid7()) for _ in range(3))
    create = CreateExecution(
        id=execution_id,
        run_id=run_id,
        run_name=run_name,
        pipeline=pipeline,
        command=command,
        directory=str(Path.cwd()),
        host=host_name(),
        boot_id=boot_id(),
        agent_pid=os.getpid(),
        started_at=datetime.now(UTC),
        tags=tags,
    )
    # The command itself runs with the bytes that it was given.
    create.command = Mask(os.environ).command(command)
    body = json_body(create)
    msgspec.json.decode(body, type=CreateExecution)
    work = Work(
        execution_id=execution_id,
        run_id=run_id,
        scope="main",
        attempt_number=1,
        command=command,
        directory=None,
        env={},
        timeout_s=None,
        grace_s=CANCEL_GRACE_S,
        heartbeat_s=HEARTBEAT_EVERY_S,
    )
    if sys.stderr.isatty():
        complain(f"run {run_id}")
    execution = _Execution(work, url, agent, in_shell=True)
    execution.lane.append(Record("POST", "/api/v1/executions", JSON, body))
    return execution.run()


def run_claimed(execution_id: str, *, url: str) -> int:
    """Run what the engine started this agent for; its exit code. 0 when the work is someone else's by now.

    Raises WrongSetting.
    """
    check_settings()
    agent = str(uuid_utils.uuid7())
    try:
        work = _claim(execution_id, agent, Server(url))
    except Refused as refusal:
        complain(f"execution {execution_id} is not for this agent: {refusal}")
        return 0 if refusal.status == 409 else 1
    except Away as away:
        complain(f"cannot claim execution {execution_id}: {away}")
        return 1
    return _Execution(work, url, agent, in_shell=False).run()


def _claim(execution_id: str, agent: str, server: Server) -> Work:
    claim = Claim(agent=agent, host=host_name(), boot_id=boot_id(), agent_pid=os.getpid())
    deadline = time.monotonic() + CLAIM_PATIENCE_S
    failures = 0
    while True:
        try:
            answer = server.send("POST", f"/api/v1/executions/{execution_id}/claim", json_body(claim))
            return msgspec.json.decode(answer, type=Work)
        except Away:
            if time.monotonic() > deadline:
                raise
        time.sleep(back_off(failures))
        failures += 1


class _Execution:
    """What one execution owns: its spool, its command, and the threads around it."""

    def __init__(self, work: Work, url: str, agent: str, *, in_shell: bool) -> None:
        self.work = work
        self.in_shell = in_shell
        self.group = open_group(url.rstrip("/"), complain)
        self.lane = Lane(self.group.path, f"{FIRST}agent", complain)
        self.shipper = Shipper(self.group, url, complain)
        self.book = LogBook(self.lane, work.execution_id)
        self._url = url
        self._agent = agent
        self._started_at = datetime.now(UTC)

    def run(self) -> int:
        guard = Guard(self.work.execution_id)
        witness = Witness(self.work, self._env())
        command = self._command(frozenset({guard.pid, witness.pid}))
        pulse = Pulse(self._url, self.work.execution_id, self.work.heartbeat_s, command.ask_to_stop)
        kills = oom_kills()
        try:
            command.start(
                self.work.command,
                directory=self.work.directory,
                env=self._env(),
                stdin=None if self.in_shell else subprocess.DEVNULL,
            )
        except CannotStart as failure:
            finish, code = self._not_started(failure), failure.exit_code
            witness.listen(self.lane)
            pulse.start(None, self._started_at)
            self.shipper.start()
        else:
            guard.set_command(command.tree.pid)
            finish, code = self._follow(command, pulse, witness, kills)
        guard.dismiss()
        witness.finish()
        self._ship(finish, command)
        pulse.stop()
        return code

    def _command(self, spare_pids: frozenset[int]) -> Command:
        return Command(
            Tree(spare_pids),
            self.book,
            grace_s=self.work.grace_s,
            timeout_s=self.work.timeout_s,
            echo=self.in_shell,
            is_congested=self._is_congested,
        )

    def _follow(self, command: Command, pulse: Pulse, witness: Witness, kills: int) -> tuple[Finish, int]:
        """Threads begin only now: the command and the guard were forked while there were none."""
        witness.listen(self.lane)
        pulse.start(command.tree.pid, self._started_at)
        sampler = Sampler(
            command.tree,
            self.lane,
            run_id=self.work.run_id,
            scope=self.work.scope,
            writer=self._agent,
            every_s=sample_every_s(),
            directory=self.work.directory or str(Path.cwd()),
        )
        sampler.start()
        self.shipper.start()
        command.run()
        completed_at = datetime.now(UTC)
        sampler.finish()
        assert command.tree.status is not None
        finish = _outcome(command.tree.status, command.stop, oom_kills() > kills)
        finish.started_at, finish.completed_at = self._started_at, completed_at
        finish.memory_peak, finish.cpu_peak = sampler.memory_peak or None, sampler.cpu_peak
        return finish, finish.exit_code if finish.exit_code is not None else 128 + (finish.signal or 0)

    def _not_started(self, failure: CannotStart) -> Finish:
        message = str(failure)
        if self.in_shell:
            complain(message)
        self.book.say(message)
        return Finish(
            exit_code=failure.exit_code,
            error_message=message,
            started_at=self._started_at,
            completed_at=datetime.now(UTC),
        )

    def _ship(self, finish: Finish, command: Command) -> None:
        """The end goes last, behind the log and behind what the command's own processes logged."""
        path = f"/api/v1/executions/{self.work.execution_id}/finish"
        self.book.close()
        self.lane.close()
        append_last(self.group.path, Record("POST", path, JSON, json_body(finish)), complain)
        close_after_drain(
            self.group,
            self.shipper,
            drain_s() if self.in_shell else SHIP_PATIENCE_S,
            complain,
            give_up=command.was_signalled_since,
        )

    def _env(self) -> dict[str, str]:
        work = self.work
        return {
            "PYTHONUNBUFFERED": "1",
            **os.environ,
            **work.env,
            "MLTUI_URL": self._url,
            "MLTUI_RUN_ID": work.run_id,
            "MLTUI_EXECUTION_ID": work.execution_id,
            "MLTUI_SCOPE": work.scope,
            "MLTUI_AGENT_SPOOL": str(self.group.path.absolute()),
        }

    def _is_congested(self) -> bool:
        waiting = self.shipper.backlog_of(self.lane.path, self.lane.written)
        return self.shipper.away is None and waiting > CONGESTED_BYTES


def _outcome(status: int, stop: Stop, oom_counted: bool) -> Finish:
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    code = os.WEXITSTATUS(status) if number is None else None
    # A shell reports its child's SIGKILL as 137.
    killed = number == signal.SIGKILL or code == 128 + signal.SIGKILL
    return Finish(
        exit_code=code,
        signal=number,
        oom_killed=killed and oom_counted and not stop.killing,
        timed_out=stop.timed_out,
        cancelled=bool(stop.reason) and not stop.timed_out,
    )

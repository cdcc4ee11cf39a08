"""Executions, and what their agent says to the server."""

from datetime import datetime
from typing import Any

from msgspec import UNSET, UnsetType

from mltui.wire.base import Answer, Request
from mltui.wire.pipelines import Name, PipelineName
from mltui.wire.states import Status

LEASE_S = 20.0
"""An agent that has not been heard for this long is lost."""
HEARTBEAT_EVERY_S = 1.0
CANCEL_GRACE_S = 10.0
"""Between SIGTERM and SIGKILL."""


class ExecutionRow(Answer, kw_only=True):
    """One attempt to run one command."""

    id: str
    run_id: str
    stage_run_id: str | None
    scope: str
    """The stage's name, or `main`: the part of a resource series' key that tells parallel stages apart."""
    attempt_number: int
    engine: str
    status: Status
    command: list[str]
    directory: str | None
    host: str | None
    pid: int | None
    exit_code: int | None
    signal: int | None
    oom_killed: bool
    error_message: str | None
    started_at: datetime | None
    completed_at: datetime | None
    execution_time: float | None
    memory_usage: float | None
    cpu_usage: float | None
    log_lines: int
    log_bytes: int
    created_at: datetime
    updated_at: datetime


class CreateExecution(Request, kw_only=True):
    """`mltui exec` in a shell: make (or join) a run and begin an execution in it, claimed at once.

    Idempotent by `id` and `run_id`, both UUIDv7 of the agent's making.
    """

    id: str
    run_id: str
    run_name: Name
    pipeline: PipelineName = "default"
    command: list[str]
    directory: str
    host: str
    boot_id: str
    agent_pid: int
    started_at: datetime
    tags: dict[str, str] = {}


class Claim(Request, kw_only=True):
    """The agent that the engine started asks for its work. Only the first claimer gets it (409 for others)."""

    agent: str
    """An id of this agent process, so that its own repeated claim after a lost answer succeeds."""
    host: str
    boot_id: str
    """Tells a reboot: a pid means nothing after one."""
    agent_pid: int


class Work(Answer, kw_only=True):
    """What to run."""

    execution_id: str
    run_id: str
    scope: str
    attempt_number: int
    command: list[str]
    directory: str | None
    env: dict[str, str]
    timeout_s: float | None
    grace_s: float
    heartbeat_s: float


class Heartbeat(Request, kw_only=True):
    status: Status = Status.RUNNING
    pid: int | None = None
    started_at: datetime | UnsetType = UNSET


class Orders(Answer, kw_only=True):
    """The answer to a heartbeat."""

    cancel: bool
    """Stop the command: SIGTERM, grace, SIGKILL."""


class Finish(Request, kw_only=True):
    """How the command ended. Idempotent: the first one counts."""

    exit_code: int | None = None
    signal: int | None = None
    oom_killed: bool = False
    timed_out: bool = False
    cancelled: bool = False
    """The agent stopped it, on orders or because it was itself asked to stop."""
    error_message: str | None = None
    """Why it could not even start, e.g. `command not found: trian.py`."""
    started_at: datetime | UnsetType = UNSET
    completed_at: datetime | UnsetType = UNSET
    memory_peak: float | None = None
    """Bytes, of the process tree."""
    cpu_peak: float | None = None
    """Percent of one core, of the process tree."""
    output_data: dict[str, Any] = {}

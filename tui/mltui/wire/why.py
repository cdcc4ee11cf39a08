"""Why a run failed."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from mltui.wire.base import Answer
from mltui.wire.logs import LogLine

MAX_TAIL = 20
"""Last lines of the log that are in the answer."""
MAX_DIFFERENCES = 200


class Cause(StrEnum):
    OUT_OF_MEMORY = "out_of_memory"
    """The kernel killed it."""
    SIGNAL = "signal"
    EXIT_CODE = "exit_code"
    TIMED_OUT = "timed_out"
    """The stage took longer than it may."""
    RUN_TIMED_OUT = "run_timed_out"
    """All of the run did."""
    AGENT_LOST = "agent_lost"
    NOT_STARTED = "not_started"
    """The command could not be, or no agent took it."""
    REPORTED = "reported"
    """A program that is tracked from outside said so, or ended without a word."""


class AtDeath(Answer, kw_only=True):
    """The last sample of one resource of the stage, and the highest."""

    device: str
    """`process` (all of the command's), `host`, `gpu0`…"""
    field: str
    """As in `memory_bytes`, `disk_used_percent`: the unit is in the name."""
    last: float | None
    """None where it ended before a sample was taken."""
    peak: float | None
    limit: float | None = None
    """Bytes of memory that there are: for the processes all that they may take; None where nobody told."""


class NonFinite(Answer, kw_only=True):
    """A metric that became NaN or infinite."""

    key: str
    count: int
    """Of such values."""
    step: int | None
    """Where the first of them is; None where it has no step, or could not be found in time."""


class GoodRun(Answer, kw_only=True):
    """The last run of the pipeline before this one that completed."""

    id: str
    name: str
    completed_at: datetime | None


class Difference(Answer, kw_only=True):
    """What is other than it was in the last good run. None where it has no such thing."""

    kind: Literal["code", "parameter", "config", "pipeline", "data", "environment"]
    name: str
    before: str | None
    after: str | None


class Why(Answer, kw_only=True):
    """Everything that a person would look up. It is about the stage that failed first, at its last attempt."""

    run_id: str
    run_name: str
    pipeline_name: str
    cause: Cause
    words: str
    """The cause for people, in one line."""
    error_message: str | None
    stage: str | None
    """None of a run without stages."""
    attempt_number: int | None
    max_attempts: int | None
    execution_id: str | None
    """None where no agent was there."""
    exit_code: int | None
    signal: int | None
    host: str | None
    failed_at: datetime | None
    also_failed: list[str]
    """Other stages that did, later."""
    skipped: list[str]
    """Stages that did not begin because of it."""
    error: LogLine | None = None
    """The first error that can be seen in the last 500 lines of the log; otherwise the last one before them."""
    tail: list[LogLine] = []
    """The last lines, 20 at most."""
    log_lines: int = 0
    resources: list[AtDeath] = []
    nonfinite: list[NonFinite] = []
    """Up to three metrics, the one that began first in front."""
    nonfinite_more: int = 0
    good: GoodRun | None
    differences: list[Difference]
    """From the last good run; up to 200."""
    differences_more: int
    unknown: list[str]
    """What could not be compared, and why, one sentence each."""

"""Runs and their stage runs."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from mltui.wire.base import Answer, Number, Request
from mltui.wire.executions import ExecutionRow
from mltui.wire.pipelines import Definition, Name, PipelineName, StageType
from mltui.wire.states import Status

RESTORABLE_H = 24
"""Hours for which a deleted run can be brought back."""
FOR_GOOD = "for good"
"""What the event of a deletion says where nothing brings the run back."""
TagKey = Annotated[str, Meta(min_length=1, max_length=250)]


class TriggerType(StrEnum):
    MANUAL = "manual"
    SCHEDULE = "schedule"
    API = "api"
    EXTERNAL = "external"
    """Tracked from outside: `mltui exec` in a shell, or the SDK."""
    RETRY = "retry"


class RunRow(Answer, kw_only=True):
    """A run in a list. Times are UTC, durations seconds, memory bytes, CPU percent of one core."""

    id: str
    name: str
    pipeline_id: str
    pipeline_name: str
    status: Status
    trigger_type: TriggerType
    triggered_by: str
    environment: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    execution_time: float | None
    """From start to end, or up to now while it runs."""
    max_memory_usage: float | None
    """Bytes: the highest peak of one stage's processes. Stages that run side by side are not added up."""
    max_cpu_usage: float | None
    """Percent of one core: the highest peak of one stage's processes."""
    stage_count: int
    success_count: int
    failed_count: int
    skipped_count: int
    error_message: str | None
    tags: dict[str, str]
    metrics: dict[str, Number] = {}
    """Last values of the keys that the request named in `metrics=`."""


class StageRunRow(Answer, kw_only=True):
    id: str
    run_id: str
    stage_id: str | None
    """None when the pipeline has changed since and no longer has the stage."""
    name: str
    stage_type: StageType
    custom_name: str | None
    order: int
    dependencies: list[str]
    status: Status
    attempt_number: int
    max_attempts: int
    next_attempt_at: datetime | None
    """While it waits for its back-off."""
    started_at: datetime | None
    completed_at: datetime | None
    execution_time: float | None
    memory_usage: float | None
    cpu_usage: float | None
    output_data: dict[str, Any]
    output_path: str | None
    error_message: str | None
    reused_from: str | None
    """The stage run whose result a retry took over instead of running again."""
    logs: str | None
    """Path in this API of the log of the latest attempt."""
    execution_id: str | None
    """The latest attempt."""
    created_at: datetime
    updated_at: datetime


class RunDetail(RunRow, kw_only=True):
    run_config: dict[str, Any]
    """`parameters` as started, and whatever the client added."""
    parameters: dict[str, str]
    """Everything recorded as a parameter, from the start form and from `run.params()`."""
    output_data: dict[str, Any]
    notes: str
    definition: Definition
    """The pipeline as it was when the run was made."""
    output_directory: str | None
    retry_of: str | None
    stages: list[StageRunRow]
    executions: list[ExecutionRow]


class CreateRun(Request, kw_only=True):
    """Register a run that is tracked from outside. Sent again with the same id, it is the same run."""

    id: str | UnsetType = UNSET
    """A UUIDv7 of the client's making, so that a run can begin while the server is away."""
    name: Name
    pipeline: PipelineName = "default"
    """The pipeline (experiment) it belongs to; made without stages when there is none of that name."""
    parameters: dict[str, str | int | float | bool | None] = {}
    tags: dict[TagKey, str] = {}
    environment: str = ""
    notes: str = ""
    started_at: datetime | UnsetType = UNSET


class FinishRun(Request, kw_only=True):
    """End a run that is tracked from outside and has no execution of its own."""

    status: Status
    """completed, failed or cancelled."""
    error_message: str | None = None
    completed_at: datetime | UnsetType = UNSET


class RecordRun(Request, kw_only=True):
    """What a running program says about its run: merged into what is there.

    `parameters` are written once: another value for a name that has one is a 409.
    """

    parameters: dict[str, str | int | float | bool | None] = {}
    tags: dict[TagKey, str] = {}
    output_data: dict[str, Any] = {}


class PatchRun(Request, kw_only=True):
    """Change what people may change. A tag set to null is removed."""

    name: Name | UnsetType = UNSET
    notes: str | UnsetType = UNSET
    tags: dict[TagKey, str | None] | UnsetType = UNSET


class RetryRun(Request, kw_only=True):
    """Run again what did not complete. The new run takes over the results of completed stages."""

    from_stage: str | UnsetType = UNSET
    """Run this stage and everything after it again, even where it completed."""
    parameters: dict[str, str | int | float | bool | None] = {}


class CancelRun(Request, kw_only=True):
    reason: str = ""


class Footprint(Answer, kw_only=True):
    """What is kept of some runs, and would go with them."""

    runs: int
    log_bytes: int
    samples: int
    artifacts: int
    artifact_bytes: int
    """Other artifacts may share the content."""
    versions: list[str]
    """Versions of models that came from them, as `digits/3`: they stay, and keep the run's id and name."""

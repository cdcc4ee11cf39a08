"""Pipelines and their stages: what a YAML file or a POST says, and what the server answers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from mltui.wire.base import Answer, Request, text
from mltui.wire.states import Status

Name = Annotated[
    str, text(r"^[^\x00-\x1f/]+$", "1 to 200 characters, no control characters, no slash", min_length=1, max_length=200)
]
"""A name that people read and type."""
PipelineName = Annotated[
    str,
    text(
        r"^(?!\.\.?$)[^\x00-\x1f/]+$",
        "1 to 200 characters, no control characters, no slash, neither . nor ..",
        min_length=1,
        max_length=200,
    ),
]
"""It stands in addresses, where dots alone mean folders."""

StageName = Annotated[
    str,
    text(
        r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
        "letters, digits, _ . and - only, no . or - first",
        min_length=1,
        max_length=100,
    ),
]
"""Also a folder's name and part of a metric's key."""


class StageType(StrEnum):
    DATA_INGESTION = "DATA_INGESTION"
    DATA_VALIDATION = "DATA_VALIDATION"
    DATA_PREPROCESSING = "DATA_PREPROCESSING"
    FEATURE_ENGINEERING = "FEATURE_ENGINEERING"
    DATA_SPLITTING = "DATA_SPLITTING"
    MODEL_TRAINING = "MODEL_TRAINING"
    MODEL_VALIDATION = "MODEL_VALIDATION"
    MODEL_EVALUATION = "MODEL_EVALUATION"
    MODEL_TESTING = "MODEL_TESTING"
    MODEL_REGISTRATION = "MODEL_REGISTRATION"
    MODEL_DEPLOYMENT = "MODEL_DEPLOYMENT"
    MODEL_MONITORING = "MODEL_MONITORING"
    EXPLORATORY_DATA_ANALYSIS = "EXPLORATORY_DATA_ANALYSIS"
    HYPERPARAMETER_TUNING = "HYPERPARAMETER_TUNING"
    MODEL_COMPARISON = "MODEL_COMPARISON"
    ENVIRONMENT_SETUP = "ENVIRONMENT_SETUP"
    RESOURCE_PROVISIONING = "RESOURCE_PROVISIONING"
    CLEANUP = "CLEANUP"
    CUSTOM = "CUSTOM"


class StageSpec(Request, kw_only=True):
    """One stage: a command, what it needs first, and how often it may fail."""

    name: StageName
    command: Annotated[list[str], Meta(min_length=1)] | Annotated[str, Meta(min_length=1)]
    """A list is started as it is; a string goes through `sh -c`."""
    stage_type: StageType = StageType.CUSTOM
    custom_name: str | None = None
    """What a CUSTOM stage calls its type."""
    dependencies: list[str] = []
    """Names of the stages that must complete first."""
    env: dict[str, str] = {}
    directory: str | None = None
    """Where the command starts; relative to the pipeline's directory."""
    retries: Annotated[int, Meta(ge=0, le=100)] = 0
    """Attempts after the first."""
    backoff_s: Annotated[float, Meta(ge=0, le=3600)] = 1.0
    """Seconds before the first retry; doubles with each further one, up to an hour."""
    timeout_s: Annotated[float, Meta(gt=0)] | None = None
    """Seconds one attempt may take."""
    config: dict[str, Any] = {}
    """Free-form; the command finds it as JSON in MLTUI_STAGE_CONFIG."""


class PipelineSpec(Request, kw_only=True):
    """A pipeline as its YAML file has it."""

    name: PipelineName
    description: str = ""
    parameters: dict[str, str | int | float | bool | None] = {}
    """Defaults; a run may change them.

    The command finds NAME in MLTUI_PARAM_NAME (upper case), and all of them as JSON in MLTUI_PARAMS.
    """
    environment: str = ""
    """A label such as `dev` or `prod` that runs inherit."""
    directory: str | None = None
    """Absolute folder where commands start; `mltui pipelines apply FILE` fills in FILE's own."""
    timeout_s: Annotated[float, Meta(gt=0)] | None = None
    """Seconds a whole run may take; None means the server's PIPELINE_TIMEOUT."""
    config: dict[str, Any] = {}
    stages: list[StageSpec] = []


class Definition(PipelineSpec, kw_only=True):
    """A pipeline as it was when a run of it was made, whatever names were then."""

    name: str


class StageRow(Answer, kw_only=True):
    """A stage of a pipeline as it stands; times, status and metrics are those of its latest stage run."""

    id: str
    name: str
    stage_type: StageType
    custom_name: str | None
    status: Status
    order: int
    config: dict[str, Any]
    dependencies: list[str]
    command: list[str] | str
    env: dict[str, str]
    directory: str | None
    retries: int
    backoff_s: float
    timeout_s: float | None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    execution_time: float | None = None
    output_path: str | None = None
    metrics: dict[str, Any] = {}
    logs: str | None = None
    """Path of the latest stage run's log in this API."""
    created_at: datetime
    updated_at: datetime


class PipelineRow(Answer, kw_only=True):
    """A pipeline in a list; status, times (UTC), seconds and peaks are those of its latest run."""

    id: str
    name: str
    description: str
    status: Status
    """`pending` until the first run."""
    environment: str
    stage_count: int
    run_count: int
    last_run_id: str | None
    started_at: datetime | None
    completed_at: datetime | None
    execution_time: float | None
    memory_usage: float | None
    """Bytes, peak."""
    cpu_usage: float | None
    """Percent of one core, peak."""
    created_at: datetime
    updated_at: datetime


class PipelineDetail(PipelineRow, kw_only=True):
    config: dict[str, Any]
    parameters: dict[str, str | int | float | bool | None]
    directory: str | None
    timeout_s: float | None
    stages: list[StageRow]
    last_parameters: dict[str, Any] = {}
    """What the latest run was started with: the start form offers these."""


class StartRun(Request, kw_only=True):
    """Start a run of a pipeline."""

    name: Name | UnsetType = UNSET
    """Unset: made from the pipeline's name and a counter."""
    parameters: dict[str, str | int | float | bool | None] = {}
    """Only what differs from the pipeline's defaults. An unknown name is refused."""
    environment: str | UnsetType = UNSET
    tags: dict[str, str] = {}
    notes: str = ""


class GraphFault(Struct, frozen=True):
    """One thing wrong with a pipeline's graph. `path` is where, e.g. `$.stages[2].dependencies[0]`."""

    path: str
    message: str


def graph_faults(stages: list[StageSpec]) -> list[GraphFault]:
    """Everything wrong with the graph: duplicate names, unknown dependencies, cycles. Empty when it can run.

    Also used by the console's and CLI's `validate`, so both speak with the same words.
    """
    faults: list[GraphFault] = []
    first: dict[str, int] = {}
    for i, stage in enumerate(stages):
        if stage.name in first:
            faults.append(GraphFault(f"$.stages[{i}].name", f"duplicate stage name {stage.name!r}"))
        first.setdefault(stage.name, i)
    for i, stage in enumerate(stages):
        for j, dependency in enumerate(stage.dependencies):
            if dependency not in first:
                known = ", ".join(first)
                faults.append(
                    GraphFault(
                        f"$.stages[{i}].dependencies[{j}]",
                        f"unknown dependency {dependency!r} of stage {stage.name!r}; the stages are: {known}",
                    )
                )
    if not faults and (cycle := _cycle(stages)):
        faults.append(GraphFault(f"$.stages[{first[cycle[0]]}].dependencies", "cycle: " + " → ".join(cycle)))
    return faults


def _cycle(stages: list[StageSpec]) -> list[str]:
    """The names along one cycle, the first repeated at the end, or an empty list."""
    from graphlib import CycleError, TopologicalSorter

    try:
        TopologicalSorter({stage.name: stage.dependencies for stage in stages}).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []

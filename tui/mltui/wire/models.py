"""Registered models, their versions, and what moves them: aliases, stages, approvals."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from mltui.wire.base import Answer, Number, Request, text
from mltui.wire.runs import TagKey

ModelName = Annotated[
    str,
    text(
        r"^(?!\.\.?$)[^\x00-\x1f/@]+$",
        "1 to 200 characters, no control characters, no slash, no @, neither . nor ..",
        min_length=1,
        max_length=200,
    ),
]
"""So that `name/3` and `name@champion` mean one version of it, and an address reaches it."""

Alias = Annotated[
    str,
    text(
        r"^[A-Za-z][A-Za-z0-9_.-]*$",
        "letters, digits and _ . -, beginning with a letter",
        min_length=1,
        max_length=100,
    ),
]
Reason = Annotated[str, text(r"\S", "a reason, in words", min_length=1, max_length=2_000)]
Word = Annotated[str, Meta(max_length=200)]
Description = Annotated[str, Meta(max_length=10_000)]
Uri = Annotated[str, text(r"^[^\x00-\x20]\S*$", "a URI without blanks", min_length=1, max_length=2_000)]


class VersionStatus(StrEnum):
    PENDING = "pending"
    """It is not where it should be yet."""
    READY = "ready"
    FAILED = "failed"
    ARCHIVED = "archived"


STATUS_MOVES: dict[VersionStatus, frozenset[VersionStatus]] = {
    VersionStatus.PENDING: frozenset({VersionStatus.READY, VersionStatus.FAILED, VersionStatus.ARCHIVED}),
    VersionStatus.READY: frozenset({VersionStatus.FAILED, VersionStatus.ARCHIVED}),
    VersionStatus.FAILED: frozenset({VersionStatus.PENDING, VersionStatus.ARCHIVED}),
    VersionStatus.ARCHIVED: frozenset({VersionStatus.PENDING, VersionStatus.READY, VersionStatus.FAILED}),
}
"""What a version's status may become. From the archive it comes back as what it was."""


class ModelStage(StrEnum):
    NONE = "None"
    STAGING = "Staging"
    PRODUCTION = "Production"
    ARCHIVED = "Archived"


class ApprovalStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class CreateModel(Request, kw_only=True):
    name: ModelName
    description: Description = ""
    tags: dict[TagKey, str] = {}
    approval: bool = False
    """Whether somebody else must approve each move of an alias or a stage."""


class PatchModel(Request, kw_only=True):
    """A tag set to null is removed."""

    description: Description | UnsetType = UNSET
    tags: dict[TagKey, str | None] | UnsetType = UNSET
    approval: bool | UnsetType = UNSET


class ModelRow(Answer, kw_only=True):
    id: str
    name: str
    description: str
    tags: dict[str, str]
    approval: bool
    created_by: str
    created_at: datetime
    updated_at: datetime
    """When it, or one of its versions, was changed."""
    version_count: int
    latest: int | None
    """The newest version; None when there is none."""
    aliases: dict[str, int]
    """Versions by alias."""
    stages: dict[ModelStage, list[int]]
    """Versions by stage, of all stages but None."""
    pending: int
    """Moves that wait for approval."""


class CreateVersion(Request, kw_only=True):
    """Register a version of a model, which is made on first use. It comes from a run, an artifact or a bare URI.

    What the run knows is filled in: metrics, parameters, the dataset it read. What is given here wins over that.
    """

    id: str | UnsetType = UNSET
    """A UUIDv7 of the client's making: sent again, it is the same version."""
    run: str | None = None
    artifact: str | None = None
    """An id; or, with `run`, the name of one of its artifacts."""
    uri: Uri | None = None
    """Where the model is, when it is no artifact here."""
    status: VersionStatus = VersionStatus.READY
    model_type: Word = ""
    algorithm: Word = ""
    framework: Word = ""
    model_format: Word = ""
    """This and the framework are guessed from the file's name unless given."""
    training_dataset: str | None = None
    """A dataset's id."""
    training_config: dict[str, Any] = {}
    metrics: dict[str, Number] = {}
    description: Description = ""
    tags: dict[TagKey, str] = {}
    ingestion_jobs: list[str] = []
    """Ids of jobs that brought in what it is made of."""


class PatchVersion(Request, kw_only=True):
    """A tag set to null is removed; everything else replaces what is there."""

    status: VersionStatus | UnsetType = UNSET
    model_type: Word | UnsetType = UNSET
    algorithm: Word | UnsetType = UNSET
    framework: Word | UnsetType = UNSET
    model_format: Word | UnsetType = UNSET
    training_dataset: str | UnsetType | None = UNSET
    training_config: dict[str, Any] | UnsetType = UNSET
    metrics: dict[str, Number] | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    tags: dict[TagKey, str | None] | UnsetType = UNSET
    ingestion_jobs: list[str] | UnsetType = UNSET


class LinkedJob(Answer, kw_only=True):
    id: str
    name: str


class VersionRow(Answer, kw_only=True):
    id: str
    model_id: str
    model: str
    """Its name."""
    version: int
    """1, 2, 3 … of this model."""
    status: VersionStatus
    stage: ModelStage
    aliases: list[str]
    run_id: str | None
    run: str | None
    """Name of the run."""
    run_deleted: bool
    """Its id and name are all that is left of it here."""
    artifact_id: str | None
    artifact: str | None
    """Name of the artifact."""
    uri: str | None
    model_type: str
    algorithm: str
    framework: str
    model_format: str
    training_dataset_id: str | None
    training_dataset: str | None
    """Name of the dataset."""
    training_config: dict[str, Any]
    metrics: dict[str, Number]
    description: str
    tags: dict[str, str]
    ingestion_jobs: list[LinkedJob]
    created_by: str
    created_at: datetime
    updated_at: datetime


class MoveAlias(Request, kw_only=True):
    """Have an alias point to another version; to None: to none."""

    version: int | None
    reason: Reason
    expected: int | UnsetType | None = UNSET
    """Where it points to now; when that is no longer so, the move is refused."""


class MoveStage(Request, kw_only=True):
    stage: ModelStage
    reason: Reason
    expected: ModelStage | UnsetType = UNSET
    """The stage it is in; when that is no longer so, the move is refused."""


class Decision(Request, kw_only=True):
    reason: Reason


class ApprovalRow(Answer, kw_only=True):
    """A move that waits, or waited, for somebody else."""

    id: str
    model: str
    kind: Literal["alias", "stage"]
    alias: str | None
    version: int | None
    """The version to be moved, or that the alias is to point to."""
    before: str
    """The stage, or the version that the alias pointed to, when it was asked for; empty for none."""
    after: str
    status: ApprovalStatus
    reason: str
    requested_by: str
    created_at: datetime
    decided_by: str | None
    decision: str
    """Why it was approved or rejected."""
    decided_at: datetime | None


class MoveOutcome(Answer, kw_only=True):
    """What a move led to: it was made, or it waits for somebody's approval."""

    approval: ApprovalRow | None = None
    """None: it was made at once."""


class Difference(Answer, kw_only=True):
    """One thing of two versions, side by side. null where one has none."""

    part: Literal["version", "metrics", "parameters", "data", "code"]
    name: str
    left: Any
    right: Any
    same: bool


class Comparison(Answer, kw_only=True):
    left: VersionRow
    right: VersionRow
    differences: list[Difference]
    """What is the same, too."""

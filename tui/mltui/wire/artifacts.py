"""Artifacts: files that runs produce, kept in a store under their content's SHA-256."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from mltui.wire.base import Answer, Request, text

ArtifactName = Annotated[
    str,
    text(
        r"^(?!\.{1,2}(/|$))[^\x00-\x1f\x7f/\\]+(/(?!\.{1,2}(/|$))[^\x00-\x1f\x7f/\\]+)*$",
        "names joined by /, as in checkpoints/epoch-1.pt, without . or .. among them",
        min_length=1,
        max_length=500,
    ),
]
"""A path below the run: what looks like folders is shown as folders."""

Digest = Annotated[str, text(r"^[0-9a-f]{64}$", "a SHA-256 in 64 hex digits")]

SMALL_BYTES = 256 << 10
"""Files up to this size go to the server whole, several in a request: one of its own would cost more than they do."""
SMALL_FILES = 100
SMALL_TOTAL_BYTES = 4 << 20
"""Of their contents, both in one request; in base64 they are a third more."""
UPLOAD_OFFSET = "Upload-Offset"
"""Header of a piece of an upload: how many bytes come before it."""
CONTENT_DIGEST = "X-Content-SHA256"
"""Header of a whole upload, and of every download."""


class ArtifactType(StrEnum):
    MODEL = "MODEL"
    DATASET = "DATASET"
    METRICS = "METRICS"
    PLOT = "PLOT"
    LOG = "LOG"
    CONFIG = "CONFIG"
    REPORT = "REPORT"
    OTHER = "OTHER"


class StorageType(StrEnum):
    LOCAL = "LOCAL"
    S3 = "S3"
    GCS = "GCS"
    AZURE = "AZURE"


class ArtifactStatus(StrEnum):
    UPLOADING = "uploading"
    READY = "ready"
    DELETED = "deleted"
    """The row is left, its content is not."""


class NewArtifact(Request, kw_only=True):
    """What is said of every file that is to be an artifact."""

    name: ArtifactName
    sha256: Digest
    stage_run: str | None = None
    """Id of the stage run that made it."""
    artifact_type: ArtifactType | None = None
    """Guessed from the name unless given."""
    description: Annotated[str, Meta(max_length=10_000)] = ""
    artifact_metadata: dict[str, Any] = {}
    storage_type: StorageType | None = None
    """One of the stores that the server has; its default unless given."""


class CreateArtifact(NewArtifact, kw_only=True):
    """Announces a file. Where the server has the content already, nothing is to be sent."""

    file_size: Annotated[int, Meta(ge=0, le=2**50)]
    """Bytes."""


class SmallArtifact(NewArtifact, kw_only=True):
    """A file that is sent whole, in base64."""

    content: Annotated[bytes, Meta(max_length=SMALL_BYTES)]


class PatchArtifact(Request, kw_only=True):
    artifact_type: ArtifactType | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=10_000)] | UnsetType = UNSET
    artifact_metadata: dict[str, Any] | UnsetType = UNSET


class ArtifactRow(Answer, kw_only=True):
    id: str
    run_id: str | None
    """None once the run was deleted."""
    stage_run_id: str | None
    stage: str | None
    """Name of the stage that made it."""
    name: str
    description: str
    artifact_type: ArtifactType
    status: ArtifactStatus
    is_active: bool
    """False: deleted, or another of the same name came after it. `mltui gc` removes its content in time."""
    file_path: str
    """Where the content is in the store."""
    file_name: str
    file_size: int
    sha256: str
    media_type: str
    storage_type: StorageType
    storage_config: dict[str, Any]
    """Where the store is."""
    artifact_metadata: dict[str, Any]
    created_by: str
    created_at: datetime
    updated_at: datetime
    received: int
    """Bytes that have come; the next piece begins there."""


class SmallContent(Answer, kw_only=True):
    """A file that comes whole, in base64."""

    id: str
    content: bytes


class CitedArtifact(Answer, kw_only=True):
    """It stays for as long as a version of a model cites it."""

    name: str
    version: str
    """One that does, as `digits/3`."""


class ArtifactFootprint(Answer, kw_only=True):
    """What would be deleted with an artifact, or with a folder of them."""

    files: int
    file_size: int
    """Bytes, of all of them."""
    cited: list[CitedArtifact]
    """What would stay, and is not counted."""


class DeletedFolder(ArtifactFootprint, kw_only=True):
    """What went with a folder, and what stayed."""

    id: str
    """Of the deletion: it is what is restored."""


class StayingArtifact(Answer, kw_only=True):
    """It was deleted with a folder and could not be restored with it."""

    name: str
    reason: str
    """As in `its run has another one of that name; delete that first`."""


class RestoredFolder(Answer, kw_only=True):
    """What came back of a folder."""

    files: int
    file_size: int
    """Bytes, of all of them."""
    staying: list[StayingArtifact]
    """What did not."""


class Garbage(Answer, kw_only=True):
    """What nothing refers to."""

    objects: int
    """Contents of deleted and replaced artifacts."""
    uploads: int
    """Given up half way."""
    bytes: int
    """Of both."""

"""Lineage: what something came from, and what it led to."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from mltui.wire.base import Answer

Direction = Literal["up", "down", "both"]

DEPTH = 20
"""Hops, unless told otherwise."""
MAX_DEPTH = 50
MAX_NODES = 2_000
NODES = 500
"""At most so many, unless asked for more."""
DELETED = "deleted"
"""The state of what was."""


class NodeKind(StrEnum):
    SOURCE = "source"
    """A URI from outside. Its id is the URI."""
    INGESTION_JOB = "ingestion_job"
    DATASET = "dataset"
    """An artifact that is a table: it stands for that artifact."""
    RUN = "run"
    ARTIFACT = "artifact"
    MODEL_VERSION = "model_version"


class LineageNode(Answer, kw_only=True):
    id: str
    kind: NodeKind
    name: str
    """What people call it; of a model's version `name/3`."""
    state: str
    """Its status: of a run `completed`, of what was deleted DELETED; empty for what has none."""
    note: str
    """What else is worth a word: a run's pipeline, an artifact's type, a dataset's format and rows."""
    run_id: str | None
    """The run that made it, or that it is, as long as it is there."""
    created_at: datetime | None


class LineageEdge(Answer, kw_only=True):
    """`source` led to `target`, both ids of nodes."""

    source: str
    target: str
    stage: str = ""
    """The run's stage that read or wrote it, where that is known."""


class Lineage(Answer, kw_only=True):
    root: str
    """The node that was asked about. Of a stage run it is its run, of a dataset's artifact the dataset."""
    nodes: list[LineageNode]
    """Each once, the nearest first."""
    edges: list[LineageEdge]
    cut: list[str]
    """Nodes beyond which there is more that `depth` or `limit` left out."""

"""Ingestion jobs: data brought in from a URI."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from mltui.wire.base import Answer, Problem, Request, text
from mltui.wire.datasets import Count, Profile, Schema
from mltui.wire.models import ModelStage, VersionStatus
from mltui.wire.pipelines import Name
from mltui.wire.states import Status

MAX_BULK = 1000
MAX_LINKED = 100
"""Versions of models that a job names: the newest."""


class Runner(StrEnum):
    AGENT = "agent"
    """Starting the job makes a run here, which reads the source."""
    OUTSIDE = "outside"
    """Somebody else does the work, and says here when it starts, completes and fails."""


class SourceFormat(StrEnum):
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    """One array of objects, or objects one after the other."""
    JSONL = "jsonl"
    """An object a line."""
    PARQUET = "parquet"


class Compression(StrEnum):
    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


class BadRows(StrEnum):
    FAIL = "fail"
    SET_ASIDE = "set_aside"
    """Leave them out, and keep them beside the dataset."""


SqlType = Annotated[
    str,
    text(
        r"^[A-Za-z][A-Za-z0-9_ ,()\[\]]*$",
        "a SQL type, as in BIGINT, DECIMAL(10, 2) or VARCHAR[]",
        max_length=200,
    ),
]


class ReadOptions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """How to read a source. What is None is detected."""

    format: SourceFormat | None = None
    compression: Compression | None = None
    delimiter: Annotated[str, Meta(min_length=1, max_length=4)] | None = None
    """CSV and TSV."""
    header: bool | None = None
    """CSV and TSV: whether the first line names the columns."""
    types: dict[str, SqlType] = {}
    """SQL types of columns that are otherwise guessed from their first values: {"zip": "VARCHAR"}."""
    bad_rows: BadRows = BadRows.FAIL
    bad_rows_limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 1000
    """More bad rows than are set aside make the job fail."""


_DELIMITER = re.compile(r"""[^\w\r\n"\0]|_|[!#-/:-@[-`{-~]{2,4}""")


def check_delimiter(text: str) -> None:
    """Raises ValueError for what is rather a word of the data; not in the type, as older jobs may have one.

    >>> check_delimiter(";"), check_delimiter("::")
    (None, None)
    """
    if not _DELIMITER.fullmatch(text):
        raise ValueError("a delimiter is one character that is no letter, digit or quote, as in ; or up to four signs, "
                         "as in ::")  # fmt: skip


class CreateJob(Request, kw_only=True):
    uri: Annotated[str, text(r"\S", "a path or an address, as in /data/events.csv", min_length=1, max_length=4000)]
    """A path or pattern (absolute), file:, https:, s3:, gs: or az:; anything for a job that runs outside."""
    name: Name | UnsetType = UNSET
    """Also the dataset's; the file's unless given."""
    runner: Runner = Runner.AGENT
    options: ReadOptions = field(default_factory=ReadOptions)
    start: bool = False


class JobRow(Answer, kw_only=True):
    """Times are UTC, durations seconds."""

    id: str
    name: str
    uri: str
    status: Status
    runner: Runner
    options: ReadOptions
    attempt_number: int
    """0 until the first start."""
    run_id: str | None
    """Of the last attempt; None for one that runs outside."""
    dataset_id: str | None
    progress: float | None
    """0 to 1; None while the size is not known."""
    bytes: int | None
    """Of the source, read so far."""
    bytes_total: int | None
    rows: int | None
    rows_set_aside: int | None
    bytes_per_second: float | None
    """On average, from the start to the end or to when it was heard of last. None while nothing is known."""
    rows_per_second: float | None
    seconds_left: float | None
    """At that pace. None unless it runs, and says how many bytes there are."""
    error: str | None
    """Why it failed, or was cancelled."""
    created_by: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    execution_time: float | None
    """From start to end, or up to now while it runs."""


class LinkedModel(Answer, kw_only=True):
    """A version of a model that is linked to a job, or was trained on its dataset."""

    id: str
    model: str
    """Its name."""
    version: int
    status: VersionStatus
    stage: ModelStage


class JobDetail(JobRow, kw_only=True):
    models: list[LinkedModel]
    """The newest first, at most 100."""


class Made(Struct, kw_only=True, forbid_unknown_fields=True):
    """The dataset that a job made."""

    artifact: str
    """Id of an artifact of the job's run."""
    bytes: Count
    """Of the source, as it was read: packed, where it is packed."""
    row_count: Count
    rows_set_aside: Count = 0
    schema: Schema
    profile: Profile


class Progress(Request, kw_only=True):
    """How far the work is. Sent again, or late, it changes nothing that is further already."""

    run: str | None = None
    """The attempt that says so; None for a job that runs outside."""
    bytes: Count | None = None
    bytes_total: Count | None = None
    rows: Count | None = None


class CompleteJob(Request, kw_only=True):
    reason: Annotated[str, Meta(max_length=2000)] = ""
    """Needed for a job that runs outside."""
    dataset: str | None = None
    """Id of a dataset that is there already, for a job that runs outside."""
    run: str | None = None
    made: Made | None = None
    """Said by the job's own run, which completes it so."""


class FailJob(Request, kw_only=True):
    reason: Annotated[str, Meta(min_length=1, max_length=2000)]
    run: str | None = None
    """Said by the job's own run, which fails it so."""


class JobReason(Request, kw_only=True):
    """Why a job is started, cancelled or begun anew, for its events; it may stay empty."""

    reason: Annotated[str, Meta(max_length=2000)] = ""


class JobAction(StrEnum):
    START = "start"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    RETRY = "retry"
    DELETE = "delete"


class ActOnJobs(Request, kw_only=True):
    """The same for several jobs; each is done, or refused, by itself."""

    action: JobAction
    ids: Annotated[list[str], Meta(min_length=1, max_length=MAX_BULK)]
    reason: Annotated[str, Meta(max_length=2000)] = ""


class JobAnswer(Answer, kw_only=True):
    """What became of one of them."""

    id: str
    job: JobRow | None = None
    """None when it was deleted, or refused."""
    problem: Problem | None = None

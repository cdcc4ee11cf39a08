"""The dashboard: how much of everything there is, how it went lately, and what needs a person."""

from datetime import date, datetime
from typing import Literal

from mltui.wire.base import Answer
from mltui.wire.models import VersionStatus
from mltui.wire.states import Status

RECENT_DAYS = 7
"""What rates and medians are taken over: runs and stages that ended within as many times 24 hours."""
ATTENTION_HOURS = 24
"""How long ago a run may have ended that still needs attention."""
STALLED_AFTER_S = 600.0
"""Without a log line, a metric or a new stage for so long, a running run looks stalled."""
MAX_ATTENTION = 20
"""Items of one kind that are listed."""
MAX_DAYS = 366


class Stats(Answer, kw_only=True):
    counts: dict[str, dict[Status, int]]
    """`pipelines` by the state of their latest run, `runs`, `ingestion_jobs`, and `executions` that have not ended.
    Absent means 0."""
    models: int
    """Registered ones."""
    model_versions: dict[VersionStatus, int]
    """By status; absent means 0."""
    running: int
    """Runs, those that are stopping included."""
    queued: int
    """Runs that wait for a place."""
    success_rate: float | None
    """0 to 1: completed among the completed and failed runs of the recent days. None without any."""
    median_duration: float | None
    """Seconds, of the completed runs of the recent days."""


class Day(Answer, kw_only=True):
    """Runs that ended on one day."""

    date: date
    completed: int
    failed: int
    cancelled: int
    median_duration: float | None
    """Seconds, of the completed ones."""


class Trends(Answer, kw_only=True):
    tz: str
    """The time zone that the days are of, as it was asked for."""
    days: list[Day]
    """Oldest first, today last; a day without runs is there too."""


class SlowStage(Answer, kw_only=True):
    pipeline_id: str
    pipeline: str
    stage: str
    median_duration: float
    """Seconds, of the stage runs that completed in the recent days."""
    count: int
    """How many these are."""


class TableSize(Answer, kw_only=True):
    name: str
    size: int
    """Bytes, with indexes and what lies outside of the rows."""


class Storage(Answer, kw_only=True):
    """Bytes."""

    measured_at: datetime
    disk_total: int
    disk_free: int
    """Of the disk that the server's data folder is on."""
    database: int
    tables: list[TableSize]
    """The largest ones, largest first."""
    samples: int | None
    """The sample store's file; None where the store is a server of its own."""
    logs: int
    """Compressed, in the database and in the artifact store."""
    artifacts: int
    """Contents, each once, in whatever store."""


Kind = Literal["component", "inbox", "refused", "stalled", "nonfinite", "approval", "failed"]
"""In the order of the list: first what concerns everything, then what can still be saved or is waited for, then what
is over."""


class Attention(Answer, kw_only=True):
    """One thing that needs a person."""

    kind: Kind
    since: datetime | None
    """Of a failed run its end, of a stalled one its last sign of life, of one with NaN its start, of a move that waits
    for approval when it was asked for; None: not known."""
    name: str
    """The run's or the component's; of an approval the model's."""
    what: str
    object_type: Literal["run", "component", "approval"]
    object_id: str
    run_id: str | None


class Overview(Answer, kw_only=True):
    stats: Stats
    slowest: list[SlowStage]
    """The slowest stages, slowest first."""
    storage: Storage
    attention: list[Attention]
    """By kind; of each kind at most 20, the newest first."""
    attention_counts: dict[str, int]
    """How many there are of each kind, listed or not. Absent means 0."""

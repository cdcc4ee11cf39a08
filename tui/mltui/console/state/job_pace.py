"""How fast an ingestion job goes, and how long it will take."""

from dataclasses import dataclass
from datetime import datetime

from mltui.wire.ingestion import JobRow
from mltui.wire.states import Status


@dataclass(frozen=True, slots=True)
class Pace:
    """None where it is not known."""

    bytes_s: float | None = None
    rows_s: float | None = None
    left_s: float | None = None


def pace_of(job: JobRow, now: datetime) -> Pace:
    """From its start on, on average; of a job that has ended, over all of it."""
    seconds = seconds_of(job, now)
    if not seconds:
        return Pace()
    bytes_s = None if job.bytes is None else job.bytes / seconds
    rows_s = None if job.rows is None else job.rows / seconds
    left = None
    if job.status is Status.RUNNING and bytes_s and job.bytes is not None and job.bytes_total is not None:
        left = max(0.0, job.bytes_total - job.bytes) / bytes_s
    return Pace(bytes_s, rows_s, left)


def seconds_of(job: JobRow, now: datetime) -> float | None:
    """From its start to its end, or to now."""
    if job.started_at is None:
        return None
    return max(0.0, ((job.completed_at or now) - job.started_at).total_seconds())

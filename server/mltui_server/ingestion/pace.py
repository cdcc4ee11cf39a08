"""How fast an ingestion job goes, and how long it will take."""

from dataclasses import dataclass
from typing import Any

from mltui.wire.states import Status

TELLING = 0.01
"""So much of a source must have been read to tell anything of the rest: one that hangs at once has weeks left."""


@dataclass(frozen=True, slots=True)
class Pace:
    """None where it is not known."""

    bytes_per_second: float | None = None
    rows_per_second: float | None = None
    seconds_left: float | None = None


def pace_of(job: Any) -> Pace:
    """Of a job, or a row of its table: on average, up to its end or to when it was heard of last."""
    if job.started_at is None:
        return Pace()
    seconds = ((job.completed_at or job.updated_at) - job.started_at).total_seconds()
    if seconds <= 0:
        return Pace()
    bytes_s = None if job.bytes is None else job.bytes / seconds
    left = None
    total = job.bytes_total
    if job.status == Status.RUNNING.value and bytes_s and total is not None and job.bytes >= TELLING * total:
        left = max(0, total - job.bytes) / bytes_s
    return Pace(bytes_s, None if job.rows is None else job.rows / seconds, left)

"""What the list of ingestion jobs shows of each: state, how far, how fast, how much."""

from rich.text import Text

from mltui.console import format
from mltui.console.screens.run_columns import Clock, seconds, state
from mltui.console.widgets.columns import Column
from mltui.wire.ingestion import JobRow, Runner
from mltui.wire.states import LIVE, Status

BAR = 8


def job_columns(now: Clock) -> list[Column[JobRow]]:
    return [
        Column("status", "State", lambda job: state(job.status), min_width=11, sortable=True),
        Column("name", "Name", lambda job: job.name, min_width=10, max_width=40, sortable=True, grows=True),
        Column("progress", "Progress", progress, min_width=BAR + 5),
        Column("bytes", "Read", lambda job: format.size(job.bytes), min_width=9, align="right", sortable=True, rank=4),
        Column("rate", "Rate", rate, min_width=10, align="right", rank=2),
        Column("left", "Left", lambda job: format.duration(job.seconds_left), min_width=6, align="right", rank=1),
        Column("rows", "Rows", lambda job: format.count(job.rows), min_width=10, align="right", sortable=True),
        Column("rows_set_aside", "Bad", lambda job: format.count(job.rows_set_aside), min_width=5, align="right",
               sortable=True, rank=7),
        Column("took", "Took", lambda job: format.duration(seconds(job, now())), min_width=7, align="right",
               rank=3, moves=True),
        Column("created_at", "Age", lambda job: Text(format.age(job.started_at or job.created_at, now()), "muted"),
               min_width=5, align="right", sortable=True, rank=5, moves=True),
        Column("created_by", "Who", lambda job: Text(job.created_by, "muted"), max_width=12, sortable=True, rank=8),
        Column("uri", "Source", lambda job: Text(job.uri, "muted"), min_width=16, max_width=60, sortable=True, rank=6),
    ]  # fmt: skip


def progress(job: JobRow) -> Text:
    """A bar and percents; what runs outside and says nothing has none."""
    if job.progress is None:
        return Text("outside" if job.runner is Runner.OUTSIDE and job.status in LIVE else format.ABSENT, "muted")
    done = int(BAR * job.progress)
    colour = {Status.COMPLETED: "success", Status.FAILED: "error"}.get(job.status, "status-running")
    bar = Text().append("━" * done, colour).append("━" * (BAR - done), "faint")
    return bar.append(f" {int(100 * job.progress):>3}%", "muted")


def rate(job: JobRow) -> str:
    return format.ABSENT if job.bytes_per_second is None else f"{format.size(job.bytes_per_second)}/s"

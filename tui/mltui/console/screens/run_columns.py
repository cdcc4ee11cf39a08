"""What the list of runs shows of each: state, age, progress, peaks, the metrics that runs have."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from rich.text import Text

from mltui.console import format
from mltui.console.state.panels import interest
from mltui.console.theme import STATUS
from mltui.console.widgets.columns import Column
from mltui.console.widgets.names import distinct
from mltui.wire.base import to_float
from mltui.wire.ingestion import JobRow
from mltui.wire.runs import RunRow
from mltui.wire.samples import RESOURCE_PREFIX, SeriesSummary
from mltui.wire.states import LIVE, Status

BAR = 6
"""Cells of the bar of stages."""
MOST_METRICS, MOST_OF_A_KIND = 4, 2
METRIC_TITLE = 14
"""Characters of a metric's key that its column has at least, if the key is that long."""
Clock = Callable[[], datetime]


def run_columns(now: Clock, metrics: Sequence[str] = (), *, pipeline: bool = True) -> list[Column[RunRow]]:
    """The columns, in order; `metrics` are the keys whose last values are shown."""
    columns = [
        Column("status", "State", lambda run: state(run.status), min_width=11, sortable=True),
        Column("name", "Name", lambda run: run.name, min_width=12, max_width=60, sortable=True, grows=True),
        Column("pipeline_name", "Pipeline", lambda run: Text(run.pipeline_name, "secondary"), min_width=8,
               max_width=24, sortable=True, rank=4),
        Column("created_at", "Age", lambda run: Text(format.age(begun(run), now()), "muted"), min_width=5,
               align="right", sortable=True, moves=True),
        Column("execution_time", "Took", lambda run: format.duration(seconds(run, now())), min_width=7,
               align="right", sortable=True, rank=1, moves=True),
        Column("success_count", "Stages", progress, min_width=BAR + 4, sortable=True, rank=2),
        Column("max_memory_usage", "Memory", lambda run: format.size(run.max_memory_usage), min_width=8,
               align="right", sortable=True, rank=5),
        Column("max_cpu_usage", "CPU", lambda run: format.percent(run.max_cpu_usage), min_width=6, align="right",
               sortable=True, rank=6),
        *_metric_columns(metrics, rank=7),
        Column("trigger_type", "Trigger", lambda run: Text(run.trigger_type.value, "muted"), min_width=8,
               sortable=True, rank=14),
        Column("triggered_by", "Who", lambda run: Text(run.triggered_by, "muted"), max_width=12, sortable=True,
               rank=13),
        Column("environment", "Env", lambda run: Text(run.environment, "muted"), max_width=12, sortable=True, rank=15),
        Column("tags", "Tags", lambda run: tags(run.tags), min_width=8, max_width=40, rank=16),
    ]  # fmt: skip
    return [column for column in columns if pipeline or column.key != "pipeline_name"]


def state(status: Status) -> Text:
    look = STATUS[status]
    return Text(f"{look.glyph} {status.value}", look.colour)


def begun(run: RunRow) -> datetime:
    return run.started_at or run.created_at


def seconds(it: RunRow | JobRow, now: datetime) -> float | None:
    """How long it took, or has been taking."""
    if it.status in LIVE and it.started_at is not None:
        return max(0.0, (now - it.started_at).total_seconds())
    return it.execution_time


def progress(run: RunRow) -> Text:
    """A bar of the stages that completed, failed and are to come, and how many completed."""
    if not run.stage_count:
        return Text(format.ABSENT, "muted")
    done = round(BAR * run.success_count / run.stage_count)
    failed = min(BAR - done, max(1, round(BAR * run.failed_count / run.stage_count))) if run.failed_count else 0
    colour = "status-running" if run.status in LIVE else "success"
    bar = Text().append("━" * done, colour).append("━" * failed, "error").append("━" * (BAR - done - failed), "faint")
    return bar.append(f" {run.success_count}/{run.stage_count}", "muted")


def tags(there: dict[str, str]) -> Text:
    text = Text()
    for key, value in sorted(there.items()):
        text.append(f"{' ' if text else ''}{key}", "muted")
        if value:
            text.append("=", "muted").append(value, "secondary")
    return text


def worth_a_column(summaries: Iterable[Sequence[SeriesSummary]]) -> list[str]:
    """The keys that runs with these series are told apart by: losses and accuracies, of validation where there are."""
    seen: dict[str, int] = {}
    looked_at = list(summaries)
    for series in looked_at:
        for one in series:
            if not one.key.startswith(RESOURCE_PREFIX):
                seen[one.key] = seen.get(one.key, 0) + 1
    common = [key for key in seen if seen[key] * 2 >= len(looked_at)]
    order = sorted(common or seen, key=lambda key: (interest(key), -seen[key], "val" not in key, key))
    chosen: list[str] = []
    for key in order:
        if sum(interest(key) == interest(other) for other in chosen) < MOST_OF_A_KIND:
            chosen.append(key)
    return chosen[:MOST_METRICS]


def _metric_columns(keys: Sequence[str], rank: int) -> list[Column[RunRow]]:
    """Under titles that differ, whole where there is room."""
    titles = distinct(tuple(keys), METRIC_TITLE)
    return [_metric_column(key, title, rank + at) for at, (key, title) in enumerate(zip(keys, titles, strict=True))]


def _metric_column(key: str, title: str, rank: int) -> Column[RunRow]:
    def last(run: RunRow) -> str | Text:
        value = run.metrics.get(key)
        if value is None:
            return Text(format.ABSENT, "muted")
        text = format.number(value)
        return text if isinstance(value, float) and abs(to_float(value)) < float("inf") else Text(text, "error")

    return Column(
        f"metric:{key}",
        title,
        last,
        wide_title=key if title != key else "",
        min_width=8,
        max_width=METRIC_TITLE + 2,
        align="right",
        sortable=True,
        rank=rank,
    )

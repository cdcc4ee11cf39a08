"""The first tab of a run: what it is, what went wrong, what it measured and made, and what happened lately."""

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.text import Text

from mltui.console import format
from mltui.console.screens.run_columns import Clock, progress, seconds, state, tags
from mltui.console.screens.text_page import fact, heading
from mltui.wire.events import EventRow
from mltui.wire.runs import RunDetail
from mltui.wire.samples import RESOURCE_PREFIX, SeriesSummary
from mltui.wire.states import Status

EVENTS = 12
"""Newest events that are shown."""


def overview(
    run: RunDetail, series: Sequence[SeriesSummary], events: Sequence[EventRow], now: Clock, width: int
) -> list[Text]:
    """The page's lines, `width` columns wide."""
    lines: list[Text] = []
    if run.error_message:
        lines += [heading("What went wrong"), *_error(run), Text()]
    lines += [heading("Run"), *_facts(run, now), Text()]
    lines += [heading("Last metrics"), *_metrics(series, width), Text()]
    if run.output_data:
        lines += [heading("Output"), *_values(run.output_data), Text()]
    lines.append(heading("Notes"))
    lines += [Text(line) for line in run.notes.splitlines()] or [Text("none; press n to write some", "muted")]
    lines += [Text(), heading("Lately"), *_timeline(run, events, now)]
    return lines


def _error(run: RunDetail) -> list[Text]:
    lines = [Text(line, "error") for line in (run.error_message or "").splitlines()]
    for stage in run.stages:
        if stage.status is Status.FAILED and stage.error_message:
            lines.append(Text().append(f"{stage.name}: ", "secondary").append(stage.error_message, "error"))
    return [*lines, Text("its log: enter on the stage at the left", "muted")] if run.stages else lines


def _facts(run: RunDetail, now: Clock) -> list[Text]:
    facts = [
        fact("State", state(run.status)),
        fact("Stages", progress(run)),
        fact("Started", format.moment(run.started_at)),
        fact("Ended", format.moment(run.completed_at)),
        fact("Took", format.duration(seconds(run, now()))),
        fact("Peak memory", format.size(run.max_memory_usage)),
        fact("Peak CPU", format.percent(run.max_cpu_usage)),
        fact("Trigger", f"{run.trigger_type.value} by {run.triggered_by}"),
        fact("Environment", run.environment or format.ABSENT),
        fact("Tags", tags(run.tags) if run.tags else Text("none; press t to add some", "muted")),
        fact("Id", run.id),
    ]
    if run.retry_of:
        facts.append(fact("Retry of", run.retry_of))
    if run.output_directory:
        facts.append(fact("Folder", run.output_directory))
    return facts


def _metrics(series: Sequence[SeriesSummary], width: int) -> list[Text]:
    shown = [one for one in series if not one.key.startswith(RESOURCE_PREFIX)]
    if not shown:
        return [Text('none yet; in Python: run.log({"loss": x}, step=i)', "muted")]
    key_width = min(max(len(one.key) for one in shown), max(14, width - 46))
    lines = [Text(f"{'':<{key_width}}  {'last':>9}  {'min':>9}  {'max':>9}  {'step':>8}", "muted")]
    for one in shown:
        text = Text().append(f"{one.key[:key_width]:<{key_width}}  ", "secondary")
        text.append(f"{format.number(one.last):>9}", "bold" if not one.nonfinite else "error")
        text.append(f"  {format.number(one.min):>9}  {format.number(one.max):>9}", "muted")
        text.append(f"  {format.count(one.last_step):>8}", "muted")
        if one.nonfinite:
            text.append(f"  {one.nonfinite} NaN or Inf", "error")
        lines.append(text)
    return lines


def _values(values: dict[str, Any]) -> list[Text]:
    width = max(14, *(len(name) + 2 for name in values))
    return [
        fact(name, value if isinstance(value, str) else msgspec.json.encode(value).decode(), min(width, 30))
        for name, value in values.items()
    ]


def _timeline(run: RunDetail, events: Sequence[EventRow], now: Clock) -> list[Text]:
    if not events:
        return [Text("nothing", "muted")]
    names = {e.id: e.scope for e in run.executions} | {s.id: s.name for s in run.stages} | {run.id: run.name}
    lines = []
    for event in events[:EVENTS]:
        text = Text().append(f"{format.age(event.time, now()):>5}  ", "muted")
        text.append(f"{event.action:<19} ", "secondary")
        text.append(names.get(event.object_id, event.object_id))
        text.append(f"  {event.message}" if event.message else "", "secondary")
        lines.append(text.append(f"  {event.actor}", "muted"))
    return lines

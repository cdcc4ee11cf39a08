"""The first tab of a run: what it is, what went wrong, what it measured and made, and what happened lately."""

from collections.abc import Iterable, Sequence
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
LABEL, NARROW_LABEL = 14, 4
NUMBERS = {"last": 9, "min": 9, "max": 9, "step": 8}
"""What is shown of each metric, and in how many columns."""
LEAVE_FIRST = ("max", "min", "step")
THINGS = {"stage_run": "stage", "execution": "process"}
DONE = {
    "create": "created", "update": "changed", "delete": "deleted", "record": "recorded", "queue": "queued",
    "start": "started", "complete": "completed", "fail": "failed", "back_off": "waits to retry",
    "retry": "begun anew", "cancel": "is stopping", "cancelled": "cancelled", "skip": "skipped",
    "restore": "restored", "purge": "removed",
}  # fmt: skip
"""The server's verbs, after what they were done to."""
SHORT_KEY = 22
"""A metric's key keeps so many columns before numbers leave."""


def overview(
    run: RunDetail, series: Sequence[SeriesSummary], events: Sequence[EventRow], now: Clock, width: int
) -> list[Text]:
    """The page's lines, `width` columns wide."""
    lines: list[Text] = []
    if run.error_message:
        lines += [heading("What went wrong"), *_error(run), Text()]
    lines += [heading("Run"), *_facts(run, now, width), Text()]
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
    log = "; its log: enter on the stage at the left" if run.stages else ""
    return [*lines, Text(f"W says why{log}", "muted")]


def _facts(run: RunDetail, now: Clock, width: int) -> list[Text]:
    ids = LABEL if width >= LABEL + len(run.id) else NARROW_LABEL
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
        fact("Id", run.id, ids),
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
    key_width = min(max(len(one.key) for one in shown), max(SHORT_KEY, width - _room(NUMBERS)))
    numbers = _fitting(width - key_width)
    lines = [Text(" " * key_width + "".join(f"  {name:>{NUMBERS[name]}}" for name in numbers), "muted")]
    for one in shown:
        text = Text(f"{format.shortened(one.key, key_width):<{key_width}}", "secondary")
        for name in numbers:
            value = getattr(one, "last_step" if name == "step" else name)
            word = format.count(value) if name == "step" else format.number(value)
            colour = "muted" if name != "last" else "error" if one.nonfinite else "bold"
            text.append(f"  {word:>{NUMBERS[name]}}", colour)
        if one.nonfinite:
            text.append(f"  {one.nonfinite} NaN or Inf", "error")
        lines.append(text)
    return lines


def _fitting(width: int) -> list[str]:
    """The numbers of a metric that `width` columns have room for."""
    shown = list(NUMBERS)
    for name in LEAVE_FIRST:
        if _room(shown) > width:
            shown.remove(name)
    return shown


def _room(names: Iterable[str]) -> int:
    return sum(NUMBERS[name] + 2 for name in names)


def _values(values: dict[str, Any]) -> list[Text]:
    width = max(14, *(len(name) + 2 for name in values))
    return [
        fact(name, value if isinstance(value, str) else msgspec.json.encode(value).decode(), min(width, 30))
        for name, value in values.items()
    ]


def in_words(action: str) -> str:
    """What an event says that somebody or something did.

    >>> in_words("stage_run.start"), in_words("run.complete"), in_words("metric.create"), in_words("new.kind")
    ('stage started', 'run completed', 'metric created', 'new: kind')
    """
    what, _, verb = action.partition(".")
    thing = THINGS.get(what, what.replace("_", " "))
    return f"{thing} {DONE[verb]}" if verb in DONE else f"{thing}: {verb.replace('_', ' ')}"


def _timeline(run: RunDetail, events: Sequence[EventRow], now: Clock) -> list[Text]:
    if not events:
        return [Text("nothing", "muted")]
    names = {e.id: e.scope for e in run.executions} | {s.id: s.name for s in run.stages} | {run.id: run.name}
    lines = []
    for event in events[:EVENTS]:
        text = Text().append(f"{format.age(event.time, now()):>5}  ", "muted")
        text.append(f"{in_words(event.action):<19} ", "secondary")
        text.append(names.get(event.object_id) or event.object_name or event.object_id)
        text.append(f"  {event.message}" if event.message else "", "secondary")
        lines.append(text.append(f"  {event.actor}", "muted"))
    return lines

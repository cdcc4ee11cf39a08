"""The one table of what keys do on screens: bindings, footer, help and command palette are made from it.

Widgets state theirs in a KEYS list of their own, in the same form.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from textual.dom import DOMNode
from textual.keys import format_key
from textual.screen import Screen

from mltui.console.widgets.keys import Key

APP = [
    Key("app.command", "app.command", "colon", "Go to", show=True),
    Key("app.help", "app.help", "question_mark", "Keys", show=True),
    Key("app.palette", "app.command_palette", "ctrl+p", "All commands"),
    Key("app.refresh", "screen.refetch", "ctrl+r,f5", "Fetch again"),
    Key("app.undo", "screen.undo", "z", "Undo the last change"),
    Key("app.back", "screen.back", "q,escape", "Back", show=True),
    Key("app.quit", "app.quit", "ctrl+q", "Quit and leave", first=True),
]

RUNS = [
    Key("runs.filter", "filter", "slash", "Filter", show=True),
    Key("runs.start", "start", "s", "Start", show=True),
    Key("runs.cancel", "cancel", "x", "Cancel", show=True),
    Key("runs.retry", "retry", "R", "Retry", show=True),
    Key("runs.delete", "delete", "D", "Delete"),
    Key("runs.tags", "tags", "t", "Tags"),
    Key("runs.notes", "notes", "n", "Notes"),
    Key("runs.why", "why", "W", "Why it failed"),
    Key("runs.pipelines", "app.go('pipelines')", "p", "Pipelines", show=True),
    Key("runs.metrics", "app.go('metrics')", "m", "Metrics", show=True),
    Key("runs.events", "app.go('events')", "e", "Events"),
    Key("runs.models", "app.go('models')", "v", "Models"),
    Key("runs.lineage", "lineage", "L", "Lineage"),
    Key("runs.jobs", "app.go('ingest')", "J", "Ingestion"),
    Key("runs.home", "app.go('home')", "H", "Home", show=True),
]

HOME = [
    Key("home.failed", "failed", "f", "Failed in 24 h", show=True),
    Key("home.runs", "app.go('runs')", "r", "Runs", show=True),
    Key("home.pipelines", "app.go('pipelines')", "p", "Pipelines", show=True),
    Key("home.metrics", "app.go('metrics')", "m", "Metrics", show=True),
    Key("home.events", "app.go('events')", "e", "Events", show=True),
    Key("home.models", "app.go('models')", "v", "Models"),
    Key("home.jobs", "app.go('ingest')", "J", "Ingestion"),
    Key("home.panes", "app.focus_next", "tab", "Other pane"),
]

RUN = [
    Key("run.tab_1", "tab(1)", "1", "Overview"),
    Key("run.tab_2", "tab(2)", "2", "Log"),
    Key("run.tab_3", "tab(3)", "3", "Charts"),
    Key("run.tab_4", "tab(4)", "4", "Resources"),
    Key("run.tab_5", "tab(5)", "5", "Config"),
    Key("run.tab_6", "tab(6)", "6", "Artifacts"),
    Key("run.next_tab", "step_tab(1)", "right_square_bracket", "Next tab"),
    Key("run.previous_tab", "step_tab(-1)", "left_square_bracket", "Previous tab"),
    Key("run.why", "why", "W", "Why it failed", show=True),
    Key("run.search", "search", "slash", "Search the log", show=True),
    # Not in the footer: a key of every screen stands first there, and pushes out those that only this one has.
    Key("run.panes", "other_pane", "tab", "Other pane"),
    Key("run.start", "start", "s", "Start another"),
    Key("run.cancel", "cancel", "x", "Cancel", show=True),
    Key("run.retry", "retry", "R", "Retry", show=True),
    Key("run.delete", "delete", "D", "Delete"),
    Key("run.tags", "tags", "t", "Tags"),
    Key("run.notes", "notes", "n", "Notes"),
    Key("run.events", "events", "e", "What was done to it"),
    Key("run.code", "code", "v", "Code version"),
    Key("run.lineage", "lineage", "L", "Lineage"),
    Key("run.pipelines", "app.go('pipelines')", "p", "Pipelines"),
    Key("run.metrics", "app.go('metrics')", "m", "Metrics"),
    Key("run.jobs", "app.go('ingest')", "J", "Ingestion"),
    Key("run.home", "app.go('home')", "H", "Home"),
]

WHY = [
    Key("why.log", "log", "enter", "Log there", show=True),
    Key("why.code", "code", "v", "Code", show=True),
    Key("why.run", "run", "o", "Run", show=True),
    Key("why.good", "good", "b", "Last good run", show=True),
]

CODE = [
    Key("code.next", "step(1)", "right_square_bracket", "Next stage", show=True),
    Key("code.previous", "step(-1)", "left_square_bracket", "Previous stage"),
]

LOG = [
    Key("log.search", "search", "slash", "Search", show=True),
]

CHARTS = [
    Key("charts.keys", "pick_keys", "c", "Choose series", show=True),
    Key("charts.axis", "next_axis", "X", "X axis", show=True),
    Key("charts.smooth", "smooth", "S", "Smoothing", show=True),
]

PIPELINES = [
    Key("pipelines.filter", "filter", "slash", "Filter", show=True),
    Key("pipelines.start", "start", "s", "Start", show=True),
    Key("pipelines.runs", "app.go('runs')", "r", "Runs", show=True),
    Key("pipelines.metrics", "app.go('metrics')", "m", "Metrics", show=True),
    Key("pipelines.events", "app.go('events')", "e", "Events"),
    Key("pipelines.models", "app.go('models')", "v", "Models"),
    Key("pipelines.jobs", "app.go('ingest')", "J", "Ingestion"),
    Key("pipelines.home", "app.go('home')", "H", "Home"),
]

PIPELINE = [
    Key("pipeline.start", "start", "s", "Start", show=True),
    Key("pipeline.all_runs", "all_runs", "r", "All its runs", show=True),
    Key("pipeline.panes", "app.focus_next", "tab", "Other pane"),
    Key("pipeline.home", "app.go('home')", "H", "Home"),
]

EVENTS = [
    Key("events.filter", "filter", "slash", "Filter", show=True),
    Key("events.object", "open_object", "o", "Object", show=True),
    Key("events.export", "export", "e", "Export", show=True),
    Key("events.runs", "app.go('runs')", "r", "Runs", show=True),
    Key("events.pipelines", "app.go('pipelines')", "p", "Pipelines"),
    Key("events.jobs", "app.go('ingest')", "J", "Ingestion"),
    Key("events.metrics", "app.go('metrics')", "m", "Metrics"),
]

MODELS = [
    Key("models.filter", "filter", "slash", "Filter", show=True),
    Key("models.description", "description", "n", "Description"),
    Key("models.tags", "tags", "t", "Tags"),
    Key("models.runs", "app.go('runs')", "r", "Runs", show=True),
    Key("models.pipelines", "app.go('pipelines')", "p", "Pipelines", show=True),
    Key("models.events", "app.go('events')", "e", "Events"),
    Key("models.home", "app.go('home')", "H", "Home"),
]

MODEL = [
    Key("model.alias", "alias", "a", "Alias", show=True),
    Key("model.stage", "stage", "s", "Stage", show=True),
    Key("model.compare", "compare", "c", "Compare", show=True),
    Key("model.lineage", "lineage", "L", "Lineage", show=True),
    Key("model.archive", "archive", "x", "Archive the version, or back"),
    Key("model.description", "description", "n", "Describe the version"),
    Key("model.tags", "tags", "t", "Tags of the version"),
    Key("model.model_description", "model_description", "N", "Describe the model"),
    Key("model.model_tags", "model_tags", "T", "Tags of the model"),
    Key("model.decide", "decide", "w", "Waiting moves", show=True),
    Key("model.approval", "approval", "A", "Approval on or off"),
    Key("model.delete", "delete", "D", "Delete the version"),
]

VERSION = [
    Key("version.alias", "alias", "a", "Alias", show=True),
    Key("version.stage", "stage", "s", "Stage", show=True),
    Key("version.archive", "archive", "x", "Archive", show=True),
    Key("version.description", "description", "n", "Description"),
    Key("version.tags", "tags", "t", "Tags"),
    Key("version.run", "open_run", "r", "Its run", show=True),
    Key("version.lineage", "lineage", "L", "Lineage", show=True),
    Key("version.delete", "delete", "D", "Delete"),
]

COMPARE = [
    Key("compare.changed", "changed_only", "c", "Only what differs", show=True),
]

LINEAGE = [
    Key("lineage.from_here", "from_here", "L", "From here", show=True),
]

EVENT = [
    Key("event.object", "open_object", "enter,o", "Object", show=True),
]

JOBS = [
    Key("jobs.filter", "filter", "slash", "Filter", show=True),
    Key("jobs.add", "add", "a", "Add", show=True),
    Key("jobs.start", "act('start')", "s", "Start", show=True),
    Key("jobs.complete", "act('complete')", "c", "Complete", show=True),
    Key("jobs.fail", "act('fail')", "f", "Fail", show=True),
    Key("jobs.cancel", "act('cancel')", "x", "Cancel", show=True),
    Key("jobs.retry", "act('retry')", "R", "Retry", show=True),
    Key("jobs.delete", "act('delete')", "D", "Delete"),
    Key("jobs.lineage", "lineage", "L", "Lineage"),
    Key("jobs.runs", "app.go('runs')", "r", "Runs"),
    Key("jobs.pipelines", "app.go('pipelines')", "p", "Pipelines"),
    Key("jobs.events", "app.go('events')", "e", "Events"),
    Key("jobs.home", "app.go('home')", "H", "Home"),
]

JOB = [
    Key("job.tab_1", "tab(1)", "1", "Overview"),
    Key("job.tab_2", "tab(2)", "2", "Data"),
    Key("job.tab_3", "tab(3)", "3", "Log"),
    Key("job.next_tab", "step_tab(1)", "right_square_bracket", "Next tab", show=True),
    Key("job.previous_tab", "step_tab(-1)", "left_square_bracket", "Previous tab"),
    Key("job.start", "act('start')", "s", "Start", show=True),
    Key("job.complete", "act('complete')", "c", "Complete", show=True),
    Key("job.fail", "act('fail')", "f", "Fail", show=True),
    Key("job.cancel", "act('cancel')", "x", "Cancel", show=True),
    Key("job.retry", "act('retry')", "R", "Retry", show=True),
    Key("job.delete", "act('delete')", "D", "Delete"),
    Key("job.run", "open_run", "r", "Its run", show=True),
    Key("job.model", "open_model", "m", "Its models", show=True),
    Key("job.lineage", "lineage", "L", "Lineage"),
    Key("job.events", "events", "e", "What was done to it"),
    Key("job.home", "app.go('home')", "H", "Home"),
]

METRICS = [
    Key("metrics.give_up", "give_up", "escape", "Stop asking", show=True),
    Key("metrics.search", "search", "slash", "Find", show=True),
    Key("metrics.filter", "filter", "f", "Filter", show=True),
    Key("metrics.range", "range", "t", "Time", show=True),
    Key("metrics.chart", "next_chart", "c", "Chart", show=True),
    Key("metrics.export", "export", "e", "Export", show=True),
    Key("metrics.refresh", "next_refresh", "a", "Refresh", show=True),
    Key("metrics.delete", "delete", "D", "Delete"),
    Key("metrics.tab_1", "tab(1)", "1", "Graph"),
    Key("metrics.tab_2", "tab(2)", "2", "Table"),
    Key("metrics.next_tab", "step_tab", "right_square_bracket,left_square_bracket", "Other tab"),
    Key("metrics.earlier", "step_time(-1)", "less_than_sign", "Earlier"),
    Key("metrics.later", "step_time(1)", "greater_than_sign", "Later"),
    Key("metrics.whole", "whole", "0", "Back to the time that was chosen"),
    Key("metrics.panes", "other_pane", "tab", "Other pane"),
    Key("metrics.runs", "app.go('runs')", "r", "Runs"),
    Key("metrics.pipelines", "app.go('pipelines')", "p", "Pipelines"),
    Key("metrics.home", "app.go('home')", "H", "Home"),
]

LABELS = [
    Key("labels.mark", "mark", "space", "Mark", show=True),
    Key("labels.take", "take", "enter", "Show these", show=True),
    Key("labels.clear", "clear", "ctrl+n", "No marks", show=True),
    Key("labels.down", "move(1)", "down", "Next"),
    Key("labels.up", "move(-1)", "up", "Previous"),
    Key("labels.leave", "leave", "escape", "Leave", show=True),
]

CONFIRM = [
    # What was pressed once too often does nothing that is asked about.
    Key("confirm.yes", "answer(True)", "y", "Yes", show=True),
    Key("confirm.no", "answer(False)", "n,enter,q,escape", "No, as enter", show=True),
]

CHOOSE = [
    Key("choose.down", "move(1)", "down,j", "Next"),
    Key("choose.up", "move(-1)", "up,k", "Previous"),
    Key("choose.mark", "mark", "space", "Mark"),
    Key("choose.take", "take", "enter", "Take it", show=True),
    Key("choose.back", "leave", "q,escape", "Back", show=True),
]

FORM = [
    Key("form.send", "send", "ctrl+s", "Go", show=True),
    Key("form.next", "app.focus_next", "tab,down", "Next field", show=True),
    Key("form.previous", "app.focus_previous", "shift+tab,up", "Previous field"),
    Key("form.leave", "leave", "escape", "Leave", show=True),
]

LINE = [
    Key("line.send", "send", "enter,ctrl+s", "Go", show=True),
    Key("line.leave", "leave", "escape", "Leave", show=True),
]

SAVING = [
    Key("saving.stop", "leave", "escape,q", "Stop", show=True),
]

PROMPT = [
    Key("prompt.complete", "complete", "tab", "Complete", show=True),
    Key("prompt.older", "history(-1)", "up", "Earlier line", show=True),
    Key("prompt.newer", "history(1)", "down", "Later line"),
    Key("prompt.leave", "leave", "escape", "Leave", show=True),
]

SECTIONS = {
    "home": "Home",
    "runs": "Runs",
    "run": "Run",
    "why": "Why it failed",
    "code": "Code",
    "charts": "Series",
    "pipelines": "Pipelines",
    "pipeline": "Pipeline",
    "metrics": "Metrics",
    "models": "Models",
    "model": "Model",
    "version": "Version",
    "compare": "Comparison",
    "lineage": "Lineage",
    "jobs": "Ingestion",
    "job": "Job",
    "events": "Events",
    "event": "Event",
    "table": "Table",
    "list": "Moving",
    "stages": "Stages",
    "log": "Log",
    "artifacts": "Artifacts",
    "preview": "Preview",
    "json": "JSON",
    "chart": "Chart",
    "grid": "Charts",
    "page": "Page",
    "app": "Everywhere",
}
"""Titles of the help screen's groups, in its order; by the first part of a key's id."""

EVERYWHERE_ALIKE = ("table", "chart")
"""Groups of keys that mean the same on each screen."""

_SHOWN_AS = {
    "escape": "esc", "pagedown": "pgdn", "pageup": "pgup", "down": "↓", "up": "↑", "left": "←", "right": "→",
    "space": "space", "enter": "enter", "tab": "tab",
}  # fmt: skip


class Active(NamedTuple):
    """A key that does something now."""

    id: str
    keys: str
    """As people write them: `↓ j`."""
    action: str
    description: str
    shown: bool
    node: DOMNode


def active(screen: Screen[object], keymap: Mapping[str, str]) -> list[Active]:
    """What keys do on `screen` with the focus where it is, the innermost widget's first.

    `keymap` has the keys that a user chose, by id.
    """
    found: dict[str, Active] = {}
    for key, (node, binding, _, _) in screen.active_bindings.items():
        # One that is not enabled waits for what it is for.
        if not binding.id or not binding.description:
            continue
        at = f"{binding.id}@{id(node)}"
        earlier = found.get(at)
        keys = shown(key) if earlier is None else f"{earlier.keys} {shown(key)}"
        found[at] = Active(binding.id, keys, binding.action, binding.description, binding.show, node)
    return list(found.values())


def worth_naming(screen: Screen[object]) -> list[Active]:
    """Those for the footer: first what is particular to where one is, then what every table and every chart can."""
    keys = [key for key in active(screen, {}) if key.shown]
    return sorted(keys, key=lambda key: key.id.partition(".")[0] in EVERYWHERE_ALIKE)


def shown(key: str) -> str:
    """A key as people write it.

    >>> shown("question_mark"), shown("number_sign"), shown("ctrl+d"), shown("G")
    ('?', '#', '^d', 'G')
    """
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    if key.startswith("shift+"):
        return f"⇧{shown(key.removeprefix('shift+'))}"
    if key.startswith("upper_"):
        return key.removeprefix("upper_").upper()
    return _SHOWN_AS.get(key) or format_key(key)


def sections(keys: Iterable[Active]) -> list[tuple[str, list[Active]]]:
    """The keys in groups with a title, in the help screen's order."""
    groups: dict[str, list[Active]] = {}
    for key in keys:
        groups.setdefault(key.id.partition(".")[0], []).append(key)
    order = list(SECTIONS)
    known = sorted((name for name in groups if name in SECTIONS), key=order.index)
    others = [name for name in groups if name not in SECTIONS]
    return [(section(name), groups[name]) for name in [*known[:-1], *others, *known[-1:]]]


def section(id: str) -> str:
    """The title of the group that the key with this id belongs to."""
    name = id.partition(".")[0]
    return SECTIONS.get(name, name.capitalize())

"""Events in words: columns of the list, the lines of one event, what changed in it."""

from collections.abc import Callable
from datetime import datetime

from rich.text import Text

from mltui.console import format
from mltui.console.screens.text_page import fact, heading
from mltui.console.state.event_text import changes, said
from mltui.console.widgets.columns import Column
from mltui.wire.events import EventRow

SHORT = 8
"""Characters of the id of what has no name."""
COLOURS = {
    "fail": "error", "lose": "error", "delete": "error", "cancel": "warning", "complete": "success", "create": "accent",
}  # fmt: skip
"""Of actions by their verb."""


def event_columns(now: Callable[[], datetime]) -> list[Column[EventRow]]:
    return [
        Column("time", "Time", lambda event: Text(when(event.time, now()), "muted"), min_width=8),
        Column("actor", "Who", lambda event: Text(event.actor, "secondary"), min_width=4, max_width=16),
        Column("action", "What", action, min_width=10, max_width=28),
        Column("object", "Object", object_name, min_width=8, max_width=36),
        Column("message", "Message", lambda event: Text(said(event), "muted"), min_width=8, max_width=400, rank=1,
               grows=True),
    ]  # fmt: skip


def when(time: datetime, now: datetime) -> str:
    """The time of day; of another day, the date too."""
    here, today = time.astimezone(), now.astimezone().date()
    if here.date() == today:
        return f"{here:%H:%M:%S}"
    return f"{here:%m-%d %H:%M:%S}" if here.year == today.year else f"{here:%Y-%m-%d %H:%M}"


def action(event: EventRow) -> Text:
    kind, dot, verb = event.action.partition(".")
    return Text().append(f"{kind}{dot}", "muted").append(verb, COLOURS.get(verb, ""))


def object_name(event: EventRow) -> Text:
    return Text(event.object_name) if event.object_name else Text(event.object_id[-SHORT:], "muted")


def details(event: EventRow) -> list[Text]:
    """The lines of one event's page."""
    lines = [
        fact("time", f"{format.moment(event.time)}.{event.time.microsecond:06}"),
        fact("who", event.actor),
        fact("what", action(event)),
        fact("object", Text(f"{event.object_type} ").append_text(object_name(event))),
        fact("object id", event.object_id or format.ABSENT),
        fact("run id", event.run_id or format.ABSENT),
        fact("request id", event.request_id or format.ABSENT),
    ]
    if event.message:
        lines += [Text(), heading("Message"), *(Text(line) for line in event.message.splitlines())]
    return [*lines, Text(), heading("Before → after"), *(_changes(event) or [Text("it says of nothing", "muted")])]


def _changes(event: EventRow) -> list[Text]:
    found = list(changes(event))
    width = max((len(key) for key, _, _ in found), default=0) + 2
    return [_change(key, old, new, width) for key, old, new in found]


def _change(key: str, old: str | None, new: str | None, width: int) -> Text:
    line = Text().append(f"{key:<{width}}", "muted")
    if old is not None:
        line.append(old, "error").append(" → " if new is not None else "  (removed)", "muted")
    return line.append(new, "success") if new is not None else line

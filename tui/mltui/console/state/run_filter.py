"""The language of the `/` line, as in `status:failed tag:team=risk word`, and what the server is asked."""

import re
import shlex
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mltui.console.faults import Fault, quoted
from mltui.wire.runs import TriggerType
from mltui.wire.states import Status

NAMES = {
    "status": "status", "state": "status", "pipeline": "pipeline", "pipe": "pipeline", "tag": "tag",
    "env": "environment", "environment": "environment", "trigger": "trigger", "since": "since", "until": "until",
}  # fmt: skip
SUGGESTED = ("status:", "pipeline:", "tag:", "env:", "trigger:", "since:", "until:")
_LENGTHS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class FilterFault(Fault):
    """What is wrong with a filter, and what would be right."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs. As arguments of `Client.runs`: `arguments()`."""

    status: tuple[str, ...] = ()
    pipeline: str | None = None
    trigger: str | None = None
    environment: str | None = None
    tags: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None

    def arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def parse_filter(line: str, now: datetime) -> RunFilter:
    """What `line` says; words without a name are searched for together. Raises FilterFault."""
    chosen, text = RunFilter(), []
    for word in _words(line):
        name, colon, value = word.partition(":")
        if not colon:
            text.append(word)
        elif name.lower() not in NAMES:
            raise FilterFault(f"no filter {quoted(name)}; there are {', '.join(n.rstrip(':') for n in SUGGESTED)}")
        elif not value:
            raise FilterFault(f"{name}: needs a value, as in {_example(NAMES[name.lower()])}")
        else:
            chosen = _with(chosen, NAMES[name.lower()], value, now)
    return replace(chosen, text=" ".join(text) or None)


def completions(line: str, pipelines: list[str]) -> list[str]:
    """Whole lines that `line` may become: its last word, finished."""
    head, _, last = line.rpartition(" ")
    name, colon, value = last.partition(":")
    if not colon:
        words = [word for word in SUGGESTED if last and word.startswith(last)]
    else:
        kind = NAMES.get(name.lower(), "")
        values = {
            "status": [status.value for status in Status],
            "trigger": [trigger.value for trigger in TriggerType],
            "pipeline": [shlex.quote(pipeline) for pipeline in pipelines],
            "since": ["1h", "24h", "7d"],
        }.get(kind, [])
        done, comma, typed = value.rpartition(",") if kind == "status" else ("", "", value)
        words = [f"{name}:{done}{comma}{v}" for v in values if v.startswith(typed)]
    return [f"{head} {word}".lstrip() for word in words]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.replace('"', " ").replace("'", " ").split()  # A quote is still open: someone is typing.


def _with(chosen: RunFilter, name: str, value: str, now: datetime) -> RunFilter:
    match name:
        case "status":
            return replace(chosen, status=(*chosen.status, *_known(value.lower().split(","), Status, "status")))
        case "trigger":
            return replace(chosen, trigger=_known([value.lower()], TriggerType, "trigger")[0])
        case "tag":
            return replace(chosen, tags=(*chosen.tags, value.replace("=", ":", 1)))
        case "since":
            return replace(chosen, since=_moment(value, now))
        case "until":
            return replace(chosen, until=_moment(value, now))
        case "pipeline":
            return replace(chosen, pipeline=value)
        case _:
            return replace(chosen, environment=value)


def _known(words: list[str], kind: type[Status] | type[TriggerType], name: str) -> list[str]:
    there = [str(one.value) for one in kind]
    for word in words:
        if word not in there:
            raise FilterFault(f"no {name} {quoted(word)}; there are {', '.join(there)}")
    return words


def _moment(text: str, now: datetime) -> datetime:
    try:
        if match := re.fullmatch(r"(\d{1,9})([smhdw])", text):
            return now - timedelta(**{_LENGTHS[match[2]]: int(match[1])})
        when = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise FilterFault(f"{quoted(text)} is no time; write 30m, 24h, 7d or {now:%Y-%m-%d}") from None
    return when if when.tzinfo else when.astimezone()


def _example(name: str) -> str:
    return {
        "status": "status:failed", "pipeline": "pipeline:digits", "tag": "tag:team=risk", "environment": "env:prod",
        "trigger": "trigger:retry",
    }.get(name, f"{name}:24h")  # fmt: skip

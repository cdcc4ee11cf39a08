"""The language of the `/` line, as in `status:failed tag:team=risk word`, and what the server is asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mltui.console.faults import quoted
from mltui.console.state.filter_words import TIMES, FilterFault, Language, moment
from mltui.wire.runs import TriggerType
from mltui.wire.states import Status

NAMES = {
    "status": "status", "state": "status", "pipeline": "pipeline", "pipe": "pipeline", "tag": "tag",
    "env": "environment", "environment": "environment", "trigger": "trigger", "since": "since", "until": "until",
}  # fmt: skip
EXAMPLES = {
    "status": "status:failed", "pipeline": "pipeline:digits", "tag": "tag:team=risk", "environment": "env:prod",
    "trigger": "trigger:retry", "since": "since:24h", "until": "until:24h",
}  # fmt: skip


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


def _read(filters: Sequence[tuple[str, str]], text: str, now: datetime) -> RunFilter:
    chosen = RunFilter(text=text or None)
    for name, value in filters:
        chosen = _with(chosen, name, value, now)
    return chosen


def _with(chosen: RunFilter, name: str, value: str, now: datetime) -> RunFilter:
    match name:
        case "status":
            return replace(chosen, status=(*chosen.status, *_known(value.lower().split(","), Status, "status")))
        case "trigger":
            return replace(chosen, trigger=_known([value.lower()], TriggerType, "trigger")[0])
        case "tag":
            if value.startswith(("=", ":")):
                raise FilterFault(f"no tag {quoted(value)}; write tag:NAME or tag:NAME=VALUE")
            return replace(chosen, tags=(*chosen.tags, value.replace("=", ":", 1)))
        case "since":
            return replace(chosen, since=moment(value, now))
        case "until":
            return replace(chosen, until=moment(value, now))
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


RUN_FILTERS = Language(
    names=NAMES,
    examples=EXAMPLES,
    read=_read,
    values={
        "status": [status.value for status in Status],
        "trigger": [trigger.value for trigger in TriggerType],
        "since": TIMES,
    },
    several=frozenset({"status"}),
    named=frozenset({"pipeline"}),
)

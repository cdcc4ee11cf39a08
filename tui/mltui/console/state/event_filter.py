"""The language of the `/` line over events, as in `actor:ada action:run.* since:2h word`."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mltui.console.state.filter_words import FilterFault, moment, read_words

NAMES = {
    "actor": "actor", "who": "actor", "action": "action", "object": "object", "since": "since", "until": "until",
}  # fmt: skip
EXAMPLES = {
    "actor": "actor:ada", "action": "action:run.*", "object": "object:digits-7", "since": "since:2h",
    "until": "until:2h",
}  # fmt: skip
ACTIONS = (
    "run.*", "run.create", "run.start", "run.complete", "run.fail", "run.cancel", "run.update", "run.delete",
    "stage_run.*", "stage_run.fail", "execution.*", "pipeline.*", "metric.*", "artifact.*",
)  # fmt: skip
"""Those that are worth offering; any other can be typed."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events. As arguments of `Client.events`: `arguments()`."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None

    def arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def parse_filter(line: str, now: datetime) -> EventFilter:
    """What `line` says; words without a name are searched for together. Raises FilterFault."""
    filters, text = read_words(line, NAMES, EXAMPLES)
    chosen: dict[str, Any] = {"text": text or None}
    for name, value in filters:
        if name in chosen:
            instead = f"write several with commas, as in {name}:a,b" if name in ("actor", "action") else "leave one out"
            raise FilterFault(f"{name}: is there twice; {instead}")
        chosen[name] = moment(value, now) if name in ("since", "until") else value
    return replace(EventFilter(), **chosen)


def completions(line: str) -> list[str]:
    """Whole lines that `line` may become: its last word, finished."""
    head, _, last = line.rpartition(" ")
    name, colon, value = last.partition(":")
    if not colon:
        words = [f"{name}:" for name in EXAMPLES if last and name.startswith(last)]
    else:
        values = {"action": ACTIONS, "since": ("1h", "24h", "7d")}.get(NAMES.get(name.lower(), ""), ())
        done, comma, typed = value.rpartition(",")
        words = [f"{name}:{done}{comma}{value}" for value in values if value.startswith(typed)]
    return [f"{head} {word}".lstrip() for word in words]

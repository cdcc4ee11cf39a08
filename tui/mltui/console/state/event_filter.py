"""The language of the `/` line over events, as in `actor:ada action:run.* since:2h word`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mltui.console.state.filter_words import TIMES, FilterFault, Language, moment

NAMES = {
    "actor": "actor", "who": "actor", "action": "action", "object": "object", "since": "since", "until": "until",
}  # fmt: skip
EXAMPLES = {
    "actor": "actor:ada", "action": "action:run.*", "object": "object:digits-7", "since": "since:2h",
    "until": "until:2h",
}  # fmt: skip
SEVERAL = frozenset({"actor", "action"})
ACTIONS = (
    "run.*", "run.create", "run.start", "run.complete", "run.fail", "run.cancel", "run.update", "run.delete",
    "stage_run.*", "stage_run.fail", "execution.*", "pipeline.*", "metric.*", "artifact.*",
    "ingestion_job.*", "dataset.*",
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


def _read(filters: Sequence[tuple[str, str]], text: str, now: datetime) -> EventFilter:
    chosen: dict[str, Any] = {"text": text or None}
    for name, value in filters:
        if name in chosen:
            instead = f"write several with commas, as in {name}:a,b" if name in SEVERAL else "leave one out"
            raise FilterFault(f"{name}: is there twice; {instead}")
        chosen[name] = moment(value, now) if name in ("since", "until") else value
    return replace(EventFilter(), **chosen)


EVENT_FILTERS = Language(
    names=NAMES, examples=EXAMPLES, read=_read, values={"action": ACTIONS, "since": TIMES}, several=SEVERAL
)

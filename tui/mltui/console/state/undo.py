"""What one console did and can undo, by the events that its doing left."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from msgspec import structs

from mltui.wire.events import EventRow
from mltui.wire.secrets import HIDDEN

MOST = 50
"""Things done that are remembered."""
TAGS = "tags"
Field = tuple[str, ...]
"""A part of an object that is changed by itself: `("notes",)`, and of tags each one: `("tags", "team")`."""


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that a person did, perhaps to several objects: an event each."""

    words: str
    """What it was, as in `tags of digits-7`."""
    events: Sequence[EventRow]


@dataclass(slots=True)
class History:
    done: list[Done] = field(default_factory=list)
    """The latest last."""
    settled: set[int] = field(default_factory=set)
    """Ids of events that cancel each other out: what was undone, and its undoing."""

    def add(self, done: Done) -> None:
        if done.events:
            self.done.append(done)
            del self.done[:-MOST]

    def since(self, event: EventRow, newest: Sequence[EventRow]) -> list[EventRow]:
        """The changes of the object since `event` that were not taken back. Both have the newest first."""
        later = takewhile(lambda one: one.id != event.id, newest)
        return [one for one in later if one.id not in self.settled]


def changed_fields(event: EventRow) -> set[Field]:
    """What an update changed. Of a secret no event says whether it is another one."""
    before, after = _values(event.before), _values(event.after)
    return {
        field
        for field in before.keys() | after.keys()
        if before.get(field) != after.get(field) or HIDDEN in (before.get(field), after.get(field))
    }


def secret_fields(event: EventRow) -> set[Field]:
    """What was there before, and no event keeps."""
    return {field for field, value in _values(event.before).items() if value == HIDDEN}


def narrowed(event: EventRow, fields: Collection[Field]) -> EventRow:
    """The same, as if before it only these had been there."""
    before: dict[str, Any] = {}
    for place, value in _values(event.before).items():
        if place in fields:
            *group, name = place
            (before.setdefault(group[0], {}) if group else before)[name] = value
    return structs.replace(event, before=before)


def _values(said: Mapping[str, Any] | None) -> dict[Field, Any]:
    whole = {(name,): value for name, value in (said or {}).items() if name != TAGS}
    return whole | {(TAGS, tag): value for tag, value in (said or {}).get(TAGS, {}).items()}

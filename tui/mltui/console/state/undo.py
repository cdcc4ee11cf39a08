"""What one console did and can undo, by the events that its doing left."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mltui.wire.events import EventRow

MOST = 50
"""Things done that are remembered."""


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

    def in_the_way(self, event: EventRow, newest: Sequence[EventRow]) -> EventRow | None:
        """The last change of the object since `event`, which undoing it would overwrite. `newest` come first."""
        since = next((one for one in newest if one.id not in self.settled), None)
        return None if since is None or since.id == event.id else since

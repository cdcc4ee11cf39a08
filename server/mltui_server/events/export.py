"""All events of a selection as a file, oldest first, in memory that does not grow with it: CSV or JSON."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from mltui.wire.events import EventRow
from mltui_server.db.database import Database
from mltui_server.events.queries import EventFilter, next_events

Format = Literal["csv", "json"]
MEDIA_TYPES: Mapping[Format, str] = {"csv": "text/csv", "json": "application/json"}
BATCH = 2_000
"""Events that are in memory at once."""

_encode_lines = msgspec.json.Encoder().encode_lines


class Writer(Protocol):
    """A format: what it writes for some events, and at the end."""

    def add(self, events: Sequence[EventRow]) -> bytes: ...

    def end(self) -> bytes: ...


async def export(database: Database, chosen: EventFilter, format_: Format) -> AsyncIterator[bytes]:
    """Pieces of the file, once the first events have been read: before that, errors can still be said."""
    first = await _batch(database, chosen, None)
    return _pieces(database, chosen, WRITERS[format_](), first)


async def _pieces(
    database: Database, chosen: EventFilter, writer: Writer, batch: Sequence[EventRow]
) -> AsyncIterator[bytes]:
    while batch:
        yield writer.add(batch)
        # Each in a transaction of its own: none stays open while somebody reads slowly.
        batch = await _batch(database, chosen, batch[-1])
    yield writer.end()


async def _batch(database: Database, chosen: EventFilter, after: EventRow | None) -> Sequence[EventRow]:
    async with database.session() as session:
        return await next_events(session, chosen, BATCH, after)


class Csv:
    """A line an event; times in ISO 8601 in UTC, `before` and `after` as JSON, nothing where there is none."""

    def __init__(self) -> None:
        self._text = io.StringIO(newline="")
        self._lines = csv.writer(self._text, lineterminator="\n")
        # Where lines end with a newline, csv leaves a lone carriage return as it is, at which readers begin a line.
        self._quoted = csv.writer(self._text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        self._lines.writerow(EventRow.__struct_fields__)

    def add(self, events: Sequence[EventRow]) -> bytes:
        for event in events:
            cells = [_cell(value) for value in msgspec.structs.astuple(event)]
            lines = self._quoted if any(cell and "\r" in cell for cell in cells) else self._lines
            lines.writerow(cells)
        return self._taken()

    def end(self) -> bytes:
        return self._taken()

    def _taken(self) -> bytes:
        taken = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return taken.encode()


def _cell(value: object) -> str | None:
    return value if isinstance(value, str | None) else msgspec.json.encode(value).decode().strip('"')


class Json:
    """An array of EventRow, one a line."""

    def __init__(self) -> None:
        self._begun = False

    def add(self, events: Sequence[EventRow]) -> bytes:
        before, self._begun = b",\n" if self._begun else b"[\n", True
        return before + _encode_lines(events).removesuffix(b"\n").replace(b"\n", b",\n")

    def end(self) -> bytes:
        return b"\n]\n" if self._begun else b"[]\n"


WRITERS: Mapping[Format, Callable[[], Writer]] = {"csv": Csv, "json": Json}

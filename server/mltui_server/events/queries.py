"""Reading events.

Their order is (transaction, id): what follows a cursor is complete only up to the oldest transaction that still runs,
as ids become visible out of order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, String, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Page
from mltui.wire.events import EventRow
from mltui_server.events.models import Event
from mltui_server.lib.errors import Invalid
from mltui_server.lib.pagination import Window

HORIZON = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), String), BigInteger)
"""The oldest transaction that still runs. Whatever is before it is complete."""
_POSITION = tuple_(Event.xid, Event.id)
_COLUMNS = [getattr(Event, name) for name in ("xid", *EventRow.__struct_fields__)]


class Cursor(NamedTuple):
    """A place in the order of events; as text, `<xid>.<id>`."""

    xid: int
    id: int

    def __str__(self) -> str:
        return f"{self.xid}.{self.id}"


START = Cursor(0, 0)


def parse_cursor(text: str) -> Cursor | None:
    """None for anything that is no cursor of events."""
    xid, _, id_ = text.partition(".")
    if not (xid.isascii() and xid.isdigit() and id_.isascii() and id_.isdigit()):
        return None
    cursor = Cursor(int(xid), int(id_))
    return cursor if max(cursor) < 2**63 else None


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    actor: str | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    run: UUID | None = None
    text: str | None = None
    """Part of the action, the actor, the object's id or the message, in any case."""
    since: datetime | None = None
    until: datetime | None = None

    def clauses(self) -> list[ColumnElement[bool]]:
        exact = {
            Event.actor: self.actor,
            Event.action: self.action,
            Event.object_type: self.object_type,
            Event.object_id: self.object_id,
            Event.run_id: self.run,
        }
        found: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
        if self.text:
            searched = (Event.action, Event.actor, Event.object_id, Event.message)
            found.append(or_(*(column.icontains(self.text, autoescape=True) for column in searched)))
        if self.since:
            found.append(Event.time >= self.since)
        if self.until:
            found.append(Event.time < self.until)
        return found


async def list_events(session: AsyncSession, chosen: EventFilter, window: Window) -> Page[EventRow]:
    """Newest first; `next` leads to older ones."""
    statement = select(*_COLUMNS).where(*chosen.clauses()).order_by(Event.xid.desc(), Event.id.desc())
    if window.cursor:
        statement = statement.where(tuple_(*_known(window.cursor)) > _POSITION)
    rows = list(await session.execute(statement.limit(window.limit + 1)))
    more = len(rows) > window.limit
    rows = rows[: window.limit]
    return Page(items=_items(rows), next=str(Cursor(rows[-1].xid, rows[-1].id)) if more else None)


async def follow_events(session: AsyncSession, chosen: EventFilter, window: Window) -> Page[EventRow]:
    """What came after the window's cursor, or the event with that id, oldest first.

    `next` is where to follow on from, on the last page too.
    """
    after = await _position(session, window.cursor or "")
    statement = select(*_COLUMNS).where(*chosen.clauses(), tuple_(*after) < _POSITION, Event.xid < HORIZON)
    rows = list(await session.execute(statement.order_by(Event.xid, Event.id).limit(window.limit)))
    reached = Cursor(rows[-1].xid, rows[-1].id) if rows else after
    return Page(items=_items(rows), next=str(reached))


def _items(rows: Sequence[Any]) -> list[EventRow]:
    return [EventRow(**{name: getattr(row, name) for name in EventRow.__struct_fields__}) for row in rows]


async def _position(session: AsyncSession, cursor: str) -> Cursor:
    """The place that a cursor names, or an event's id; before all events for an id that none has."""
    if cursor.isascii() and cursor.isdigit() and int(cursor) < 2**63:
        xid = await session.scalar(select(Event.xid).where(Event.id == int(cursor)))
        return Cursor(xid, int(cursor)) if xid is not None else START
    return _known(cursor)


def _known(cursor: str) -> Cursor:
    if (found := parse_cursor(cursor)) is None:
        raise Invalid(f"{cursor!r} is not a cursor that this list gave out")
    return found

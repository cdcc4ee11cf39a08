"""Reading events.

People read them by time, newest first. Who follows them reads in the order of (transaction, id): what comes after a
cursor is complete only up to the oldest transaction that still runs, as ids become visible out of order.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.errors import QueryCanceled
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    String,
    Uuid,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from mltui.wire.base import Page
from mltui.wire.events import EventRow
from mltui_server.events.called import Objects
from mltui_server.events.models import Event
from mltui_server.events.names import names_of
from mltui_server.lib.errors import Invalid
from mltui_server.lib.pagination import Window

HORIZON = cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), String), BigInteger)
"""The oldest transaction that still runs. Whatever is before it is complete."""
SEARCH_S = 10
"""A text may be in no event, or a combination of filters rare: then all events are read, and only for so long."""
_POSITION = tuple_(Event.xid, Event.id)
_MOMENT = tuple_(Event.time, Event.id)
_COLUMNS = [getattr(Event, name) for name in ("xid", *EventRow.__struct_fields__) if name != "object_name"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Cursor(NamedTuple):
    """A place in the order of transactions; as text, `<xid>.<id>`."""

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


class Moment(NamedTuple):
    """A place in the order of time; as text, `<microseconds>-<id>`."""

    time: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.time - _EPOCH) // timedelta(microseconds=1)}-{self.id}"


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """Which events. All must hold; several actors, actions or objects are alternatives."""

    actors: Sequence[str] = ()
    actions: Sequence[str] = ()
    """A trailing `*` means every action that begins so."""
    objects: Objects | None = None
    object_type: str | None = None
    object_id: str | None = None
    run: UUID | None = None
    text: str | None = None
    """Part of the action, the actor, the object's id or the message, in any case."""
    since: datetime | None = None
    until: datetime | None = None

    def clauses(self) -> list[ColumnElement[bool]]:
        exact = {Event.object_type: self.object_type, Event.object_id: self.object_id, Event.run_id: self.run}
        found: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
        if self.actors:
            found.append(_one_of(Event.actor.expression, self.actors))
        if self.actions:
            found.append(or_(*map(_does, self.actions)))
        if self.objects is not None:
            found.append(_of(self.objects))
        if self.text:
            searched = (Event.action, Event.actor, Event.object_id, Event.message)
            found.append(or_(*(column.icontains(self.text, autoescape=True) for column in searched)))
        if self.since:
            found.append(Event.time >= self.since)
        if self.until:
            found.append(Event.time < self.until)
        return found


async def list_events(session: AsyncSession, chosen: EventFilter, window: Window) -> Page[EventRow]:
    """Newest first; `next` leads to older ones. Raises Invalid for what takes longer than SEARCH_S to find."""
    statement = select(*_COLUMNS).where(*chosen.clauses()).order_by(Event.time.desc(), Event.id.desc())
    if window.cursor:
        statement = statement.where(tuple_(*_moment(window.cursor)) > _MOMENT)
    async with _bounded(session):
        rows = list(await session.execute(statement.limit(window.limit + 1)))
    more = len(rows) > window.limit
    rows = rows[: window.limit]
    return Page(items=await _items(session, rows), next=str(Moment(rows[-1].time, rows[-1].id)) if more else None)


async def follow_events(session: AsyncSession, chosen: EventFilter, window: Window) -> Page[EventRow]:
    """What came after the window's cursor, or the event with that id, oldest first.

    `next` is where to follow on from, on the last page too.
    """
    after = await _position(session, window.cursor or "")
    statement = select(*_COLUMNS).where(*chosen.clauses(), tuple_(*after) < _POSITION, Event.xid < HORIZON)
    async with _bounded(session):
        rows = list(await session.execute(statement.order_by(Event.xid, Event.id).limit(window.limit)))
    reached = Cursor(rows[-1].xid, rows[-1].id) if rows else after
    return Page(items=await _items(session, rows), next=str(reached))


async def next_events(
    session: AsyncSession, chosen: EventFilter, limit: int, after: EventRow | None = None
) -> list[EventRow]:
    """The next by time, oldest first: those after that event, or the first there are."""
    statement = select(*_COLUMNS).where(*chosen.clauses()).order_by(Event.time, Event.id).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(after.time, after.id) < _MOMENT)
    return await _items(session, list(await session.execute(statement)))


@asynccontextmanager
async def _bounded(session: AsyncSession) -> AsyncIterator[None]:
    await session.execute(text(f"SET LOCAL statement_timeout = '{SEARCH_S}s'"))
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        faster = "give a shorter time (since, until), or an actor, an action or an object"
        raise Invalid(f"to look for this takes longer than {SEARCH_S} s; {faster}") from None


def _one_of(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """One value by equality: only then an index gives the rows in order of time."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def _of(objects: Objects) -> ColumnElement[bool]:
    # One parameter however many there are: as thousands of them, they take longer than the query.
    found = Event.object_id == any_(literal(objects.ids, ARRAY(String())))
    return found | (Event.run_id == any_(literal(objects.runs, ARRAY(Uuid())))) if objects.runs else found


def _does(action: str) -> ColumnElement[bool]:
    beginning = action.removesuffix("*")
    if beginning == action:
        return Event.action == action
    if beginning.endswith(".") and beginning.count(".") == 1:
        return Event.object_type == beginning.removesuffix(".")
    return Event.action.startswith(beginning, autoescape=True)


async def _items(session: AsyncSession, rows: Sequence[Any]) -> list[EventRow]:
    names = await names_of(session, ((row.object_type, row.object_id) for row in rows))
    return [_item(row, names.get((row.object_type, row.object_id))) for row in rows]


def _item(row: Any, name: str | None) -> EventRow:
    return EventRow(
        id=row.id,
        time=row.time,
        actor=row.actor,
        action=row.action,
        object_type=row.object_type,
        object_id=row.object_id,
        object_name=name or _own_name(row.after) or _own_name(row.before),
        run_id=str(row.run_id) if row.run_id else None,
        before=row.before,
        after=row.after,
        message=row.message,
        request_id=row.request_id,
    )


def _own_name(values: dict[str, Any] | None) -> str | None:
    name = (values or {}).get("name")
    return name if isinstance(name, str) else None


async def _position(session: AsyncSession, cursor: str) -> Cursor:
    """The place that a cursor names, or an event's id; before all events for an id that none has."""
    if cursor.isascii() and cursor.isdigit() and int(cursor) < 2**63:
        xid = await session.scalar(select(Event.xid).where(Event.id == int(cursor)))
        return Cursor(xid, int(cursor)) if xid is not None else START
    if (found := parse_cursor(cursor)) is None:
        raise _stranger(cursor)
    return found


def _moment(cursor: str) -> Moment:
    if (match := re.fullmatch(r"([0-9]{1,17})-([0-9]{1,18})", cursor)) is None:
        raise _stranger(cursor)
    return Moment(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]))


def _stranger(cursor: str) -> Invalid:
    return Invalid(f"{cursor!r} is not a cursor that this list gave out")

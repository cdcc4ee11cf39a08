"""/api/v1/events."""

from datetime import datetime

from litestar import Controller, get
from litestar.params import FromQuery

from mltui.wire.base import Page
from mltui.wire.events import EventRow
from mltui_server.events.queries import EventFilter, follow_events, list_events
from mltui_server.lib.errors import Invalid
from mltui_server.lib.ids import parse_id
from mltui_server.lib.pagination import Window
from mltui_server.lib.session import RequestSession


class EventController(Controller):
    path = "/events"
    tags = ("events",)

    @get()
    async def index(
        self,
        session: RequestSession,
        actor: FromQuery[str | None] = None,
        action: FromQuery[str | None] = None,
        object_type: FromQuery[str | None] = None,
        object_id: FromQuery[str | None] = None,
        run: FromQuery[str | None] = None,
        text: FromQuery[str | None] = None,
        since: FromQuery[datetime | None] = None,
        until: FromQuery[datetime | None] = None,
        limit: FromQuery[int] = 100,
        cursor: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Page[EventRow]:
        """Who did what to which object, newest first. With `after`, what came after that cursor or event, oldest
        first: the answer's `next` is then always there, to follow on from.
        """
        if after is not None and cursor is not None:
            raise Invalid("`cursor` goes back in time and `after` forward; give one of them")
        chosen = EventFilter(
            actor=actor,
            action=action,
            object_type=object_type,
            object_id=object_id,
            run=parse_id("run", run) if run else None,
            text=text,
            since=since,
            until=until,
        )
        if after is not None:
            return await follow_events(session, chosen, Window(limit, after))
        return await list_events(session, chosen, Window(limit, cursor))

"""/api/v1/events."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from mltui.wire.base import Page
from mltui.wire.events import EventRow
from mltui_server.events.called import objects_called
from mltui_server.events.export import MEDIA_TYPES, Format, export
from mltui_server.events.queries import EventFilter, follow_events, list_events
from mltui_server.lib.errors import Invalid
from mltui_server.lib.http import attachment
from mltui_server.lib.ids import parse_id
from mltui_server.lib.pagination import Window
from mltui_server.lib.session import RequestSession
from mltui_server.samples.wanted import while_wanted

Actors = Annotated[str | None, QueryParameter(name="actor", description="Who did it; several with commas")]
Actions = Annotated[
    str | None,
    QueryParameter(name="action", description="Several with commas; `run.*` means all that begin so"),
]
Object = Annotated[
    str | None,
    QueryParameter(
        name="object",
        description="An id, or what anything is or was called: a run, with its stages; a "
        "model, with its versions; MODEL/3, MODEL@ALIAS; a file by its whole path",
    ),
]
Text = Annotated[
    str | None, QueryParameter(description="Part of the action, the actor, the object's id or the message")
]
FileFormat = Annotated[Format, QueryParameter(name="format")]


async def provide_chosen(
    session: RequestSession,
    actors: Actors = None,
    actions: Actions = None,
    object_: Object = None,
    object_type: FromQuery[str | None] = None,
    object_id: FromQuery[str | None] = None,
    run: FromQuery[str | None] = None,
    text: Text = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> EventFilter:
    """The filters that a list and a file have alike."""
    return EventFilter(
        actors=_several(actors),
        actions=_several(actions),
        objects=await objects_called(session, object_) if object_ else None,
        object_type=object_type,
        object_id=object_id,
        run=parse_id("run", run) if run else None,
        text=text,
        since=since,
        until=until,
    )


class EventController(Controller):
    path = "/events"
    tags = ("events",)
    dependencies = {"chosen": Provide(provide_chosen)}

    @get()
    async def index(
        self,
        request: Request[Any, Any, State],
        session: RequestSession,
        chosen: NamedDependency[EventFilter],
        limit: FromQuery[int] = 100,
        cursor: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Page[EventRow]:
        """Who did what to which object, newest first. With `after`, what came after that cursor or event, oldest
        first: the answer's `next` is then always there, to follow on from.
        """
        if after is not None and cursor is not None:
            raise Invalid("`cursor` goes back in time and `after` forward; give one of them")
        if after is not None:
            return await follow_events(session, chosen, Window(limit, after))
        return await while_wanted(request, list_events(session, chosen, Window(limit, cursor)))

    @get("/export")
    async def export(
        self, request: Request[Any, Any, State], chosen: NamedDependency[EventFilter], format_: FileFormat
    ) -> Stream:
        """All of them as a file, oldest first: CSV, or JSON with one event a line. Streamed."""
        pieces = await while_wanted(request, export(request.app.state.database, chosen, format_))
        headers = {"Content-Disposition": attachment(f"events.{format_}")}
        return Stream(pieces, media_type=MEDIA_TYPES[format_], headers=headers)


def _several(text: str | None) -> list[str]:
    return [part for part in (text or "").split(",") if part]

"""The list of events: everything that anybody did, newest first, live."""

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType

from mltui.console.keymap import EVENTS
from mltui.console.screens.event import EventScreen, has_screen, open_object
from mltui.console.screens.event_words import event_columns
from mltui.console.screens.list_screen import ListScreen
from mltui.console.state.event_filter import EVENT_FILTERS
from mltui.console.state.event_window import EventWindow
from mltui.console.state.window import PAGE_ROWS
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.plain_table import PlainTable
from mltui.console.widgets.run_table import RunTable
from mltui.wire.base import Page
from mltui.wire.events import EventRow

NOTHING_YET = "No events yet: nothing was registered, started or changed."


class EventsScreen(ListScreen[EventRow]):
    """While the cursor is at the top the newest comes in there; further down nothing moves, and news are counted."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(EVENTS)]
    HEADING, NOUN, NEWS = "Events", "event", frozenset({"events"})
    LANGUAGE = EVENT_FILTERS

    def __init__(self) -> None:
        super().__init__()
        self._events = EventWindow(self._fetch)

    def make_table(self) -> RunTable[EventRow]:
        return PlainTable(self._events, event_columns(self.app.session.now), empty=self.empty(), id="events")

    def nothing_yet(self) -> str:
        return NOTHING_YET

    def topics(self) -> tuple[str, ...]:
        return ("events",)

    # What is shown.

    async def _fetch(self, cursor: str | None, limit: int) -> Page[EventRow]:
        client = await self.app.connected()
        return await client.events(**self.asked, cursor=cursor, limit=limit)

    def refetch(self) -> None:
        if self._is_at_top():
            self._events.restart()
        else:
            self._events.invalidate()
            self._news.ask()

    async def _changed(self) -> None:
        from mltui.client import ProblemError, Unreachable

        if self._is_at_top():
            self._events.restart()
            await self._events.settled()
            return
        try:
            await self._events.look()
        except (ProblemError, Unreachable):
            return  # The status line says that the server is away; when it is back, this is asked again.

    def _is_at_top(self) -> bool:
        return self.table.cursor == 0 and self.table.scroll_offset.y == 0

    def on_run_table_highlighted(self) -> None:
        self._catch_up()

    def tick(self) -> None:
        self._catch_up()

    def _catch_up(self) -> None:
        if self._events.newer and self._is_at_top():
            self._events.restart()

    def counted(self, total: int) -> Text:
        known = super().counted(total) if self._events.is_whole else Text(f"{total - PAGE_ROWS:,}+ events", "muted")
        newer = self._events.newer
        return Text(f"{newer}{'+' * (newer == PAGE_ROWS)} new  ", "accent").append_text(known) if newer else known

    # Keys.

    def on_run_table_opened(self) -> None:
        if (event := self._events.row(self.table.cursor)) is not None:
            self.app.push_screen(EventScreen(event))

    @work(group="open", name="action_open_object", exclusive=True, exit_on_error=False)
    async def action_open_object(self) -> None:
        event = self._events.row(self.table.cursor)
        if event is None:
            return
        if has_screen(event):
            await open_object(self.app, event)
        else:
            self.app.notify(f"there is no screen for an object of type {event.object_type}", markup=False)

    @work(group="export", name="action_export", exclusive=True, exit_on_error=False)
    async def action_export(self) -> None:
        from mltui.console.screens.events_export import export

        await export(self.app, self.asked, self.line)

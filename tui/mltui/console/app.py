"""The console as an app: one connection, a stack of screens, one place where errors become words."""

import asyncio
import gc
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from textual import work
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from mltui.console.faults import is_away, words_of
from mltui.console.going import Going
from mltui.console.keymap import APP
from mltui.console.screens.frame import Frame
from mltui.console.screens.lines import StatusLine
from mltui.console.state.memory import Memory, memory_file
from mltui.console.state.server import Coalesced, Counts, count_runs, inbox_of
from mltui.console.state.session import Session
from mltui.console.theme import THEMES, VARIABLE_DEFAULTS
from mltui.console.thrift import thrifty_driver
from mltui.console.widgets.keys import bindings

if TYPE_CHECKING:
    from mltui.client import Client
    from mltui.stream import LinkState, Live
    from mltui.wire.samples import InboxState

COUNT_EVERY_S = 1.0
LOOK_EVERY_S = 5.0
"""At whether samples are delayed: nothing tells of what does not move."""
TOAST_S = 6.0
AWAY = "away"
"""The one cause of all that is said of a server that does not answer."""
RUNS_TOPIC = "runs"


def run_console(*, url: str, run_id: str | None = None) -> None:
    """The console on the server at `url`, in this terminal, until it is left; `run_id` is what it opens on."""

    def open_client() -> "Client":
        # httpx imports its own command line with click and pygments, where there are some: 90 ms.
        sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
        from mltui.client import Client

        return Client(url)

    def open_live() -> "Live":
        from uuid import uuid4

        from mltui.stream import Live

        return Live(url, f"console-{uuid4()}")

    app = MltuiApp(open_client, open_live, url=url, session=Session(memory=Memory(memory_file(), url)), run_id=run_id)
    app.run()
    if app.fault is not None:
        print(f"mltui: a fault in the console itself: {app.fault}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1)


class MltuiApp(Going):
    """One person's console. Everything it needs comes in here; nothing is global.

    `open_client` and `open_live` make its client and its stream, after the first paint: they are slow to import.
    `url` is shown, and named in shell commands. `session` is what it remembers; it changes while the console is used.
    """

    CSS_PATH = "styles/console.tcss"
    TITLE = "mltui"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(APP)]
    ENABLE_SELECT_AUTO_SCROLL = False

    def __init__(
        self,
        open_client: "Callable[[], Client]",
        open_live: "Callable[[], Live]",
        *,
        url: str,
        session: Session | None = None,
        run_id: str | None = None,
    ) -> None:
        self.session = session or Session()
        plain = "NO_COLOR" in os.environ
        # True from the start: Textual decides only here whether NO_COLOR means no colours, or greys of its own.
        super().__init__(ansi_color=True if plain else None)
        self.animation_level = "none"
        self.url, self.address = url, urlsplit(url).netloc or url
        self.user = ""
        self.counts: Counts | None = None
        self.inbox: InboxState | None = None
        """As it was seen last; None while nobody can say."""
        self.link: tuple[LinkState, float | None] = ("connecting", None)
        """The stream's state, and time.monotonic() of when it was live last, or was first tried."""
        self.was_live = False
        self.fault: str | None = None
        self.lowest_screen = 2
        self._open_client, self._open_live, self._run_id = open_client, open_live, run_id
        self._client: Client | None = None
        self._live: Live | None = None
        self._painted = asyncio.Event()
        self._topics, self._wanted = set[str](), set[str]()
        self._count = Coalesced(self._recount, COUNT_EVERY_S)
        self._last_report = ("", 0.0)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "mltui-ansi" if plain else self.session.theme

    @property
    def client(self) -> "Client":
        if self._client is None:
            self._client = self._open_client()
            self.user = self._client.user
        return self._client

    async def connected(self) -> "Client":
        """The client, once the first screen is painted: what people wait for first must not wait for it."""
        await self._painted.wait()
        return self.client

    @property
    def server_version(self) -> str:
        return self._live.server_version if self._live is not None else ""

    def get_driver_class(self) -> type[Driver]:
        return thrifty_driver(super().get_driver_class())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLE_DEFAULTS

    # Starting and stopping.

    async def on_mount(self) -> None:
        self.set_keymap(self.session.keymap)
        from mltui.console.screens.runs import RunsScreen

        await self.push_screen(RunsScreen())
        if self._run_id is not None:
            self.open_run(self._run_id)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        _ = self.client
        self._painted.set()
        self.listen()
        self.set_interval(1.0, self._tick)
        self.set_interval(LOOK_EVERY_S, self.look_at_inbox)
        self._redraw_status()

    async def on_unmount(self) -> None:
        self._count.close()
        if self._client is not None:
            await self._client.close()

    # The server.

    @work(group="live", exclusive=True, exit_on_error=False)
    async def listen(self) -> None:
        """Hear notices for as long as the console is open."""
        # First what people wait for; meanwhile the list is on its way too.
        await self._recount()
        self._live = self._open_live()
        # All that was imported by now stays: looking through it for garbage would hold up a key press by 30 ms.
        gc.freeze()
        self._live.on_state = self._link_changed
        self._live.subscribe(RUNS_TOPIC)
        self._tell_live()
        async with self._live as live:
            async for notice in live:
                if notice.type == "problem":
                    self.notify(notice.detail, severity="warning", timeout=TOAST_S, markup=False)
                    continue
                if notice.topic == RUNS_TOPIC:
                    self._count.ask()
                for screen in self._frames():
                    screen.heard(notice.topic, notice.ids)

    def listen_to(self, topics: Iterable[str]) -> None:
        """The screen on top wants to hear of these, besides the list of runs."""
        self._wanted = {topic for topic in topics if topic != RUNS_TOPIC}
        self._tell_live()

    def _tell_live(self) -> None:
        if self._live is None:
            return
        for topic in self._topics - self._wanted:
            self._live.unsubscribe(topic)
        for topic in self._wanted - self._topics:
            self._live.subscribe(topic)
        self._topics = self._wanted

    def recount(self) -> None:
        self._count.ask()

    async def _recount(self) -> None:
        from mltui.client import ProblemError, Unreachable

        try:
            self.counts = await count_runs(self.client, self.session.now())
        except (ProblemError, Unreachable):
            return  # The list that is shown says what is wrong; these come again with the next news.
        self._redraw_status()

    @work(group="inbox", exclusive=True, exit_on_error=False)
    async def look_at_inbox(self) -> None:
        self.inbox = await inbox_of(self.client) if self.link[0] == "live" else None
        self._redraw_status()

    def _link_changed(self, live: "Live") -> None:
        self.link = (live.state, live.since)
        if live.state == "live":
            back = self.was_live
            self.was_live = True
            if back:
                self.recount()
                for screen in self._frames()[-1:]:
                    screen.refetch()
        self._redraw_status()

    # Help.

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from mltui.console.palette import offered

        return offered(self, screen, self.session.keymap)

    def action_help_quit(self) -> None:
        """ctrl+c, where there is nothing marked to copy."""
        self.notify("q goes back, and leaves at the bottom; ctrl+q leaves at once", markup=False)

    # What goes wrong.

    def report(self, error: BaseException, then: str = "") -> None:
        """Say in a toast what went wrong, in the server's own words where it has some, and `then` what can be done.

        One cause is said once: the same words are not, twice in a row, nor is in others that the server is away.
        """
        words = words_of(error)
        cause = AWAY if is_away(error) else words
        before, when = self._last_report
        if before == cause and time.monotonic() - when < TOAST_S:
            words = ""
        else:
            self._last_report = (cause, time.monotonic())
        if said := "; ".join(filter(None, (words, then))):
            self.notify(said, severity="error", timeout=TOAST_S, markup=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.report(event.worker.error)

    def _fatal_error(self) -> None:
        # Textual would fill the terminal with a traceback and everyone's local variables.
        if self.is_headless:
            super()._fatal_error()
            return
        error = self._exception
        self.fault = words_of(error) if error is not None else "unknown"
        self._close_messages_no_wait()

    # Ticks.

    def _tick(self) -> None:
        if self.link[0] != "live":
            self._redraw_status()
        # Leaving takes screens apart while timers still run.
        if self.is_running and self.screen in (frames := self._frames()):
            frames[-1].tick()

    def _frames(self) -> list[Frame]:
        """Those that have their widgets: one that was pushed a moment ago has none yet."""
        return [screen for screen in self.screen_stack if isinstance(screen, Frame) and screen.is_mounted]

    def _redraw_status(self) -> None:
        for frame in self._frames()[-1:]:
            for line in frame.query(StatusLine):
                line.say_status()

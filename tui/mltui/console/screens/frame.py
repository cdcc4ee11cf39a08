"""The frame that every screen stands in: title, body, keys, status; going back; one handler for what goes wrong."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from mltui.console.screens.lines import KeyLine, StatusLine, TitleLine

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp


class Frame(Screen[None]):
    """Subclasses give a body, what to fetch, and which topics to hear of."""

    app: "MltuiApp"
    AUTO_FOCUS = ""

    def compose(self) -> ComposeResult:
        yield TitleLine()
        yield from self.body()
        yield KeyLine()
        yield StatusLine()

    def body(self) -> Iterable[Widget]:
        raise NotImplementedError

    # What subclasses may say.

    def topics(self) -> tuple[str, ...]:
        """Live topics that this screen wants to hear of while it is on top."""
        return ()

    def refetch(self) -> None:
        """Ask the server again for what is shown."""

    def heard(self, topic: str, ids: list[str]) -> None:
        """`topic` has news."""

    def tick(self) -> None:
        """Once a second: ages and durations of what is live may be drawn again."""

    # What they use.

    def is_whole(self) -> bool:
        """Whether its widgets are there: an answer may come before they are, or while they are taken down."""
        return self.is_attached and bool(self.query(StatusLine))

    def title_line(self, crumbs: list[str], facts: Text | None = None) -> None:
        if self.is_whole():
            self.query_one(TitleLine).say(crumbs, facts)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.app.report(event.worker.error)

    def on_screen_suspend(self) -> None:
        # A dialog that stands in front has keys of its own; these do nothing now.
        self.add_class("-covered")

    def on_screen_resume(self) -> None:
        self.remove_class("-covered")
        self.app.listen_to(self.topics())
        self.query_one(StatusLine).say_status()
        self.refetch()

    def action_refetch(self) -> None:
        self.refetch()
        self.app.recount()

    @work(group="undo", exit_on_error=False)
    async def action_undo(self) -> None:
        from mltui.console.screens.undo import undo

        await undo(self.app)
        self.refetch()

    def action_back(self) -> None:
        if len(self.app.screen_stack) > self.app.lowest_screen:
            self.app.pop_screen()
        else:
            self.app.exit()

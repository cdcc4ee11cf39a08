"""Why a run failed: one page, and from it the log at the line that says so, the code, and the last good run."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console.faults import words_of
from mltui.console.keymap import WHY
from mltui.console.screens.frame import Frame
from mltui.console.screens.text_page import TextPage
from mltui.console.screens.why_page import why_page
from mltui.console.widgets.keys import bindings
from mltui.wire.runs import RunRow
from mltui.wire.states import Status
from mltui.wire.why import Why

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp


def show_why(app: "MltuiApp", run: RunRow) -> None:
    """Open the page, or say that this run did not fail."""
    if run.status is Status.FAILED or run.failed_count:
        app.push_screen(WhyScreen(run))
    else:
        app.notify(f"{run.name} is {run.status.value}; only of a failed run there is a why", markup=False)


class WhyScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(WHY)]

    def __init__(self, run: RunRow) -> None:
        super().__init__()
        self._run = run
        self._why: Why | None = None

    def body(self) -> Iterable[Widget]:
        yield TextPage()

    def on_mount(self) -> None:
        self.title_line(["Runs", self._run.name, "Why"])
        page = self.query_one(TextPage)
        page.show([Text("Looking …", "muted")])
        page.focus()

    def refetch(self) -> None:
        self._fetch()

    @work(group="fetch", exclusive=True, exit_on_error=False)
    async def _fetch(self) -> None:
        page = self.query_one(TextPage)
        try:
            self._why = await (await self.app.connected()).why(self._run.id)
        except Exception as error:
            if self._why is not None:
                raise
            page.show([Text(words_of(error), "error")])
            return
        page.show(why_page(self._why))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is not there has no key."""
        if action == "log":
            return self._why is not None and self._why.execution_id is not None
        if action == "good":
            return self._why is not None and self._why.good is not None
        return True

    def action_log(self) -> None:
        """The log at its first error, or at its end."""
        if self._why is None or self._why.execution_id is None:
            return
        from mltui.console.screens.log import LogScreen

        error = self._why.error
        self.app.push_screen(LogScreen(self._run.name, self._why.execution_id, None if error is None else error.n))

    def action_code(self) -> None:
        from mltui.console.screens.code import CodeScreen

        self.app.push_screen(CodeScreen(self._run, (self._why and self._why.stage) or ""))

    def action_run(self) -> None:
        self.app.open_run(self._run.id, self._run)

    def action_good(self) -> None:
        if self._why is not None and self._why.good is not None:
            self.app.open_run(self._why.good.id)

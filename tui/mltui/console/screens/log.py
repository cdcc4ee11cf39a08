"""One log on a screen of its own, opened at a line."""

from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console.keymap import LOG
from mltui.console.screens.frame import Frame
from mltui.console.screens.run_log import LogTab
from mltui.console.widgets.keys import bindings


class LogScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LOG)]

    def __init__(self, run_name: str, execution_id: str, line: int | None) -> None:
        """`line` counts from 0; None for the end."""
        super().__init__()
        self._run_name, self._execution_id, self._line = run_name, execution_id, line
        self._log = LogTab()

    def body(self) -> Iterable[Widget]:
        yield self._log

    def on_mount(self) -> None:
        self.title_line(["Runs", self._run_name, "Log"])
        self._open()

    @work(group="fetch", exclusive=True, exit_on_error=False)
    async def _open(self) -> None:
        execution = await (await self.app.connected()).execution(self._execution_id)
        self._log.show(execution)
        self._log.focus_content()
        if self._line is not None:
            await self._log.show_line(self._line)

    def topics(self) -> tuple[str, ...]:
        return (f"log:{self._execution_id}",)

    def heard(self, topic: str, ids: list[str]) -> None:
        if topic == f"log:{self._execution_id}":
            self._log.news()

    @work(group="search", exclusive=True, exit_on_error=False)
    async def action_search(self) -> None:
        from mltui.console.screens.prompt import FilterPrompt

        prompt = FilterPrompt(self.app.session, self._log.needle, lambda _: None)
        said = await self.app.push_screen_wait(prompt)
        if said is not None:
            self._log.search(said.strip())
            self._log.focus_content()

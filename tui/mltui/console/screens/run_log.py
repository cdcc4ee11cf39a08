"""The log tab of a run: the log of the stage that is selected, followed live, searched on the server."""

import asyncio
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.worker import Worker, WorkerState

from mltui.console import format
from mltui.console.faults import quoted
from mltui.console.screens.lines import OneLine
from mltui.console.state.log_window import LogWindow
from mltui.console.state.server import Coalesced
from mltui.console.widgets.log_view import LogView
from mltui.wire.counting import counted
from mltui.wire.executions import ExecutionRow
from mltui.wire.logs import LogPage

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

DRAWN_EVERY_S = 0.1
BACK_RECORDS = 20_000
"""How far a search backwards looks at a time."""
MATCHES = 1_000


class LogTab(Vertical):
    """Shows the log of one execution at a time."""

    app: "MltuiApp"
    DEFAULT_CSS = "LogTab > OneLine { background: $background; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.execution: ExecutionRow | None = None
        self._needle = ""
        self._view = LogView(LogWindow(self._nothing), empty="")
        self._news = Coalesced(self._more, DRAWN_EVERY_S)

    def compose(self) -> ComposeResult:
        yield OneLine(classes="facts")
        yield self._view

    def on_unmount(self) -> None:
        self._news.close()

    @staticmethod
    async def _nothing(first: int | None, count: int) -> LogPage:
        return LogPage(lines=[], first=0, total=0, bytes=0, finished=True)

    # What is shown.

    def show(self, execution: ExecutionRow | None, why_none: str = "") -> None:
        """The log of this execution; `why_none` says why there is none."""
        if execution is None:
            if self.execution is not None or not self._view.window.total:
                self.execution = None
                self._view.empty = why_none or self._view.empty
                self._view.set_window(LogWindow(self._nothing))
                self._say()
            return
        fresh = self.execution is None or self.execution.id != execution.id
        self.execution = execution
        if fresh:
            self._view.empty = "No output yet."
            execution_id = execution.id

            async def fetch(first: int | None, count: int) -> LogPage:
                client = self.app.client
                if first is None:
                    return await client.log_tail(execution_id, count)
                return await client.log(execution_id, first, count)

            self._view.set_window(LogWindow(fetch))
            draw = self._view.window.on_change

            def changed() -> None:
                draw()
                self._say()

            self._view.window.on_change = changed
        self._say()

    def news(self) -> None:
        """The log has grown."""
        self._news.ask()

    async def _more(self) -> None:
        self._view.window.more()
        await self._view.window.settled()

    def _say(self) -> None:
        if not self.is_attached:
            return
        window, left, right = self._view.window, Text(), Text()
        if self.execution is not None:
            left.append(self.execution.scope, "secondary")
            if self.execution.attempt_number > 1:
                left.append(f"  attempt {self.execution.attempt_number}", "muted")
            if self.execution.host:
                left.append(f"  on {self.execution.host}", "muted")
            if window.total is not None:
                right.append(f"{counted(window.total, 'line')}  {format.size(window.bytes)}", "muted")
            if not window.finished:
                right.append("  following" if window.following else "  paused, f follows", "accent")
        if self._needle:
            left.append(f"  /{self._needle}", "accent")
        self.query_one(OneLine).show(left, right)

    def on_log_view_following(self) -> None:
        self._say()

    def focus_content(self) -> None:
        self.screen.set_focus(self._view)

    async def show_line(self, n: int) -> None:
        """Go to a line of the log, counted from 0, and mark it, once the log is there."""
        await self._view.window.settled()
        self._view.show_match(n)
        self._say()

    # Searching.

    def search(self, text: str) -> None:
        """Mark what has `text` in it, and go to the next one from where the view is."""
        self._needle = text
        self._view.search(text)
        self._say()
        if text:
            self.find(text, True, self._view.top_record)

    @property
    def needle(self) -> str:
        return self._needle

    def on_log_view_search_wanted(self, message: LogView.SearchWanted) -> None:
        self.find(self._needle, message.forward, message.start)

    @work(group="find", exclusive=True, exit_on_error=False)
    async def find(self, text: str, forward: bool, start: int) -> None:
        """Go to the next record that has `text`, or to the previous one; round the end when there is none."""
        if self.execution is None:
            return
        found = await (self._next(text, start) if forward else self._previous(text, start))
        if found is None:
            self.app.notify(f"no line has {quoted(text)} in it", markup=False)
        else:
            self._view.show_match(found)
            self._say()

    async def _next(self, text: str, start: int) -> int | None:
        assert self.execution is not None
        for first in dict.fromkeys((start, 0)):
            at: int | None = first
            while at is not None:
                matches = await self.app.client.search_log(self.execution.id, text, first=at, limit=1)
                if matches.lines:
                    return matches.lines[0].n
                at = matches.next
                await asyncio.sleep(0)
        return None

    async def _previous(self, text: str, start: int) -> int | None:
        """The last match before record `start`: the server searches forwards only, so in steps from there back."""
        assert self.execution is not None
        before = start
        while before > 0:
            first = max(0, before - BACK_RECORDS)
            found: list[int] = []
            at: int | None = first
            while at is not None and at < before:
                matches = await self.app.client.search_log(self.execution.id, text, first=at, limit=MATCHES)
                found += [line.n for line in matches.lines if line.n < before]
                at = matches.next
            if found:
                return found[-1]
            before = first
        return None

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.app.report(event.worker.error)

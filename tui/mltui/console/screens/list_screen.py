"""What every screen that is one live list has in common: a window of rows, its table, news, and what the title says."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from rich.text import Text
from textual import work
from textual.widget import Widget

from mltui.console.screens.frame import Frame
from mltui.console.state.filter_words import Language
from mltui.console.state.server import Coalesced
from mltui.console.state.window import Window
from mltui.console.widgets.run_table import RunTable
from mltui.wire.counting import counted

R = TypeVar("R")

NO_MATCH = """No {noun} matches this filter.

Press  /  to change it, or  /  and  enter  on an empty line to see all."""


class ListScreen(Frame, Generic[R]):
    """Subclasses give the table, and what is said where there is nothing."""

    HEADING: ClassVar[str]
    NOUN: ClassVar[str]
    """Of one row."""
    NEWS: ClassVar[frozenset[str]]
    """Topics that tell of changes in the list."""
    CHANGES_EVERY_S: ClassVar[float] = 1.0
    LANGUAGE: ClassVar[Language[Any] | None] = None
    """What can be written on the `/` line; None: any text."""
    table: RunTable[R]
    line: str = ""
    """The filter that is on, as it was typed; empty for none."""
    asked: Mapping[str, Any] = {}
    """The filter as arguments of the client's call."""

    def make_table(self) -> RunTable[R]:
        raise NotImplementedError

    def nothing_yet(self) -> str:
        """How a first row is made."""
        raise NotImplementedError

    def no_match(self) -> str:
        return NO_MATCH.format(noun=self.NOUN)

    # The filter.

    def filter_by(self, line: str) -> None:
        """Show the rows that match `line`, which has no fault."""
        line = line.strip()
        if line == self.line:
            return
        language = self.LANGUAGE
        self.asked = language.parse(line, self.app.session.now()).arguments() if language else {"text": line or None}
        self.line = line
        # Asked for by a command, it is there before the table.
        if self.is_mounted:
            self.table.empty = self.empty()
            self.window.reset()
            self.say()

    def empty(self) -> str:
        """What a table without rows says."""
        return self.no_match() if self.line else self.nothing_yet()

    @work(group="filter", exclusive=True, exit_on_error=False)
    async def action_filter(self) -> None:
        from mltui.console.screens.prompt import FilterPrompt

        before = self.line
        prompt = FilterPrompt(self.app.session, before, self.filter_by, self.LANGUAGE)
        if await self.app.push_screen_wait(prompt) is None:
            self.filter_by(before)

    def counted(self, total: int) -> Text:
        """How many rows there are."""
        return Text(counted(total, self.NOUN), "muted")

    @property
    def window(self) -> Window[R]:
        return self.table.window

    def body(self) -> Iterable[Widget]:
        self._news = Coalesced(self._changed, self.CHANGES_EVERY_S)
        self.table = self.make_table()
        yield self.table

    def on_mount(self) -> None:
        table_changed = self.window.on_change

        def changed() -> None:
            table_changed()
            self.say()

        self.window.on_change = changed
        self.table.focus()
        self.say()

    def on_unmount(self) -> None:
        self._news.close()
        self.window.close()

    def refetch(self) -> None:
        self.window.invalidate()

    def heard(self, topic: str, ids: list[str]) -> None:
        if topic in self.NEWS and self.is_current:
            self._news.ask()

    async def _changed(self) -> None:
        self.window.invalidate()
        await self.window.settled()

    def tick(self) -> None:
        self.table.repaint_moved()

    def say(self) -> None:
        """The title: the filter, how many are marked, how many there are."""
        facts, total = Text(), self.window.total
        if self.line:
            facts.append(f"/{self.line}  ", "accent")
        if self.window.marks:
            facts.append(f"{len(self.window.marks)} marked  ", "accent")
        if total is not None:
            facts.append_text(self.counted(total))
            if self.window.error is not None:
                facts.append("  not up to date", "warning")
        self.title_line([self.HEADING], facts)

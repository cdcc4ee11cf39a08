"""Home: what needs attention, each a jump away, and below it how things go."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console import format
from mltui.console.keymap import HOME
from mltui.console.screens.home_figures import figures
from mltui.console.screens.list_screen import ListScreen
from mltui.console.screens.run_columns import Clock
from mltui.console.screens.runs import nothing_yet
from mltui.console.screens.text_page import TextPage
from mltui.console.state.window import Window
from mltui.console.theme import Look
from mltui.console.widgets.columns import Column
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.plain_table import PlainTable
from mltui.console.widgets.run_table import RunTable
from mltui.wire.dashboard import Attention, Kind, Overview, Trends

LOOK_EVERY_S = 5.0
"""At what no notice tells of: what stalls, waits, or fills up."""
FRAME_LINES = 3
"""Title, keys and status."""
LEAST_LINES = 9
"""Of the list: what a new server says takes so many."""
FAILED = "status:failed since:24h"
NOTHING = "Nothing needs attention."
KINDS: dict[Kind, tuple[Look, str]] = {
    "component": (Look("▲", "error"), "not well"),
    "inbox": (Look("◔", "warning"), "delayed"),
    "refused": (Look("⊘", "warning"), "refused"),
    "stalled": (Look("◌", "warning"), "stalled"),
    "nonfinite": (Look("✖", "error"), "NaN"),
    "approval": (Look("◇", "warning"), "approval"),
    "failed": (Look("✗", "error"), "failed"),
}


def attention_columns(now: Clock) -> list[Column[Attention]]:
    return [
        Column("kind", "Needs you", _kind, min_width=10),
        Column("name", "What", lambda item: item.name, min_width=10, max_width=30),
        Column("since", "Since", lambda item: Text(format.age(item.since, now()), "muted"), min_width=5, align="right",
               moves=True),
        Column("what", "Why", lambda item: Text(_one_line(item.what), "secondary"), min_width=20, max_width=200,
               grows=True),
    ]  # fmt: skip


def _kind(item: Attention) -> Text:
    look, word = KINDS[item.kind]
    return Text(f"{look.glyph} {word}", look.colour)


def _one_line(words: str) -> str:
    return " ".join(words.split())


class HomeScreen(ListScreen[Attention]):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(HOME)]
    HEADING, NEWS = "Home", frozenset({"runs", "models"})
    CHANGES_EVERY_S = 2.0

    def make_table(self) -> RunTable[Attention]:
        self._answer: tuple[Overview, Trends] | None = None
        self._items: dict[str, Attention] = {}
        self._looked = 0.0
        return PlainTable(
            Window(self._fetch, _key), attention_columns(self.app.session.now), empty=NOTHING, id="attention"
        )

    def body(self) -> Iterable[Widget]:
        yield from super().body()
        yield TextPage(id="figures")

    def on_resize(self) -> None:
        self._show_figures()

    # The server.

    def topics(self) -> tuple[str, ...]:
        return ("models",)

    async def _fetch(self, offset: int, limit: int) -> tuple[Sequence[Attention], int]:
        self._looked = time.monotonic()
        client = await self.app.connected()
        today = self.app.session.now().astimezone()
        self._answer = await asyncio.gather(
            client.dashboard_overview(), client.dashboard_trends(tz=today.isoformat()[-len("+00:00") :])
        )
        overview = self._answer[0]
        # What says the same stays the same object, which the table then does not draw again.
        before = self._items
        self._items = {_key(item): item for item in overview.attention}
        self._items = {key: before[key] if before.get(key) == item else item for key, item in self._items.items()}
        self.table.empty = NOTHING if overview.stats.counts.get("runs") else nothing_yet(self.app.url)
        self._show_figures()
        return [*self._items.values()][offset : offset + limit], len(self._items)

    def tick(self) -> None:
        super().tick()
        if self.app.link[0] == "live" and time.monotonic() - self._looked >= LOOK_EVERY_S:
            self.refetch()

    # What is shown.

    def _show_figures(self) -> None:
        if self._answer is None or not self.is_attached:
            return
        page = self.query_one("#figures", TextPage)
        lines = figures(*self._answer, self.size.width - 3)
        # The list has what it needs, while the figures, and the line above them, keep three fifths.
        room = self.size.height - FRAME_LINES - min(len(lines) + 1, self.size.height * 3 // 5)
        self.table.styles.height = min(room, max(LEAST_LINES, len(self._items) + 2))
        page.show(lines)

    def say(self) -> None:
        facts = Text()
        if self._answer is not None:
            number = sum(self._answer[0].attention_counts.values())
            facts.append(f"{number:,} need{'s' * (number == 1)} attention", "warning" if number else "muted")
            if self.window.error is not None:
                facts.append("  not up to date", "warning")
        self.title_line([self.HEADING], facts)

    # Keys.

    def on_run_table_opened(self, event: RunTable.Opened) -> None:
        item = self._items.get(event.row_id)
        if item is None:
            return  # It was settled a moment ago.
        if item.run_id is not None:
            self.app.open_run(item.run_id)
        elif item.object_type == "approval":
            self.app.open_model(item.name)
        else:
            self.app.notify(f"{item.name}: {item.what}", severity="warning", markup=False)

    def action_failed(self) -> None:
        self.app.filter_list("runs", FAILED)


def _key(item: Attention) -> str:
    return f"{item.kind} {item.object_id}"

"""`?`: what every key does here, from the one table."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from mltui.console.keymap import Active, sections
from mltui.console.screens.dialog import Dialog
from mltui.console.theme import palette
from mltui.console.widgets.keys import Key, bindings

HELP = [
    Key("help.leave", "leave", "q,escape,question_mark,enter", "Back", show=True),
    Key("help.down", "scroll(1)", "down,j", "Down"),
    Key("help.up", "scroll(-1)", "up,k", "Up"),
]
LEAST_KEYS = 9
"""Columns for the keys, so that most groups line up."""


class HelpScreen(Dialog[None]):
    """Groups of keys, in as many columns as there is room for."""

    DIALOG_KEYS = HELP
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(HELP)]
    heading = "Keys"

    def __init__(self, keys: Sequence[Active]) -> None:
        super().__init__(classes="help")
        self._keys = keys

    def body(self) -> Iterable[Widget]:
        yield Static(self._grid(), classes="text")

    def on_resize(self) -> None:
        self.query_one(".text", Static).update(self._grid())

    def action_scroll(self, lines: int) -> None:
        self.query_one("#box").scroll_relative(y=lines * 3, animate=False)

    def _grid(self) -> Table:
        room = int(self.app.size.width * 0.96) - 8
        count = max(1, min(3, room // 33))
        columns: list[list[Group]] = [[] for _ in range(count)]
        heights = [0] * count
        for title, keys in sections(self._keys):
            at = heights.index(min(heights))
            columns[at].append(self._section(title, keys))
            heights[at] += len(keys) + 2
        grid = Table.grid(padding=(0, 2), expand=True)
        for _ in columns:
            grid.add_column(ratio=1)
        grid.add_row(*(Group(*column) for column in columns))
        return grid

    def _section(self, title: str, keys: Sequence[Active]) -> Group:
        colours = palette(self.app)
        table = Table.grid(padding=(0, 1))
        # As wide as the widest list of keys: one that is cut short hides a key.
        table.add_column(width=max(LEAST_KEYS, *(len(key.keys) for key in keys)), no_wrap=True)
        table.add_column()
        for key in keys:
            table.add_row(Text(key.keys, colours.style("footer-key-foreground")), key.description)
        return Group(Text(title.upper(), colours.style("secondary")), table, Text())

"""Two versions of a model, side by side."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console import format
from mltui.console.faults import cut
from mltui.console.keymap import COMPARE
from mltui.console.screens.frame import Frame
from mltui.console.screens.model_words import shown
from mltui.console.screens.text_page import TextPage, heading
from mltui.console.widgets.keys import bindings
from mltui.wire.models import Comparison, Difference

PARTS = {"version": "Version", "metrics": "Metrics", "parameters": "Config", "data": "Data", "code": "Code"}
NAME = 24
"""Columns of a name at least, and a third of the screen at most."""
LEAST = 12
"""Columns of a value, however narrow the terminal is."""


class CompareScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(COMPARE)]

    def __init__(self, model: str, left: int, right: int) -> None:
        super().__init__()
        self._model, self._left, self._right = model, left, right
        self._found: Comparison | None = None
        self._changed_only = False

    def body(self) -> Iterable[Widget]:
        yield TextPage()

    def on_mount(self) -> None:
        self.query_one(TextPage).focus()
        self._say()

    def on_resize(self) -> None:
        self._say()

    def refetch(self) -> None:
        self._fetch()

    @work(group="fetch", exclusive=True, exit_on_error=False)
    async def _fetch(self) -> None:
        self._found = await self.app.client.compare_versions(self._model, str(self._left), str(self._right))
        self._say()

    def action_changed_only(self) -> None:
        self._changed_only = not self._changed_only
        self._say()

    def _say(self) -> None:
        found = self._found
        lines = [line for line in found.differences if not (self._changed_only and line.same)] if found else []
        different = sum(not line.same for line in found.differences) if found else 0
        facts = Text("only what differs  " if self._changed_only else "", "accent")
        self.title_line(["Models", self._model, f"{self._left} and {self._right}"],
                        facts.append(f"{different} differ", "muted") if found else None)  # fmt: skip
        if found is not None:
            names = (f"{self._model}/{self._left}", f"{self._model}/{self._right}")
            self.query_one(TextPage).show(page(lines, names, self.size.width))


def page(lines: Sequence[Difference], names: tuple[str, str], width: int) -> list[Text]:
    """The lines in parts, each value in a column of its own."""
    name = min(max([NAME, *(len(line.name) for line in lines)]), max(NAME, width // 3))
    room = max(LEAST, (width - name - 8) // 2)
    result = [Text().append(" " * (name + 2)).append(f"{names[0]:<{room + 2}}", "bold").append(names[1], "bold")]
    for part, title in PARTS.items():
        if own := [line for line in lines if line.part == part]:
            result += [Text(), heading(title), *(_line(line, name, room) for line in own)]
    return result if len(result) > 1 else [*result, Text(), Text("Nothing differs.", "muted")]


def _line(line: Difference, width: int, room: int) -> Text:
    name = format.shortened(line.name, width)
    # Of a commit people know the beginning.
    shorten = cut if line.name.endswith("commit") else format.shortened
    left, right = (shorten(_value(value), room) for value in (line.left, line.right))
    text = Text().append(f"{name:<{width}}", "muted").append("  " if line.same else "≠ ", "accent")
    colour = "muted" if line.same else ""
    return text.append(f"{left:<{room}}  ", colour).append(right, colour)


def _value(value: object) -> str:
    return format.number(value, 6) if isinstance(value, float) else shown(value)

"""A dialog with a list to choose from: one of it, or several that are marked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from mltui.console.keymap import CHOOSE
from mltui.console.screens.dialog import Dialog
from mltui.console.widgets import cells
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.virtual import VirtualLines


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Text


class Choices(VirtualLines):
    """The list in the dialog."""

    DEFAULT_CSS = "Choices { background: $surface; margin-top: 1; }"

    def __init__(self, choices: Sequence[Choice], marked: Iterable[str]) -> None:
        super().__init__()
        self._choices, self.marked = choices, set(marked)

    def on_mount(self) -> None:
        self.styles.height = min(len(self._choices), 16)
        self.resize_content(len(self._choices), 40)

    def draw_line(self, index: int, base: Style) -> Strip:
        choice = self._choices[index]
        mark = "▌ " if choice.value in self.marked else "  "
        width = max(10, self.viewport.width - 2)
        text = cells.styled(choice.label, width, "left", base, self.palette)
        return Strip([Segment(mark, base + self.palette.style("accent")), *text])


MARK = "choose.mark"
"""Worth a hint only where several may be chosen."""


class Choose(Dialog[list[str] | None]):
    """Answers the values chosen: the marked ones, or the one under the cursor; None when it was left."""

    DIALOG_KEYS = CHOOSE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CHOOSE)]

    def __init__(
        self, heading: str, what: str, choices: Sequence[Choice], *, at: str = "", marked: Iterable[str] | None = None
    ) -> None:
        """`marked` None means that one is chosen."""
        super().__init__()
        self.heading, self._what, self._at = heading, what, at
        self._choices, self._several = choices, marked is not None
        self._list = Choices(choices, marked or ())

    def hints(self) -> Sequence[Key]:
        return [key._replace(show=True) if key.id == MARK and self._several else key for key in CHOOSE]

    def body(self) -> Iterable[Widget]:
        yield Static(self._what, classes="text", markup=False)
        yield self._list

    def on_mount(self) -> None:
        self._list.focus()
        self._list.cursor = next((i for i, c in enumerate(self._choices) if c.value == self._at), 0)

    def action_move(self, lines: int) -> None:
        self._list.cursor += lines

    def action_mark(self) -> None:
        if self._several:
            self._list.marked ^= {self._choices[self._list.cursor].value}
            self._list.repaint_changed()
            self._list.cursor += 1

    def action_take(self) -> None:
        here = self._choices[self._list.cursor].value
        self.dismiss([c.value for c in self._choices if c.value in self._list.marked] if self._several else [here])

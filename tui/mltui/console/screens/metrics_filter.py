"""Which label sets to look at: a dialog with every label's values, each with how often it occurs."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.binding import BindingType
from textual.events import Key as KeyEvent
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from mltui.console import format
from mltui.console.keymap import LABELS
from mltui.console.screens.dialog import Dialog
from mltui.console.state.metric_state import label_words
from mltui.console.widgets import cells
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.text_field import TextField
from mltui.console.widgets.virtual import VirtualLines
from mltui.wire.metrics import LabelValues

Filters = dict[str, list[str]]
Offer = Callable[[Filters], Awaitable[Sequence[LabelValues]]]
"""What there is to choose from, beside what these filters let through."""
NUMBER = 12


class Line(NamedTuple):
    """One value, or the heading of a key's values."""

    key: str
    value: str | None
    label_sets: int = 0
    points: int = 0


class Values(VirtualLines):
    """The list in the dialog; its cursor passes over the headings."""

    DEFAULT_CSS = "Values { background: $surface; margin-top: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.can_focus = False
        self.lines: list[Line] = []
        self.marked: Filters = {}

    def show(self, lines: list[Line]) -> None:
        at = self.selected
        self.lines = lines
        self.styles.height = max(1, min(len(lines), 16))
        self.resize_content(len(lines), 0)
        same = (i for i, line in enumerate(lines) if at is not None and line[:2] == at[:2])
        self.cursor = next(same, 1)
        self.repaint_changed()

    @property
    def selected(self) -> Line | None:
        line = self.lines[self.cursor] if self.cursor < len(self.lines) else None
        return None if line is None or line.value is None else line

    def step(self, lines: int) -> None:
        """To the next value in that direction; nowhere when there is none."""
        at = self.cursor + lines
        while 0 <= at < len(self.lines) and self.lines[at].value is None:
            at += lines
        if 0 <= at < len(self.lines):
            self.cursor = at

    def draw_line(self, index: int, base: Style) -> Strip:
        key, value, label_sets, points = self.lines[index]
        width = max(20, self.viewport.width - 1)
        name = width - 2 - 2 * NUMBER
        if value is None:
            style = base + self.palette.style("secondary")
            titles = [cells.plain(title, NUMBER, "right", style) for title in ("label sets", "points")]
            return Strip([*cells.plain(key, name + 2, "left", style), *titles[0], *titles[1]])
        muted = base + self.palette.style("muted")
        mark = "▌ " if value in self.marked.get(key, ()) else "  "
        return Strip(
            [
                Segment(mark, base + self.palette.style("accent")),
                *cells.plain(format.label(value), name, "left", base),
                *cells.plain(format.count(label_sets), NUMBER, "right", muted),
                *cells.plain(format.count(points), NUMBER, "right", muted),
            ]
        )


class Narrow(TextField):
    """What is typed narrows the list; space marks."""

    async def _on_key(self, event: KeyEvent) -> None:
        if event.key == "space":
            # Otherwise it would be typed.
            event.stop().prevent_default()
            await self.run_action("screen.mark")


class LabelFilter(Dialog[Filters | None]):
    """Answers the values to let through, by key; None when it was left. A key without marks lets all through."""

    DIALOG_KEYS = LABELS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LABELS)]

    def __init__(self, metric: str, offer: Offer, marked: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.heading = f"Filter {metric}"
        self._offer_from = offer
        self._offered: Sequence[LabelValues] = ()
        self._list = Values()
        self._list.marked = {key: list(values) for key, values in marked.items()}

    def body(self) -> Iterable[Widget]:
        yield Narrow(placeholder="type a part of a value")
        yield self._list
        yield Static("Asking…", classes="hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.offer()

    @work(group="offer", exclusive=True, exit_on_error=False)
    async def offer(self) -> None:
        """Ask again: a mark changes how often the other keys' values occur."""
        self._offered = await self._offer_from(self._list.marked)
        self._show()

    def on_input_changed(self) -> None:
        self._show()

    def _show(self) -> None:
        typed = self.query_one(Input).value.lower()
        lines: list[Line] = []
        for one in self._offered:
            found = [
                Line(one.key, v.value, v.label_sets, v.points)
                for v in one.values
                if typed in format.label(v.value).lower()
            ]
            gone = [value for value in self._list.marked.get(one.key, ()) if value not in {v.value for v in one.values}]
            found += [Line(one.key, value) for value in gone if typed in format.label(value).lower()]
            if found:
                lines += [Line(one.key, None), *found]
        self._list.show(lines)
        chosen = label_words(self._list.marked)
        nothing = "No value has that in it." if typed else "It has no label sets in this time."
        self.query_one(".hint", Static).update((format.printable(chosen) or "All label sets.") if lines else nothing)

    # Keys.

    def action_move(self, lines: int) -> None:
        self._list.step(lines)

    def action_mark(self) -> None:
        here = self._list.selected
        if here is None or here.value is None:
            return
        values = self._list.marked.setdefault(here.key, [])
        if here.value in values:
            values.remove(here.value)
        else:
            values.append(here.value)
        self._list.step(1)
        self._show()
        self.offer()

    def action_clear(self) -> None:
        self._list.marked = {}
        self._show()
        self.offer()

    def action_take(self) -> None:
        self.dismiss({key: values for key, values in self._list.marked.items() if values})

    def on_input_submitted(self) -> None:
        self.action_take()

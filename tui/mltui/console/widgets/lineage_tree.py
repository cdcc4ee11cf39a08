"""Lineage drawn as a tree: what it came from, and what it led to."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.message import Message
from textual.strip import Strip

from mltui.console.state.lineage import Branch, came_from, led_to, root_of
from mltui.console.widgets import cells
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.lineage_lines import fitted
from mltui.console.widgets.note import placed
from mltui.console.widgets.virtual import VirtualLines
from mltui.wire.lineage import Lineage, LineageNode

KEYS = [Key("lineage.open", "open", "enter", "Open", show=True)]


class LineageTree(VirtualLines):
    BINDINGS = bindings(KEYS)

    class Opened(Message):
        """Enter on a node."""

        def __init__(self, node: LineageNode) -> None:
            super().__init__()
            self.node = node

    class Pointed(Message):
        """The cursor is on this line now, or that says something else; None where it names nothing."""

        def __init__(self, branch: Branch | None) -> None:
            super().__init__()
            self.branch = branch

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Branch | Text] = []
        """Headings are Text."""
        self._drawn_as: list[Text] = []
        self._wrong = ""
        self.awaited = True

    def show(self, lineage: Lineage) -> None:
        """The cursor stays on what it was on; it begins on what was asked about."""
        before = _place(self._pointed)
        self.awaited = False
        self._lines = [
            Branch(root_of(lineage)),
            *_part("Came from", came_from(lineage)),
            *_part("Led to", led_to(lineage)),
        ]
        self.resize_content(len(self._lines), 0)
        if before is not None:
            here = (at for at, line in enumerate(self._lines) if isinstance(line, Branch) and _place(line) == before)
            self.cursor = next(here, self.cursor)
        self._fit()
        self.repaint_changed()
        self.point()

    def fail(self, words: str) -> None:
        """Why there is nothing to show, for as long as nothing is shown."""
        self._wrong, self.awaited = words, False
        self.repaint_changed()

    @property
    def selected(self) -> LineageNode | None:
        """The node under the cursor."""
        branch = self._pointed
        return branch.node if branch is not None else None

    @property
    def _pointed(self) -> Branch | None:
        line = self._lines[self.cursor] if self.cursor < len(self._lines) else None
        return line if isinstance(line, Branch) else None

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        self.point()

    def point(self) -> None:
        """Say once more where the cursor is."""
        self.post_message(self.Pointed(self._pointed))

    def on_resize(self) -> None:
        self._fit()
        self.show_line(self.cursor)

    def _fit(self) -> None:
        short = iter(fitted([line for line in self._lines if isinstance(line, Branch)], self.viewport.width - 2))
        self._drawn_as = [next(short) if isinstance(line, Branch) else line for line in self._lines]

    def draw_line(self, index: int, base: Style) -> Strip:
        line = Text(" ").append_text(self._drawn_as[index])
        return Strip([*cells.styled(line, self.viewport.width, "left", base, self.palette)])

    def draw_beyond(self, y: int, base: Style) -> Strip:
        if self._lines:
            return super().draw_beyond(y, base)
        words = placed(self._wrong or "Loading…", self.viewport.width, self.viewport.height).get(y, "")
        return Strip([Segment(words, base + self.palette.style("error" if self._wrong else "muted"))])

    def action_open(self) -> None:
        if self.selected is not None:
            self.post_message(self.Opened(self.selected))


def _part(heading: str, branches: Sequence[Branch]) -> list[Branch | Text]:
    title = Text().append(heading.upper(), "secondary")
    if not branches:
        title.append("  nothing that is known", "muted")
    return [Text(), title, *branches]


def _place(line: Branch | None) -> tuple[str, str, bool] | None:
    """What tells a line from others, whatever comes before it."""
    return (line.node.id, line.above, line.again) if line is not None else None

"""Lineage drawn as a tree: what it came from, and what it led to."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.message import Message
from textual.strip import Strip

from mltui.console.state.lineage import Branch, came_from, led_to, root_of
from mltui.console.widgets import cells
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.virtual import VirtualLines
from mltui.wire.lineage import Lineage, LineageNode, NodeKind

KINDS = {
    NodeKind.SOURCE: "secondary", NodeKind.INGESTION_JOB: "series-5", NodeKind.DATASET: "series-2",
    NodeKind.RUN: "series-0", NodeKind.ARTIFACT: "series-1", NodeKind.MODEL_VERSION: "series-3",
}  # fmt: skip
STATES = {
    "completed": "success",
    "ready": "success",
    "failed": "error",
    "deleted": "error",
    "running": "status-running",
}
KEYS = [Key("lineage.open", "open", "enter", "Open", show=True)]


class LineageTree(VirtualLines):
    BINDINGS = bindings(KEYS)

    class Opened(Message):
        """Enter on a node."""

        def __init__(self, node: LineageNode) -> None:
            super().__init__()
            self.node = node

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[tuple[Text, LineageNode | None]] = []

    def show(self, lineage: Lineage) -> None:
        here = self.selected.id if self.selected is not None else lineage.root
        self._lines = [
            (_words(root_of(lineage)), root_of(lineage)),
            *_part("Came from", came_from(lineage)),
            *_part("Led to", led_to(lineage)),
        ]
        self.resize_content(len(self._lines), max(line.cell_len for line, _ in self._lines) + 2)
        self.cursor = next((at for at, (_, node) in enumerate(self._lines) if node and node.id == here), 0)
        self.repaint_changed()

    @property
    def selected(self) -> LineageNode | None:
        """The node under the cursor."""
        return self._lines[self.cursor][1] if self.cursor < len(self._lines) else None

    def draw_line(self, index: int, base: Style) -> Strip:
        line = self._lines[index][0]
        return Strip([*cells.styled(Text(" ").append_text(line), line.cell_len + 2, "left", base, self.palette)])

    def action_open(self) -> None:
        if self.selected is not None:
            self.post_message(self.Opened(self.selected))


def _part(heading: str, branches: Sequence[Branch]) -> list[tuple[Text, LineageNode | None]]:
    title = Text().append(heading.upper(), "secondary")
    if not branches:
        title.append("  nothing that is known", "muted")
    return [(Text(), None), (title, None), *((_line(branch), branch.node) for branch in branches)]


def _line(branch: Branch) -> Text:
    text = Text().append(branch.guide, "muted").append_text(_words(branch.node))
    if branch.stage:
        text.append(f"  stage {branch.stage}", "muted")
    if branch.again:
        text.append("  ↑ as above", "muted")
    return text.append("  … there is more", "warning") if branch.cut else text


def _words(node: LineageNode) -> Text:
    text = Text().append(node.name, "bold").append(f"  {node.kind.value.replace('_', ' ')}", KINDS[node.kind])
    if node.state:
        text.append(f"  {node.state}", STATES.get(node.state, "muted"))
    return text.append(f"  {node.note}", "muted") if node.note else text

"""JSON as a tree that folds."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mltui.console.state.json_tree import JsonTree
from mltui.console.widgets import cells
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.virtual import VirtualLines

MOST_WIDE = 1_000
KEYS = [Key("json.fold", "fold", "enter,space", "Fold", show=True)]


class JsonView(VirtualLines):
    BINDINGS = bindings(KEYS)

    def __init__(self, value: object) -> None:
        super().__init__()
        self._tree = JsonTree(value)

    def on_mount(self) -> None:
        self.resize_content(len(self._tree.lines), MOST_WIDE)

    def action_fold(self) -> None:
        node = self._tree.lines[self.cursor]
        if node.can_open:
            self._tree.toggle(node.path)
            self.resize_content(len(self._tree.lines), MOST_WIDE)
            self.repaint_changed()

    def draw_line(self, index: int, base: Style) -> Strip:
        node, style = self._tree.lines[index], self.palette.style
        mark = ("▾ " if node.opened else "▸ ") if node.can_open else "  "
        key = str(node.path[-1]) if node.path else ""
        segments = [
            Segment(f" {'  ' * node.depth}{mark}", base + style("muted")),
            *cells.plain(key, min(cells.width_of(key), MOST_WIDE // 2), "left", base + style("series-0")),
            Segment(": " if node.path else "", base + style("muted")),
        ]
        colour = "muted" if node.can_open else "series-2" if isinstance(node.value, str) else "series-1"
        room = min(cells.width_of(node.words), MOST_WIDE // 2)
        return Strip([*segments, *cells.plain(node.words, room, "left", base + style(colour))])

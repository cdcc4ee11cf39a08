"""The artifacts of a run as a tree of folders, each with how many files it has, and files, with size, type and age."""

from datetime import datetime

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from mltui.console import format
from mltui.console.state.folder_tree import Branch, FolderTree
from mltui.console.widgets import cells
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.note import placed
from mltui.console.widgets.virtual import VirtualLines
from mltui.wire.counting import counted

SIZE, TYPE, AGE, GAP = 9, 7, 4, 2
LEAST_NAME = 8
INDENT = 2

KEYS = [
    Key("artifacts.open", "open", "enter,space", "Open", show=True),
    Key("artifacts.save", "save", "S", "Save", show=True),
    Key("artifacts.delete", "delete", "d", "Delete", show=True),
    Key("artifacts.lineage", "lineage", "L", "Lineage", show=True),
]


class ArtifactTree(VirtualLines):
    """Draws a FolderTree; what keys ask for is posted."""

    HEADER_LINES = 1
    BINDINGS = bindings(KEYS)
    COMPONENT_CLASSES = {"table--header"}
    DEFAULT_CSS = """
    ArtifactTree > .table--header { background: $surface; color: $secondary; text-style: bold; }
    """

    class Pointed(Message):
        """The cursor is on this line now."""

    class Wanted(Message):
        """`what` (open, save, delete or lineage) is to be done with the line under the cursor."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def __init__(self, folders: FolderTree, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.folders, self.empty = folders, ""
        self._now: datetime | None = None
        self.awaited = True

    @property
    def pointed(self) -> Branch | None:
        """The line under the cursor."""
        return self.folders.lines[self.cursor] if self.cursor < len(self.folders.lines) else None

    def show(self, now: datetime) -> None:
        """Draw the tree as it is; the cursor stays on what it was on."""
        self._now = now
        before = self._at
        self.resize_content(len(self.folders.lines), 0)
        # Where there was more to fetch is now what was fetched.
        places = {(line.path, False): at for at, line in enumerate(self.folders.lines) if line.entry is not None}
        self.cursor = places.get(before, self.cursor) if before is not None else self.cursor
        self._remember()
        self.repaint_changed()

    _at: tuple[str, bool] | None = None
    """What the cursor is on."""

    def _remember(self) -> None:
        line = self.pointed
        at = (line.path, line.entry is None) if line is not None else None
        if at != self._at:
            self._at = at
            self.post_message(self.Pointed())

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        if old != new:
            self._remember()

    def action_open(self) -> None:
        self.post_message(self.Wanted("open"))

    def action_save(self) -> None:
        self.post_message(self.Wanted("save"))

    def action_delete(self) -> None:
        self.post_message(self.Wanted("delete"))

    def action_lineage(self) -> None:
        self.post_message(self.Wanted("lineage"))

    # Drawing.

    def draw_header(self, y: int, base: Style) -> Strip:
        style = base + self.get_component_rich_style("table--header")
        return self._line("NAME", "SIZE", "TYPE", "AGE", style, style)

    def draw_line(self, index: int, base: Style) -> Strip:
        line, muted = self.folders.lines[index], base + self.palette.style("muted")
        indent = " " * INDENT * line.depth
        if line.entry is None:
            return self._line(f"{indent}  … {line.left:,} more", "", "", "", muted, muted)
        is_folder = line.entry.id is None
        mark = ("▾ " if line.opened else "▸ ") if is_folder else "  "
        type_ = str(line.entry.artifact_type or "")
        age = format.age(line.entry.created_at, self._now) if self._now is not None else ""
        name = f"{indent}{mark}{line.entry.name}{'/' if is_folder else ''}"
        lit = base + self.palette.style("series-0") if is_folder else base
        inside = counted(line.entry.files, "file") if is_folder else ""
        return self._line(name, format.size(line.entry.file_size), type_, age, lit, muted, inside)

    def _line(
        self, name: str, size: str, type_: str, age: str, style: Style, rest: Style, inside: str = ""
    ) -> Strip:  # fmt: skip
        """`inside` stands at the end of the name's column, where the name leaves room for it."""
        room = max(LEAST_NAME, self.viewport.width - 1 - SIZE - TYPE - AGE - 3 * GAP - 1)
        inside = inside if cells.width_of(name) + GAP + len(inside) <= room else ""
        segments = [Segment(" ", rest), *cells.plain(name, room - len(inside), "left", style), Segment(inside, rest)]
        for text, width, align in ((size, SIZE, "right"), (type_, TYPE, "left"), (age, AGE, "right")):
            segments += [Segment(" " * GAP, rest), *cells.plain(text, width, align, rest)]  # type: ignore[arg-type]
        return Strip(cells.joined([*segments, Segment(" ", rest)]))

    def draw_beyond(self, y: int, base: Style) -> Strip:
        if self.line_count:
            return super().draw_beyond(y, base)
        words = placed(self.empty, self.viewport.width, self.viewport.height).get(y, "")
        return Strip([Segment(words, base + self.palette.style("muted"))])

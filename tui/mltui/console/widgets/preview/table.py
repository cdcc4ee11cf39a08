"""The first rows of a table, under the names and the types of its columns."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mltui.console import format
from mltui.console.widgets import cells
from mltui.console.widgets.virtual import VirtualLines
from mltui.wire.artifact_previews import TablePreview

GAP = 2
MOST_WIDE = 40
"""Columns of the terminal that a value takes."""
NUMBERS = ("int", "uint", "float", "double", "decimal", "half")


class TableView(VirtualLines):
    HEADER_LINES = 2
    COMPONENT_CLASSES = {"table--header"}
    DEFAULT_CSS = """
    TableView > .table--header { background: $surface; color: $secondary; text-style: bold; }
    """

    def __init__(self, table: TablePreview) -> None:
        super().__init__()
        self._rows = [[format.ABSENT if value is None else value for value in row] for row in table.rows]
        self._names = [column.name for column in table.columns]
        self._types = [column.type for column in table.columns]
        columns = zip(self._names, self._types, *self._rows, strict=True)
        self._widths = [min(MOST_WIDE, max(map(cells.width_of, column))) for column in columns]
        self._numeric = [type_.startswith(NUMBERS) for type_ in self._types]

    def on_mount(self) -> None:
        self.resize_content(len(self._rows), 1 + sum(self._widths) + GAP * len(self._widths))

    def draw_header(self, y: int, base: Style) -> Strip:
        style = base + self.get_component_rich_style("table--header")
        style = style if y == 0 else style + self.palette.style("muted") + Style(bold=False)
        strip = self._line(self._names if y == 0 else self._types, style)
        return strip.extend_cell_length(self.viewport.width + self.scroll_offset.x, style)

    def draw_line(self, index: int, base: Style) -> Strip:
        return self._line(self._rows[index], base)

    def _line(self, texts: list[str], style: Style) -> Strip:
        segments = [Segment(" ", style)]
        for text, width, numeric in zip(texts, self._widths, self._numeric, strict=True):
            segments += [*cells.plain(text, width, "right" if numeric else "left", style), Segment(" " * GAP, style)]
        return Strip(cells.joined(segments))

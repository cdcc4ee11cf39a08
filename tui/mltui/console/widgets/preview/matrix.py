"""A confusion matrix: a row for each true label, as light as its share of the row."""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mltui.console import format
from mltui.console.widgets import cells
from mltui.console.widgets.names import distinct
from mltui.console.widgets.virtual import VirtualLines
from mltui.wire.plots import ConfusionMatrix

LEVELS = 12
MOST_NAME, LEAST_CELL, MOST_CELL, GAP = 20, 4, 12, 2
"""Columns. The gap, half of it at either side, is wider than a blank, which labels may have in them."""


class MatrixView(VirtualLines):
    HEADER_LINES = 2
    COMPONENT_CLASSES = {"table--header"}
    DEFAULT_CSS = """
    MatrixView > .table--header { background: $surface; color: $secondary; text-style: bold; }
    """

    def __init__(self, matrix: ConfusionMatrix) -> None:
        super().__init__()
        self._matrix = matrix
        self._words = [[format.number(count) for count in row] for row in matrix.matrix]
        widest = max(*map(cells.width_of, matrix.labels), *(len(word) for row in self._words for word in row))
        self._cell = GAP + max(LEAST_CELL, min(widest, MOST_CELL))
        self._names = distinct(tuple(matrix.labels), MOST_NAME)
        self._gutter = max(len("true"), *map(cells.width_of, self._names)) + 1
        self._heads = distinct(tuple(matrix.labels), self._cell - GAP)
        self.fixed_columns, self.columns_a_step = self._gutter + 1, self._cell

    def on_mount(self) -> None:
        self.visible_changed()

    def visible_changed(self) -> None:
        columns = self.fixed_columns + self._cell * len(self._words) + len(" recall ")
        # The end is a whole number of cells away too: of a number that is cut, what is left is another number.
        columns += -max(0, columns - self.viewport.width) % self._cell
        self.resize_content(len(self._words), columns)

    def draw_header(self, y: int, base: Style) -> Strip:
        style = base + self.get_component_rich_style("table--header")
        segments = [*cells.plain("" if y == 0 else "true", self._gutter, "right", style), Segment(" ", style)]
        if y == 0:
            words = " " * self.scroll_offset.x + "predicted"
            segments += cells.plain(words, self._cell * len(self._heads), "left", style)
        for head in self._heads if y else ():
            segments += self._boxed(head, style)
        segments += cells.plain("recall" if y else "", len(" recall"), "right", style)
        return Strip(segments).extend_cell_length(self.viewport.width + self.scroll_offset.x, style)

    def draw_line(self, index: int, base: Style) -> Strip:
        row = self._matrix.matrix[index]
        total = sum(row)
        segments = [*cells.plain(self._names[index], self._gutter, "right", base), Segment(" ", base)]
        for at, (count, word) in enumerate(zip(row, self._words[index], strict=True)):
            style = self._style(count / total if total else 0.0, base)
            segments += self._boxed(word, style + Style(bold=at == index))
        recall = format.percent(100 * row[index] / total) if total else format.ABSENT
        return Strip([*segments, *cells.plain(recall, len(" recall"), "right", base + self.palette.style("muted"))])

    def _boxed(self, text: str, style: Style) -> list[Segment]:
        """With a blank at either side: what is light beside it does not touch it."""
        return [*cells.plain(text, self._cell - 1, "right", style), Segment(" ", style)]

    def _style(self, share: float, base: Style) -> Style:
        """On a surface of the theme's; where colours do not mix, what is much is bold and nothing is dim."""
        ramp = self.palette.ramp(LEVELS)
        if not share:
            return base + self.palette.style("muted")
        if not ramp:
            return base + Style(bold=share >= 0.5)
        level = min(LEVELS - 1, int(share * LEVELS))
        # What is written on a light surface is cut out.
        return base + ramp[level] + (Style(color=base.bgcolor) if level > LEVELS // 2 else Style())

"""Text into a cell of a fixed width, with the theme's colours."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from mltui.console.format import printable
from mltui.console.theme import Palette

_ATTRIBUTES = {"bold": Style(bold=True), "italic": Style(italic=True), "dim": Style(dim=True)}

Align = Literal["left", "right"]


def width_of(cell: str | Text) -> int:
    """Columns that it takes where there is room."""
    return cell_len(printable(cell if isinstance(cell, str) else cell.plain))


def plain(text: str, width: int, align: Align, style: Style) -> list[Segment]:
    """Exactly `width` columns; what is too long ends in an ellipsis."""
    text = printable(text)
    length = cell_len(text)
    if length > width:
        return [Segment(set_cell_size(text, max(0, width - 1)) + "…" * min(1, width), style)]
    pad = " " * (width - length)
    return [Segment(pad + text if align == "right" else text + pad, style)]


def styled(text: Text, width: int, align: Align, base: Style, palette: Palette) -> list[Segment]:
    """The same for a Text whose styles are names of the theme's colours, or bold, italic, dim."""
    if not text.spans and text.style:
        return plain(text.plain, width, align, base + _style(text.style, palette))
    if not text.plain.isprintable():
        text = text.copy()
        # A sign for a character: the spans stay where they are.
        text.plain = printable(text.plain)
    length = text.cell_len
    if length > width:
        text = text.copy()
        text.truncate(max(0, width), overflow="ellipsis")
        length = text.cell_len
    segments = _segments(text, base, palette)
    pad = Segment(" " * (width - length), base)
    return [pad, *segments] if align == "right" else [*segments, pad]


def joined(segments: Iterable[Segment]) -> list[Segment]:
    """The same with neighbours of one style in one segment: every segment costs time in each layer below."""
    run: list[Segment] = []
    for segment in segments:
        if run and run[-1].style is segment.style:
            run[-1] = Segment(run[-1].text + segment.text, segment.style)
        elif segment.text:
            run.append(segment)
    return run


def _segments(text: Text, base: Style, palette: Palette) -> list[Segment]:
    whole = base + _style(text.style, palette)
    cuts = sorted({0, len(text.plain), *(at for span in text.spans for at in (span.start, span.end))})
    segments = []
    for start, end in pairwise(cuts):
        style = whole
        for span in text.spans:
            if span.start <= start and end <= span.end:
                style += _style(span.style, palette)
        segments.append(Segment(text.plain[start:end], style))
    return segments


def _style(style: str | Style, palette: Palette) -> Style:
    if isinstance(style, Style):
        return style
    if not style:
        return Style.null()
    return _ATTRIBUTES.get(style) or palette.style(style)

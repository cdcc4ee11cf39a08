"""One line of a log as the rows of cells that it takes on the screen. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style

from mltui.console.widgets.ansi import Span, parse

Row = list[Segment]


@dataclass(frozen=True, slots=True)
class Ink:
    """What a line is drawn with: the style of its stream, and what is searched for."""

    stream: Style
    match: Style
    pattern: re.Pattern[str] | None


def draw(text: str, ink: Ink) -> Row:
    """The whole line in one row."""
    spans = parse(text)
    if ink.pattern is not None:
        spans = _highlighted(spans, ink.pattern, ink.match)
    return [Segment(piece, ink.stream + style) for piece, style in spans]


def wrap(row: Row, width: int) -> list[Row]:
    """The row cut into rows of at most `width` columns; at least one. Wide characters are never halved."""
    text = "".join(segment.text for segment in row)
    if text.isascii():
        pieces: Sequence[str] = [text[at : at + width] for at in range(0, len(text), width)]
    else:
        pieces = chop_cells(text, width)
    if len(pieces) <= 1:
        return [row]
    return _split(row, [len(piece) for piece in pieces])


def row_width(row: Row) -> int:
    return sum(cell_len(segment.text) for segment in row)


def _split(row: Row, lengths: list[int]) -> list[Row]:
    rows: list[Row] = []
    rest = iter(row)
    text, style = next(rest)[:2]
    for length in lengths:
        piece: Row = []
        while length:
            if not text:
                text, style = next(rest)[:2]
            piece.append(Segment(text[:length], style))
            text, length = text[length:], length - min(length, len(text))
        rows.append(piece)
    return rows


def _highlighted(spans: list[Span], pattern: re.Pattern[str], style: Style) -> list[Span]:
    text = "".join(piece for piece, _ in spans)
    cuts = [(m.start(), m.end()) for m in pattern.finditer(text) if m.end() > m.start()]
    if not cuts:
        return spans
    result: list[Span] = []
    at = 0
    for piece, own in spans:
        end = at + len(piece)
        position = at
        for start, stop in cuts:
            start, stop = max(start, position), min(stop, end)
            if start >= stop:
                continue
            if start > position:
                result.append((text[position:start], own))
            result.append((text[start:stop], own + style))
            position = stop
        if position < end:
            result.append((text[position:end], own))
        at = end
    return result

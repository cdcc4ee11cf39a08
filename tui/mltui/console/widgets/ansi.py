"""A line of a log as text and styles. Only colours survive: a log can never take over the terminal. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len
from rich.color import Color
from rich.style import Style

Span = tuple[str, Style]

TAB = 8

_ESCAPE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;:]*)m"
    r"|\x1b\[[0-?]*[ -/]*[@-~]?"  # other control sequences
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)?"  # titles, clipboards, device strings
    r"|\x1b[ -/]*[0-~]?"
    # What is left of the control characters; marks that reverse the direction of text; line separators.
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)

_ATTRIBUTES = {
    1: Style(bold=True),
    2: Style(dim=True),
    3: Style(italic=True),
    4: Style(underline=True),
    7: Style(reverse=True),
    9: Style(strike=True),
    22: Style(bold=False, dim=False),
    23: Style(italic=False),
    24: Style(underline=False),
    27: Style(reverse=False),
    29: Style(strike=False),
    39: Style(color="default"),
    49: Style(bgcolor="default"),
}


def parse(line: str) -> list[Span]:
    r"""Pieces of one line with their styles: SGR colours applied, tabs expanded, everything else removed.

    >>> [text for text, _ in parse("a\x1b[31mb\x1b[0m\x1b[2Jc\x07")]
    ['a', 'b', 'c']
    """
    if "\t" in line:
        return list(_expand_tabs(_spans(line)))
    return list(_spans(line))


def _spans(line: str) -> Iterator[Span]:
    style, at = Style.null(), 0
    for match in _ESCAPE.finditer(line):
        if match.start() > at:
            yield line[at : match.start()], style
        at = match.end()
        codes = match["sgr"]
        if codes is not None:
            style = _apply(style, codes)
    if at < len(line):
        yield line[at:], style


def _expand_tabs(spans: Iterator[Span]) -> Iterator[Span]:
    column = 0
    for text, style in spans:
        pieces = text.split("\t")
        done = []
        for i, piece in enumerate(pieces):
            column += cell_len(piece)
            done.append(piece)
            if i < len(pieces) - 1:
                gap = TAB - column % TAB
                column += gap
                done.append(" " * gap)
        yield "".join(done), style


@lru_cache(maxsize=1024)
def _apply(style: Style, codes: str) -> Style:
    numbers = [int(code or 0) for code in codes.replace(":", ";").split(";")][:32]
    i = 0
    while i < len(numbers):
        code = numbers[i]
        if code in (38, 48):
            colour, used = _extended(numbers[i + 1 :])
            i += used
            if colour is not None:
                style += Style(color=colour) if code == 38 else Style(bgcolor=colour)
        elif code == 0:
            style = Style.null()
        else:
            style += _simple(code)
        i += 1
    return style


def _simple(code: int) -> Style:
    if 30 <= code <= 37 or 90 <= code <= 97:
        return Style(color=Color.from_ansi(code - 30 if code < 90 else code - 82))
    if 40 <= code <= 47 or 100 <= code <= 107:
        return Style(bgcolor=Color.from_ansi(code - 40 if code < 100 else code - 92))
    return _ATTRIBUTES.get(code, Style.null())


def _extended(rest: list[int]) -> tuple[Color | None, int]:
    """A colour of 256 or of 16 million, and how many numbers it took."""
    if len(rest) >= 2 and rest[0] == 5:
        return (Color.from_ansi(rest[1]) if rest[1] < 256 else None), 2
    if len(rest) >= 4 and rest[0] == 2:
        red, green, blue = rest[1:4]
        return (Color.from_rgb(red, green, blue) if max(rest[1:4]) < 256 else None), 4
    return None, len(rest)

"""Lines and bands into braille dots. Pure, and fast without numpy: a column of dots is one integer.

A braille character is two dots wide and four high. Bit y of column x is the dot at (x, y), y = 0 at the top,
so filling a vertical stretch is one subtraction of two powers of two.
"""

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mltui.console.widgets.chart.scale import Scale

DOTS_WIDE, DOTS_HIGH = 2, 4
_LEFT = bytes(sum(dot for i, dot in enumerate((0x01, 0x02, 0x04, 0x40)) if n >> i & 1) for n in range(16))
_RIGHT = bytes(sum(dot for i, dot in enumerate((0x08, 0x10, 0x20, 0x80)) if n >> i & 1) for n in range(16))

BRAILLE = "".join(chr(0x2800 + bits) for bits in range(256))
"""By dots; so it is also the table that makes a whole row of them text: `dots.decode("latin-1").translate(BRAILLE)`."""
FAR = 1e6
"""Columns of dots; what is farther away than this is drawn as if it were here."""
NOBODY = 0
"""The owner of a cell without dots."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One series, as columns of one length, in order of x. A None is a gap."""

    x: Sequence[float]
    low: Sequence[float | None]
    high: Sequence[float | None]
    line: Sequence[float | None]
    nonfinite: Sequence[int]
    apart: bool = False
    """Points that nothing connects, each of them two dots wide and high, and no band."""


@dataclass(slots=True)
class Frame:
    """What is to be drawn: of each cell its dots and its owner (`line_owner`, `band_owner` or NOBODY)."""

    width: int
    height: int
    dots: list[bytearray]
    owners: list["array[int]"]
    """Two bytes each: a metric can have 500 series, and each of them is two owners."""
    marks: bytearray
    """1 for each column of cells that has a NaN or an Inf."""


def band_owner(trace: int) -> int:
    return 2 * trace + 1


def line_owner(trace: int) -> int:
    return 2 * trace + 2


def owner_of(code: int) -> tuple[int, bool]:
    """(number of the trace, whether it is its band) of an owner other than NOBODY."""
    return (code - 1) // 2, code % 2 == 1


def column_of(start: float, end: float, width: int) -> Callable[[float], int]:
    """The column of dots where an x stands in a plot `width` cells wide; outside 0 … 2 · width - 1 it is not seen."""
    last, first, span = width * DOTS_WIDE - 1, start / 2, end / 2 - start / 2

    def column(x: float) -> int:
        position = (x / 2 - first) / span * last
        return math.floor((position if -FAR < position < FAR else math.copysign(FAR, position)) + 0.5)

    return column


def rasterise(traces: Sequence[Trace], start: float, end: float, y: Scale, width: int, height: int) -> Frame:
    """All traces over the x range [start, end], start < end, in `width` × `height` cells.

    Bands lie behind every line. Where two lines share cells they take turns, so that both are seen as dashes.
    """
    dots, owners, marks = bytearray(width * height), array("H", [NOBODY]) * (width * height), bytearray(width)
    drawings = [_draw(trace, start, end, y, width, height * DOTS_HIGH, marks) for trace in traces]
    for number in reversed(range(len(drawings))):
        _put(dots, owners, width, drawings[number][0], band_owner(number))
    for number in reversed(range(len(drawings))):
        _put(dots, owners, width, drawings[number][1], line_owner(number))
    rows = [slice(row * width, (row + 1) * width) for row in range(height)]
    return Frame(width, height, [dots[row] for row in rows], [owners[row] for row in rows], marks)


def row_of(y: Scale, bottom: int) -> Callable[[float], int]:
    """The row of dots where a value stands, 0 at the top, `bottom` at the bottom; the nearer one beyond either."""
    factor = bottom / (y.high - y.low) if y.high - y.low > bottom * 1e-300 else math.inf
    if y.log or not math.isfinite(factor) or not factor:
        return lambda value: bottom - int(y.fraction(value) * bottom + 0.5)
    low = y.low

    def row(value: float) -> int:
        height = (value - low) * factor
        return bottom if height <= 0 else 0 if height >= bottom else bottom - int(height + 0.5)

    return row


def _draw(
    trace: Trace, start: float, end: float, y: Scale, width: int, dots_high: int, marks: bytearray
) -> tuple[list[int], list[int]]:
    """The band and the line, as columns of dots. The line includes parts outside, so that it leaves the plot."""
    columns = width * DOTS_WIDE
    band, line = [0] * columns, [0] * columns
    place, across = row_of(y, dots_high - 1), column_of(start, end, width)
    before: tuple[int, int] | None = None
    for x, low, high, value, nonfinite in zip(trace.x, trace.low, trace.high, trace.line, trace.nonfinite, strict=True):
        column = across(x)
        seen = 0 <= column < columns
        if nonfinite and seen:
            marks[column // DOTS_WIDE] = 1
        if low is not None and high is not None and seen and not trace.apart:
            band[column] |= (2 << place(low)) - (1 << place(high))
        if value is None:
            before = None
            continue
        row = place(value)
        if trace.apart:
            if seen:
                _stamp(line, column, row, dots_high)
        elif before is not None and before[0] <= column:
            _connect(line, *before, column, row)
        elif seen:
            line[column] |= 1 << row
        before = (column, row)
    return band, line


def _stamp(line: list[int], x: int, y: int, dots_high: int) -> None:
    """Two by two dots; at the right and at the bottom, the last two."""
    square = 3 << min(y, dots_high - 2)
    left = min(x, len(line) - 2)
    line[left] |= square
    line[left + 1] |= square


def _connect(line: list[int], x0: int, y0: int, x1: int, y1: int) -> None:
    """Dots from (x0, y0) to (x1, y1), x0 <= x1: in each column the stretch up to halfway to its neighbours."""
    last = len(line) - 1
    if x0 == x1:
        if 0 <= x0 <= last:
            low, high = (y0, y1) if y0 <= y1 else (y1, y0)
            line[x0] |= (2 << high) - (1 << low)
        return
    if x1 - x0 == 1 and 0 <= x0 < last:
        # What follows, for the most frequent case.
        middle = (y0 + y1 + 1) // 2
        line[x0] |= (2 << middle) - (1 << y0) if y0 <= middle else (2 << y0) - (1 << middle)
        line[x1] |= (2 << y1) - (1 << middle) if middle <= y1 else (2 << middle) - (1 << y1)
        return
    slope = (y1 - y0) / (x1 - x0)
    for x in range(max(x0, 0), min(x1, last) + 1):
        a = y0 if x == x0 else int(y0 + slope * (x - 0.5 - x0) + 0.5)
        b = y1 if x == x1 else int(y0 + slope * (x + 0.5 - x0) + 0.5)
        line[x] |= (2 << b) - (1 << a) if a <= b else (2 << a) - (1 << b)


def _put(dots: bytearray, owners: "array[int]", width: int, columns: list[int], owner: int) -> None:
    """Into cells that lie row by row, `width` of them a row."""
    left_dots, right_dots, is_line = _LEFT, _RIGHT, owner % 2 == 0
    for x in range(width):
        left, right = columns[2 * x], columns[2 * x + 1]
        both = left | right
        if not both:
            continue
        yields = is_line and x & 2
        first = ((both & -both).bit_length() - 1) // DOTS_HIGH
        left >>= first * DOTS_HIGH
        right >>= first * DOTS_HIGH
        at = first * width + x
        while left or right:
            bits = left_dots[left & 15] | right_dots[right & 15]
            if bits and not (yields and owners[at] != NOBODY and owners[at] % 2 == 0):
                dots[at] = bits
                owners[at] = owner
            left >>= DOTS_HIGH
            right >>= DOTS_HIGH
            at += width

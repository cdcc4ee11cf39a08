"""A round pie in quarters of cells: which part of it each quarter shows. Pure."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

ASPECT = 2
"""How many times as high as wide a cell is."""
QUARTERS = 4
"""Of a cell: upper left, upper right, lower left, lower right."""
_GLYPHS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""By the quarters that are drawn, as bits in that order."""


@lru_cache(maxsize=8)
def disk(rows: int) -> tuple[tuple[float | None, ...], ...]:
    """For each of `rows` lines, for each quarter of its ASPECT · `rows` cells: how far around it is, from 12 o'clock.

    In [0, 1), clockwise; None outside of the disk.
    """
    return tuple(
        tuple(
            _turn(2 * x + 0.5 + quarter % 2, 2 * y + 0.5 + quarter // 2, rows)
            for x in range(ASPECT * rows)
            for quarter in range(QUARTERS)
        )
        for y in range(rows)
    )


def _turn(x: float, y: float, rows: int) -> float | None:
    """Of a point whose x counts half columns and y half lines: a half line is as long as ASPECT half columns."""
    right, up = x / ASPECT - rows, rows - y
    if right * right + up * up > rows * rows:
        return None
    return math.atan2(right, up) / math.tau % 1.0


def slices(shares: Sequence[float], rows: int) -> list[list[int | None]]:
    """For each line, for each quarter of a cell, as in `disk`: the number of the share that it shows.

    Shares are parts of 1, clockwise from 12 o'clock.
    """
    ends = list(accumulate(shares))
    last = len(shares) - 1
    return [
        [None if turn is None or last < 0 else min(last, bisect_right(ends, turn)) for turn in line]
        for line in disk(rows)
    ]


@lru_cache(maxsize=4096)
def cell(quarters: tuple[int | None, ...]) -> tuple[str, int | None, int | None]:
    """A cell's glyph, the number drawn with it and that behind it, for the two numbers that have most of the cell.

    >>> cell((0, 0, 1, 1)), cell((None, 2, None, 2))
    (('▀', 0, 1), ('▐', 2, None))
    """
    most = [number for number, _ in Counter(quarters).most_common(2)]
    drawn = next((number for number in most if number is not None), None)
    if drawn is None:
        return " ", None, None
    behind = next((number for number in most if number != drawn), drawn)
    mine = (number is not None if behind is None else number == drawn for number in quarters)
    return _GLYPHS[sum(1 << i for i, is_mine in enumerate(mine) if is_mine)], drawn, behind

"""What a chart's legend says in how many lines: a name and a value for each series, in the room there is. Pure.

Values come before whole names: a name that is cut is still told apart by its colour, a value that is missing is not.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from mltui.console import format as text
from mltui.console.state.series import Curve
from mltui.console.widgets.names import distinct

GAP = 2
"""Blank columns between two entries."""
LEAST_NAME, READABLE_NAME = 5, 9
"""Characters of a name that stay: in any case, and before ranges leave."""


class Entry(NamedTuple):
    """One series in the legend."""

    curve: Curve
    name: str
    value: str

    @property
    def width(self) -> int:
        return 2 + cell_len(self.name) + bool(self.value) + len(self.value)


class Legend(NamedTuple):
    lines: list[list[Entry]]
    left_out: int = 0
    """Series for which there was no room at all."""


def last_values(curves: Sequence[Curve], width: int) -> Legend:
    """On one line, what each series came to; where there is no room for that, of the first ones only."""
    values = [_last(curve) for curve in curves]
    bare = [""] * len(values)
    legend = _shortened(curves, bare, width, 1, LEAST_NAME)
    if legend is None:
        return _as_many_as_fit(curves, values, width, 1)
    tries = (values[:count] + bare[count:] for count in range(len(values), 0, -1))
    return next(filter(None, (_shortened(curves, some, width, 1, LEAST_NAME) for some in tries)), legend)


def values_at(curves: Sequence[Curve], x: float, width: int, most: int) -> Legend:
    """What each series was at `x`, on `most` lines at most: with its range, if there is room for every range."""
    means = [_mean_at(curve, x) for curve in curves]
    ranges = [mean + _range_at(curve, x) for curve, mean in zip(curves, means, strict=True)]
    return (
        _shortened(curves, ranges, width, most, READABLE_NAME)
        or _shortened(curves, means, width, most, LEAST_NAME)
        or _as_many_as_fit(curves, means, width, most)
    )


def nearest(curve: Curve, x: float) -> int | None:
    """The curve's bucket nearest to `x`; None when it has none."""
    xs = curve.buckets.x
    return min(range(len(xs)), key=lambda i: abs(xs[i] / 2 - x / 2)) if xs else None


def _shortened(curves: Sequence[Curve], values: Sequence[str], width: int, most: int, least_name: int) -> Legend | None:
    """All of them, under the longest names that fit; None where not even the shortest do."""
    longest = max((len(curve.key) for curve in curves), default=0)
    for length in range(longest, min(longest, least_name) - 1, -1):
        lines = _flow(_entries(curves, values, length), width)
        if len(lines) <= most and all(_line_width(line) <= width for line in lines):
            return Legend(lines)
    return None


def _as_many_as_fit(curves: Sequence[Curve], values: Sequence[str], width: int, most: int) -> Legend:
    entries = _entries(curves, values, LEAST_NAME)
    for count in range(len(entries) - 1, 0, -1):
        lines = _flow(entries[:count], width)
        if len(lines) <= most and _line_width(lines[-1]) + GAP + len(f"+{len(entries) - count}") <= width:
            return Legend(lines, len(entries) - count)
    return Legend([entries[:1]], len(entries[1:]))


def _entries(curves: Sequence[Curve], values: Sequence[str], length: int) -> list[Entry]:
    names = distinct(tuple(curve.key for curve in curves), max(2, length))
    return [Entry(*parts) for parts in zip(curves, names, values, strict=True)]


def _flow(entries: Sequence[Entry], width: int) -> list[list[Entry]]:
    lines: list[list[Entry]] = [[]]
    for entry in entries:
        if lines[-1] and _line_width([*lines[-1], entry]) > width:
            lines.append([])
        lines[-1].append(entry)
    return lines


def _line_width(line: Sequence[Entry]) -> int:
    return sum(entry.width for entry in line) + GAP * (len(line) - 1)


def _last(curve: Curve) -> str:
    buckets = curve.buckets
    if buckets.x and buckets.nonfinite[-1] and buckets.last[-1] is None:
        return "NaN"
    return text.number(next((value for value in reversed(buckets.last) if value is not None), None))


def _mean_at(curve: Curve, x: float) -> str:
    at = nearest(curve, x)
    return text.ABSENT if at is None else text.number(curve.buckets.mean[at])


def _range_at(curve: Curve, x: float) -> str:
    at, buckets = nearest(curve, x), curve.buckets
    if at is None:
        return ""
    low, high = buckets.min[at], buckets.max[at]
    words = f" [{text.number(low)} … {text.number(high)}]" if low != high else ""
    return f"{words} ✖{buckets.nonfinite[at]}" if buckets.nonfinite[at] else words

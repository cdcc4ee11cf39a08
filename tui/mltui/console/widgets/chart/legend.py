"""What a chart's legend says in how many lines: a name and a value for each series, in the room there is.

Values come before whole names: a name that is cut is still told apart by its colour, a value that is missing is not.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from mltui.console import format as text
from mltui.console.state.series import Curve
from mltui.console.widgets.chart.ink import Ink, letter
from mltui.console.widgets.names import distinct

GAP = 2
"""Blank columns between two entries."""
PLUS = " + "
"""Between the parts of one value."""
LEAST_NAME, READABLE_NAME = 5, 9
"""Characters of a name that stay: in any case, and before ranges leave."""


Write = Callable[[float | None], str]
"""How a value is written."""


class Named(Protocol):
    """What has an entry in a legend."""

    @property
    def key(self) -> str: ...
    @property
    def colour(self) -> int | None: ...
    @property
    def short(self) -> str: ...


class Item(NamedTuple):
    """What is no curve, and has an entry all the same."""

    key: str
    colour: int | None = None
    """From 0; which of the theme's colours for series. None for what has no mark."""
    short: str = ""
    """What stands for the key where there is little room; empty for the key itself."""


class Entry(NamedTuple):
    """One series in the legend."""

    colour: int | None
    name: str
    value: str

    @property
    def width(self) -> int:
        mark = 0 if self.colour is None else 2
        return mark + cell_len(self.name) + bool(self.value) + len(self.value)


class Legend(NamedTuple):
    lines: list[list[Entry]]
    left_out: int = 0
    """Series for which there was no room at all."""


def last_values(curves: Sequence[Curve], width: int, most: int) -> Legend:
    """What each series came to, on as few lines as leave names that can be read, on `most` at most.

    Where there is no room for that, of the first ones only.
    """
    values = [_last(curve) for curve in curves]
    readable = (_shortened(curves, values, width, lines, READABLE_NAME) for lines in range(1, most + 1))
    if found := next(filter(None, readable), None):
        return found
    bare = [""] * len(values)
    legend = _shortened(curves, bare, width, most, LEAST_NAME)
    if legend is None:
        return _as_many_as_fit(curves, values, width, most)
    tries = (values[:count] + bare[count:] for count in range(len(values), 0, -1))
    return next(filter(None, (_shortened(curves, some, width, most, LEAST_NAME) for some in tries)), legend)


def values_at(
    curves: Sequence[Curve], at: Sequence[int | None], width: int, most: int, write: Write = text.number
) -> Legend:
    """What each series was in its bucket number `at`, on `most` lines at most: with its range, if every range fits.

    None for a series that has no bucket to read.
    """
    means = [_mean_at(curve, i, write) for curve, i in zip(curves, at, strict=True)]
    ranges = [mean + _range_at(curve, i, write) for curve, mean, i in zip(curves, means, at, strict=True)]
    return _shortened(curves, ranges, width, most, READABLE_NAME) or fitted(curves, means, width, most)


def fitted(
    items: Sequence[Named], values: Sequence[str], width: int, most: int, *, least_name: int = READABLE_NAME
) -> Legend:
    """A value for each of them, on `most` lines at most; where they do not fit, of the first ones only.

    Of a name, `least_name` characters stay.
    """
    legend = _shortened(items, values, width, most, least_name)
    return legend or _as_many_as_fit(items, values, width, most, least_name)


def strips(legend: Legend, width: int, ink: Ink, *, letters: bool) -> list[Strip]:
    """Its lines, `width` columns each; marked with dots, or with letters."""
    return [_strip(legend, line, width, ink, letters) for line in range(len(legend.lines))]


def _strip(legend: Legend, number: int, width: int, ink: Ink, letters: bool) -> Strip:
    segments = [Segment(" ", ink.base)]
    for entry in legend.lines[number]:
        segments += [
            _named(entry, ink, letters),
            Segment(f" {entry.value}" if entry.value else "", ink.base + Style(bold=True)),
            Segment(" " * GAP, ink.base),
        ]
    if legend.left_out and number == len(legend.lines) - 1:
        segments.append(Segment(f"+{legend.left_out}", ink.style("muted")))
    return Strip(segments).adjust_cell_length(width, ink.base)


def nearest(curve: Curve, x: float) -> int | None:
    """The curve's bucket nearest to `x`; None when it has none."""
    xs = curve.buckets.x
    return min(range(len(xs)), key=lambda i: abs(xs[i] / 2 - x / 2)) if xs else None


def _named(entry: Entry, ink: Ink, letters: bool) -> Segment:
    if entry.colour is None:
        return Segment(entry.name, ink.style("muted"))
    return Segment(f"{letter(entry.colour) if letters else '●'} {entry.name}", ink.series(entry.colour))


def _shortened(items: Sequence[Named], values: Sequence[str], width: int, most: int, least_name: int) -> Legend | None:
    """All of them, under the longest names that fit; None where not even the shortest do."""
    whole = [Entry(item.colour, item.key, value) for item, value in zip(items, values, strict=True)]
    longest = max((len(item.short or item.key) for item in items), default=0)
    cut = (_entries(items, values, length) for length in range(longest, min(longest, least_name) - 1, -1))
    for entries in chain([whole], cut):
        lines = _flow(entries, width)
        if len(lines) <= most and all(_line_width(line) <= width for line in lines):
            return Legend(lines)
    return None


def _as_many_as_fit(
    items: Sequence[Named], values: Sequence[str], width: int, most: int, least_name: int = READABLE_NAME
) -> Legend:
    entries = [_cut(entry, width) for entry in _entries(items, values, least_name)]
    # More than this cannot be on so many lines; of hundreds, each further try would be felt.
    narrowest = min((entry.width for entry in entries), default=0)
    room = most * max(1, (width + GAP) // (narrowest + GAP))
    for count in range(min(len(entries) - 1, room), 0, -1):
        lines = _flow(entries[:count], width)
        if len(lines) <= most and _line_width(lines[-1]) + GAP + len(f"+{len(entries) - count}") <= width:
            return Legend(lines, len(entries) - count)
    room = width - (GAP + len(f"+{len(entries) - 1}") if len(entries) > 1 else 0)
    return Legend([[_cut(entry, room) for entry in entries[:1]]], len(entries[1:]))


def _cut(entry: Entry, width: int) -> Entry:
    """Its value with an ellipsis where there is no room for all of it: a number without its end would be another one.

    The parts that stay are whole, where any fits.
    """
    over = entry.width - width
    if over <= 0:
        return entry
    parts = entry.value.split(PLUS)
    shorter = (entry._replace(value=PLUS.join([*parts[:count], "…"])) for count in range(len(parts) - 1, 0, -1))
    cut = entry._replace(value=entry.value[: max(0, len(entry.value) - over - 1)] + "…")
    return next((short for short in shorter if short.width <= width), cut)


def _entries(items: Sequence[Named], values: Sequence[str], length: int) -> list[Entry]:
    names = distinct(tuple(item.short or item.key for item in items), max(2, length))
    return [Entry(item.colour, name, value) for item, name, value in zip(items, names, values, strict=True)]


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
        return "NaN/∞"  # which of them, buckets do not say
    return text.number(next((value for value in reversed(buckets.last) if value is not None), None))


def _mean_at(curve: Curve, at: int | None, write: Write) -> str:
    return text.ABSENT if at is None else write(curve.buckets.mean[at])


def _range_at(curve: Curve, at: int | None, write: Write) -> str:
    if at is None:
        return ""
    buckets = curve.buckets
    low, high = buckets.min[at], buckets.max[at]
    words = f" [{write(low)} … {write(high)}]" if low != high else ""
    return f"{words} ✖{buckets.nonfinite[at]}" if buckets.nonfinite[at] else words

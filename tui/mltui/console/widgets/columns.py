"""The columns of a table: how wide each is, and which ones stay when there is little room. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from rich.text import Text

R = TypeVar("R")

GAP = 2
"""Blank columns between two columns."""
LEAST_TEXT = 16
"""Text that never leaves is cut down to this before anything else leaves; numbers are never cut."""


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column. As wide as its widest cell that was seen, between `min_width` and `max_width`."""

    key: str
    """Also the name that the server sorts by."""
    title: str
    render: Callable[[R], str | Text]
    """One line. A Text may use names of the theme's colours as styles, e.g. `Text("✓", "success")`."""
    min_width: int = 4
    max_width: int = 40
    align: Literal["left", "right"] = "left"
    sortable: bool = False
    rank: int = 0
    """Columns with the highest rank leave first when there is little room; 0 never leaves."""
    grows: bool = False
    """Takes the room that is left over, and is the first to give some when there is too little."""
    wide_title: str = ""
    """Stands instead of `title` where room is left over."""
    moves: bool = False
    """What it says changes with the time alone, as an age does: `RunTable.repaint_moved` asks it again."""


def lay_out(columns: Sequence[Column[R]], wanted: Mapping[str, int], room: int) -> dict[str, int]:
    """The width of each column that is shown, by key, in order.

    Never more than `room` in all, unless what never leaves is wider at its least.
    """
    shown = list(columns)
    widths = {c.key: max(c.min_width, min(c.max_width, max(wanted.get(c.key, 0), _titled(c, c.title)))) for c in shown}

    def least(column: Column[R]) -> int:
        width = widths[column.key]
        if column.grows:
            return column.min_width
        gives = not column.rank and column.align == "left"
        return min(width, max(column.min_width, LEAST_TEXT)) if gives else width

    while sum(map(least, shown)) + GAP * (len(shown) - 1) > room:
        candidates = [column for column in shown if column.rank]
        if not candidates:
            break
        shown.remove(max(reversed(candidates), key=lambda column: column.rank))
    result = {column.key: widths[column.key] for column in shown}
    spare = room - sum(result.values()) - GAP * (len(shown) - 1)
    for column in sorted(shown, key=lambda column: not column.grows):
        if spare < 0:
            change = max(spare, least(column) - result[column.key])
            result[column.key] += change
            spare -= change
    for column in shown:
        more = _titled(column, column.wide_title) - result[column.key]
        if column.wide_title and 0 < more <= spare:
            result[column.key] += more
            spare -= more
    for column in shown:
        if column.grows and spare > 0:
            result[column.key] += spare
            spare = 0
    return result


def title_in(column: Column[R], width: int) -> str:
    """The title of the column where it is `width` wide."""
    return column.wide_title if column.wide_title and _titled(column, column.wide_title) <= width else column.title


def _titled(column: Column[R], title: str) -> int:
    """How wide the column must be for this title and the arrow of its order."""
    return len(title) + 2 * column.sortable

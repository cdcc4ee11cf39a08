"""The columns of a table: how wide each is, and which ones stay when there is little room. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from rich.text import Text

R = TypeVar("R")

GAP = 2
"""Blank columns between two columns."""


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
    """Takes the room that is left over, and gives some when there is too little."""
    moves: bool = False
    """What it says changes with the time alone, as an age does: `RunTable.repaint_moved` asks it again."""


def lay_out(columns: Sequence[Column[R]], wanted: Mapping[str, int], room: int) -> dict[str, int]:
    """The width of each column that is shown, by key, in order.

    Never more than `room` in all, unless what never leaves is wider at its least.
    """
    shown = list(columns)

    def least(column: Column[R]) -> int:
        return column.min_width if column.grows else widths[column.key]

    widths = {
        c.key: max(c.min_width, min(c.max_width, max(wanted.get(c.key, 0), len(c.title) + 2 * c.sortable)))
        for c in shown
    }
    while sum(map(least, shown)) + GAP * (len(shown) - 1) > room:
        candidates = [column for column in shown if column.rank]
        if not candidates:
            break
        shown.remove(max(reversed(candidates), key=lambda column: column.rank))
    result = {column.key: widths[column.key] for column in shown}
    spare = room - sum(result.values()) - GAP * (len(shown) - 1)
    for column in shown:
        if column.grows and spare:
            change = max(spare, column.min_width - result[column.key])
            result[column.key] += change
            spare -= change
    return result

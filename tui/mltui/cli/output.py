"""What commands print: JSON, tables that fit the terminal, durations, sizes and states as people read them."""

import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from mltui.wire.states import Status

GAP = "  "
NARROWEST = 6
"""Columns a shrinking column keeps."""

GLYPHS = {
    Status.PENDING: "·",
    Status.QUEUED: "○",
    Status.RUNNING: "▶",
    Status.CANCELLING: "◌",
    Status.COMPLETED: "✓",
    Status.FAILED: "✗",
    Status.CANCELLED: "⊘",
    Status.SKIPPED: "»",
}
_COLOURS = {
    Status.RUNNING: "36",
    Status.CANCELLING: "33",
    Status.COMPLETED: "32",
    Status.FAILED: "31",
    Status.CANCELLED: "33",
}


@dataclass(frozen=True)
class Column:
    """A column of a table. `flexible` ones give up width when the terminal is narrow."""

    title: str
    right: bool = False
    flexible: bool = False


def print_json(value: Any) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Fitted to the terminal; where there is none, whole and with tabs between, for `grep`, `cut` and `awk`."""
    cells = [[column.title for column in columns], *([_one_line(cell) for cell in row] for row in rows)]
    if not sys.stdout.isatty():
        for row in cells:
            print("\t".join(row))
        return
    widths = [max(cells_wide(row[i]) for row in cells) for i in range(len(columns))]
    widths = _fitted(columns, widths, shutil.get_terminal_size().columns)
    for row in cells:
        print(GAP.join(_padded(cell, w, c.right) for cell, w, c in zip(row, widths, columns, strict=True)).rstrip())


def state(status: Status) -> str:
    """`✓ completed`."""
    return f"{GLYPHS[status]} {status.value}"


def coloured(text: str, status: Status) -> str:
    """`text` in the colour of a state, where colours are wanted."""
    colour = _COLOURS.get(status)
    plain = colour is None or not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain else f"\x1b[{colour}m{text}\x1b[0m"


def duration(seconds: float | None) -> str:
    """Seconds as `0.8s`, `12s`, `3m 05s`, `2h 03m`, `4d 01h`; `-` for None.

    >>> duration(0.84), duration(185), duration(90061)
    ('0.8s', '3m 05s', '1d 01h')
    """
    if seconds is None:
        return "-"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86400}d {whole % 86400 // 3600:02}h"


def size(octets: float | None) -> str:
    """Bytes as `512 B`, `1.5 GiB`; `-` for None."""
    if octets is None:
        return "-"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if octets < 1024:
            return f"{octets:.0f} {unit}" if unit == "B" or octets >= 100 else f"{octets:.1f} {unit}"
        octets /= 1024
    return f"{octets:.1f} TiB"


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}%"


def number(value: float | str | None) -> str:
    """A metric's value, to six digits."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.6g}"


def ago(time: datetime | None) -> str:
    return "-" if time is None else f"{duration(max(0.0, (datetime.now(UTC) - time).total_seconds()))} ago"


def clock(time: datetime | None) -> str:
    """Local date and time, to the second."""
    return "-" if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def cells_wide(text: str) -> int:
    """Terminal cells that `text` takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _fitted(columns: Sequence[Column], widths: list[int], available: int) -> list[int]:
    """Widths whose sum fits: the widest flexible column gives way first."""
    widths = list(widths)
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - available
    while excess > 0:
        widest = max((i for i, c in enumerate(columns) if c.flexible), key=lambda i: widths[i], default=None)
        if widest is None or widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
        excess -= 1
    return widths


def _padded(text: str, width: int, right: bool) -> str:
    if cells_wide(text) > width:
        while cells_wide(text) >= width:
            text = text[:-1]
        text += "…"
    blank = " " * (width - cells_wide(text))
    return blank + text if right else text + blank

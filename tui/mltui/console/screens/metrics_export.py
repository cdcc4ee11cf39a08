"""A metric's table as CSV, into a file where the console runs, or through the terminal into its clipboard."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from mltui.console import format
from mltui.console.screens.ask_text import AskLine
from mltui.console.screens.choose import Choice, Choose
from mltui.console.state.metric_csv import metric_csv
from mltui.console.state.metric_table import MetricTable

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

FILE, CLIPBOARD = "file", "clipboard"
MOST_COPIED = 70_000
"""Bytes. Many terminals drop what is longer, without a word."""

MOST_SHOWN = 60
"""Characters of a path that cannot be written to."""


async def export(app: "MltuiApp", metric: str, table: MetricTable) -> None:
    """Ask where to, and say what went there."""
    text = await asyncio.to_thread(metric_csv, table)
    rows, size = f"{len(table):,} row{'s' * (len(table) != 1)}", format.size(len(text.encode()))
    clipboard = "To the clipboard of your terminal"
    if len(text.encode()) > MOST_COPIED:
        clipboard += " (many stop at 70 KB)"
    choices = [Choice(FILE, Text("To a file, where this console runs")), Choice(CLIPBOARD, Text(clipboard))]
    chosen = await app.push_screen_wait(Choose("Export", f"{rows}, {size} of CSV, as the table shows them", choices))
    if chosen == [CLIPBOARD]:
        app.copy_to_clipboard(text)
        app.notify(f"{rows}, {size}, sent to the clipboard (OSC 52)", markup=False)
    elif chosen == [FILE]:
        what, default = "A file that does not exist yet", _default(metric, app.session.now())
        name = await app.push_screen_wait(AskLine("Export", what, default, _fault, lambda name: _write(name, text)))
        if name is not None:
            app.notify(f"{rows}, {size}, written to {_path(name)}", markup=False)


def _default(metric: str, now: datetime) -> str:
    return f"{metric.replace(':', '_')}-{now.astimezone():%Y%m%d-%H%M%S}.csv"


def _path(text: str) -> Path:
    return Path(text.strip()).expanduser().absolute()


def _fault(name: str) -> str:
    """Why nothing can be written there; empty where, as far as can be seen, something can."""
    if not name.strip():
        return "write the name of a file"
    try:
        path = _path(name)
        if path.is_dir():
            return f"{_short(path)} is a folder; write the name of a file in it"
        if path.exists():
            return f"{_short(path)} exists; write another name"
        return "" if path.parent.is_dir() else f"there is no folder {_short(path.parent)}"
    except (OSError, RuntimeError, ValueError) as error:
        return _words(error)


def _write(name: str, text: str) -> str:
    """Why it could not be written; empty when it was. Half a file does not stay."""
    path, made = _path(name), False
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            made = True
            file.write(text)
    except (OSError, ValueError) as error:
        if made:
            path.unlink(missing_ok=True)
        return f"{_short(path)}: {_words(error)}"
    return ""


def _words(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _short(path: Path) -> str:
    return format.shortened(str(path), MOST_SHOWN)

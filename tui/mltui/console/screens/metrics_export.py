"""A metric's table as CSV, into a file where the console runs, or through the terminal into its clipboard."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from mltui.console import format
from mltui.console.faults import Fault
from mltui.console.screens.ask_text import AskLine
from mltui.console.screens.choose import Choice, Choose
from mltui.console.state.metric_csv import metric_csv
from mltui.console.state.metric_table import MetricTable

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

FILE, CLIPBOARD = "file", "clipboard"
MOST_COPIED = 70_000
"""Bytes. Many terminals drop what is longer, without a word."""


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
        what = "A file that does not exist yet"
        name = await app.push_screen_wait(AskLine("Export", what, _default(metric, app.session.now()), _fault))
        if name is not None:
            path = _path(name)
            await asyncio.to_thread(_write, path, text)
            app.notify(f"{rows}, {size}, written to {path}", markup=False)


def _default(metric: str, now: datetime) -> str:
    return f"{metric.replace(':', '_')}-{now.astimezone():%Y%m%d-%H%M%S}.csv"


def _path(text: str) -> Path:
    return Path(text.strip()).expanduser().absolute()


def _fault(text: str) -> str:
    if not text.strip():
        return "write the name of a file"
    try:
        path = _path(text)
        if path.exists():
            return f"{path} exists; write another name"
        return "" if path.parent.is_dir() else f"there is no folder {path.parent}"
    except (OSError, RuntimeError) as error:
        return str(error)


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise Fault(f"{path}: {error.strerror}") from None

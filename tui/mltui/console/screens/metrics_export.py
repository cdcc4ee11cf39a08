"""A metric's table as CSV, into a file where the console runs, or through the terminal into its clipboard."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from mltui.console import format
from mltui.console.screens.ask_text import AskLine
from mltui.console.screens.choose import Choice, Choose
from mltui.console.screens.file_names import MOST_COPIED, fault_of, not_written, path_of
from mltui.console.state.metric_csv import metric_csv
from mltui.console.state.metric_table import MetricTable
from mltui.new_file import new_file
from mltui.wire.counting import counted

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

FILE, CLIPBOARD = "file", "clipboard"


async def export(app: "MltuiApp", metric: str, table: MetricTable) -> None:
    """Ask where to, and say what went there."""
    text = await asyncio.to_thread(metric_csv, table)
    rows, size = counted(len(table), "row"), format.size(len(text.encode()))
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
        name = await app.push_screen_wait(AskLine("Export", what, default, fault_of, lambda name: _write(name, text)))
        if name is not None:
            app.notify(f"{rows}, {size}, written to {path_of(name)}", markup=False)


def _default(metric: str, now: datetime) -> str:
    return f"{metric.replace(':', '_')}-{now.astimezone():%Y%m%d-%H%M%S}.csv"


def _write(name: str, text: str) -> str:
    """Why it could not be written; empty when it was."""
    path = path_of(name)
    try:
        with new_file(path) as file:
            file.write(text.encode())
    except (OSError, ValueError) as error:
        return not_written(path, error)
    return ""

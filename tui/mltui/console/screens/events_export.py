"""All events that match the filter, as CSV or JSON, into a file where the console runs, or into the clipboard."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text

from mltui.console import format
from mltui.console.screens.ask_text import AskLine
from mltui.console.screens.choose import Choice, Choose
from mltui.console.screens.file_names import MOST_COPIED, fault_of, not_written, path_of
from mltui.export_form import Form, form_of
from mltui.new_file import new_file

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

CHOICES = [
    Choice("csv file", Text("CSV to a file, where this console runs")),
    Choice("json file", Text("JSON to a file, where this console runs")),
    Choice("csv clipboard", Text("CSV to the clipboard of your terminal")),
    Choice("json clipboard", Text("JSON to the clipboard of your terminal")),
]


async def export(app: "MltuiApp", chosen: Mapping[str, Any], line: str) -> None:
    """Ask as what and where to, and say what went there. `chosen` is the filter, `line` the same as it was typed."""
    what = f"Every event that matches {line}, oldest first" if line else "Every event there is, oldest first"
    choice = await app.push_screen_wait(Choose("Export", what, CHOICES))
    if choice is None:
        return
    said, where = choice[0].split()
    form = cast("Form", said)
    if where == "file":
        default = f"events-{app.session.now().astimezone():%Y%m%d-%H%M%S}.{form}"
        name = await app.push_screen_wait(
            AskLine("Export", "A file that does not exist yet", default, partial(_fault, form))
        )
        if name is not None:
            await _write(app, chosen, form, path_of(name))
    else:
        await _copy(app, chosen, form)


def _fault(form: Form, name: str) -> str:
    """What is wrong with a file's name; empty where nothing is."""
    if fault := fault_of(name):
        return fault
    try:
        other = form_of(Path(name.strip()))
    except ValueError as error:
        return str(error)
    return "" if other == form else f"it is to be {form.upper()}: write a name that ends in .{form}"


async def _write(app: "MltuiApp", chosen: Mapping[str, Any], form: Form, path: Path) -> None:
    size = 0
    try:
        with new_file(path) as file:
            async for piece in app.client.export_events(form, **chosen):
                size += file.write(piece)
    except (OSError, ValueError) as error:
        app.notify(not_written(path, error), severity="error", markup=False)
    else:
        app.notify(f"{format.size(size)} written to {path}", markup=False)


async def _copy(app: "MltuiApp", chosen: Mapping[str, Any], form: Form) -> None:
    content = b""
    async for piece in app.client.export_events(form, **chosen):
        content += piece
        if len(content) > MOST_COPIED:
            words = "more than 70 KB, which many terminals do not copy; narrow it down with / or export to a file"
            app.notify(words, severity="warning", markup=False)
            return
    app.copy_to_clipboard(content.decode())
    app.notify(f"{format.size(len(content))} sent to the clipboard (OSC 52)", markup=False)

"""A line to type into."""

from textual.events import Paste
from textual.widgets import Input

from mltui.console import format

MOST = 10_000
"""Characters. Of a megabyte, each further key would be felt."""


class TextField(Input):
    """Of what is pasted, the first line is taken, and as much of it as there is room for."""

    def __init__(self, value: str = "", *, placeholder: str = "", select_on_focus: bool = True) -> None:
        super().__init__(value, placeholder=placeholder, select_on_focus=select_on_focus, max_length=MOST)
        self.cursor_blink = False

    def on_paste(self, event: Paste) -> None:
        event.stop().prevent_default()
        line = next(iter(event.text.splitlines()), "")
        room = MOST - len(self.value) + len(self.selected_text)
        if len(line) > room:
            most, left_out = format.count(MOST), format.count(len(line) - room)
            self.notify(f"a line has room for {most} characters: {left_out} were left out", severity="warning")
        self.replace(line[:room], *sorted(self.selection))

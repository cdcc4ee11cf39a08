"""Dialogs that take text: one line (tags), or several (notes)."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from mltui.console.keymap import FORM
from mltui.console.screens.dialog import Dialog
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.text_field import TextField

Check = Callable[[str], str]
"""What is wrong with the text; empty when nothing is."""


class AskLine(Dialog[str | None]):
    """One line, checked while it is typed."""

    DIALOG_KEYS = [key for key in FORM if key.id in ("form.send", "form.leave")]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG_KEYS)]

    def __init__(self, heading: str, what: str, text: str, check: Check) -> None:
        super().__init__()
        self.heading, self._what, self._text, self._check = heading, what, text, check

    def body(self) -> Iterable[Widget]:
        yield Static(self._what, classes="hint", markup=False)
        yield TextField(self._text)
        yield Static("", classes="fault", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one(".fault", Static).update(self._check(event.value))

    def on_input_submitted(self) -> None:
        self.action_send()

    def action_send(self) -> None:
        text = self.query_one(Input).value
        if not self._check(text):
            self.dismiss(text)


class AskText(Dialog[str | None]):
    """Several lines."""

    DIALOG_KEYS = [key for key in FORM if key.id in ("form.send", "form.leave")]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(DIALOG_KEYS)]

    def __init__(self, heading: str, text: str) -> None:
        super().__init__()
        self.heading, self._text = heading, text

    def body(self) -> Iterable[Widget]:
        area = TextArea(self._text)
        area.cursor_blink = False
        yield area

    def action_send(self) -> None:
        self.dismiss(self.query_one(TextArea).text)

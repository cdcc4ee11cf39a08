"""Dialogs that take text: one line (tags), or several (notes)."""

import asyncio
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from mltui.console.keymap import FORM, LINE
from mltui.console.screens.dialog import Dialog
from mltui.console.typed import SEND, is_sending
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.text_field import TextField

Check = Callable[[str], str]
"""What is wrong with the text; empty when nothing is."""


Act = Callable[[str], str]
"""Does what the text is for, which may take a while; says why it could not, as Check does."""


class AskLine(Dialog[str | None]):
    """One line, checked while it is typed. With `act`, the dialog stays until that is done."""

    DIALOG_KEYS = LINE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINE)]

    def __init__(self, heading: str, what: str, text: str, check: Check, act: Act | None = None) -> None:
        super().__init__()
        self.heading, self._what, self._text, self._check, self._act = heading, what, text, check, act

    def body(self) -> Iterable[Widget]:
        yield Static(self._what, classes="hint", markup=False)
        yield TextField(self._text)
        yield Static("", classes="fault", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._say(self._check(event.value))

    def on_input_submitted(self) -> None:
        self.action_send()

    def action_send(self) -> None:
        text = self.query_one(Input).value
        fault = self._check(text)
        self._say(fault)
        if not fault and not is_sending(self):
            self.carry_out(text)

    @work(group=SEND, exit_on_error=False)
    async def carry_out(self, text: str) -> None:
        fault = await asyncio.to_thread(self._act, text) if self._act is not None else ""
        self._say(fault)
        if not fault:
            self.dismiss(text)

    def _say(self, fault: str) -> None:
        self.query_one(".fault", Static).update(fault)


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

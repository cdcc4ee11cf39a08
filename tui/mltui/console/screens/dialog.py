"""Dialogs: a box over the screen. The base, and the one that asks before something is done."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from mltui.console.keymap import CONFIRM
from mltui.console.widgets.keys import Key, bindings

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

A = TypeVar("A")


class Dialog(ModalScreen[A], Generic[A]):
    """Subclasses give the box's title, what is in it, and their keys; `dismiss` answers."""

    app: "MltuiApp"
    DIALOG_KEYS: ClassVar[list[Key]] = []
    heading = ""

    def compose(self) -> ComposeResult:
        with Box(id="box", can_focus=False) as box:
            box.border_title = f" {self.heading} "
            hints = [f"{key.keys.split(',')[0]} {key.description.lower()}" for key in self.hints() if key.show]
            box.border_subtitle = f" {' · '.join(hints).replace('ctrl+', '^').replace('escape', 'esc')} "
            yield from self.body()

    def hints(self) -> Sequence[Key]:
        """The keys that may be named at the box's lower edge."""
        return self.DIALOG_KEYS

    def body(self) -> Iterable[Widget]:
        raise NotImplementedError

    def action_leave(self) -> None:
        self.dismiss(None)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.app.report(event.worker.error)


class Box(VerticalScroll):
    """The dialog's frame; scrolls when there is more than fits."""


class Confirm(Dialog[bool]):
    """Says what will happen, and asks."""

    DIALOG_KEYS = CONFIRM
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CONFIRM)]

    def __init__(self, heading: str, what: Text | str) -> None:
        super().__init__()
        self.heading, self._what = heading, what

    def body(self) -> Iterable[Widget]:
        yield Static(self._what, classes="text", markup=False)

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)

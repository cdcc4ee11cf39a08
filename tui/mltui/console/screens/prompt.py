"""The lines at the bottom that are typed into: `:` goes somewhere, `/` filters."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from mltui.console import commands
from mltui.console.commands import Line
from mltui.console.faults import Fault
from mltui.console.keymap import PROMPT
from mltui.console.state.event_filter import EVENT_FILTERS
from mltui.console.state.filter_words import Language
from mltui.console.state.job_filter import JOB_FILTERS
from mltui.console.state.run_filter import RUN_FILTERS
from mltui.console.state.session import Session
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.text_field import TextField

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

A = TypeVar("A")
LANGUAGES: dict[str, Language[Any]] = {"filter": RUN_FILTERS, "event filter": EVENT_FILTERS, "job filter": JOB_FILTERS}
"""Of the filters that commands take, by the kind of the argument."""
OFFERED = 200
"""Names of pipelines, runs and metrics that completion knows of."""


class Prompt(ModalScreen[A]):
    """One line over the footer, with what may follow at its right; above it, all of what is wrong with it."""

    app: "MltuiApp"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PROMPT)]
    MARK = ""

    def __init__(self, session: Session, text: str = "") -> None:
        super().__init__(classes="prompt")
        self._session, self._text = session, text
        self._lines = list(session.lines.get(self.MARK, ()))
        self._at = len(self._lines)
        self._offers: list[str] = []
        self._names: dict[str, list[str]] = {}

    def compose(self) -> ComposeResult:
        yield Static("", classes="fault", markup=False)
        with Horizontal():
            yield Static(self.MARK, classes="mark")
            yield TextField(self._text, select_on_focus=False)
            yield Static("", classes="offers", markup=False)

    def on_mount(self) -> None:
        # What was said before would stand over what is said of this line.
        self.app.clear_notifications()
        self.query_one(Input).focus()

    # What subclasses say.

    def completions(self, text: str) -> list[str]:
        raise NotImplementedError

    def fault(self, text: str) -> str:
        """What is wrong with what was typed so far."""
        return ""

    # Keys.

    def on_input_changed(self, event: Input.Changed) -> None:
        self.offer(event.value)

    def offer(self, text: str) -> None:
        self._offers = [line for line in self.completions(text) if line != text]
        offers = "  ".join(offer.rpartition(" ")[2] for offer in self._offers[:6])
        self.query_one(".offers", Static).update(offers)
        self.say("" if self._offers else self.fault(text))

    def say(self, fault: str) -> None:
        line = self.query_one(".fault", Static)
        line.set_class(bool(fault), "-said")
        line.update(fault)

    def action_complete(self) -> None:
        if self._offers:
            field = self.query_one(Input)
            field.value = self._offers[0]
            field.cursor_position = len(field.value)

    def action_history(self, step: int) -> None:
        self._at = max(0, min(len(self._lines), self._at + step))
        field = self.query_one(Input)
        field.value = self._lines[self._at] if self._at < len(self._lines) else ""
        field.cursor_position = len(field.value)

    def action_leave(self) -> None:
        self.dismiss(None)

    @work(group="names", exclusive=True, exit_on_error=False)
    async def fetch_names(self, kind: str) -> None:
        """Names for completion."""
        fetch = getattr(self.app.client, f"{kind}s")
        self._names[kind] = [row.name for row in (await fetch(limit=OFFERED)).items]
        if self.is_mounted:
            self.offer(self.query_one(Input).value)

    def names_of(self, kind: str) -> list[str]:
        if kind not in self._names:
            self._names[kind] = []
            self.fetch_names(kind)
        return self._names[kind]

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.app.report(event.worker.error)


class CommandPrompt(Prompt[Line | None]):
    """`:`"""

    MARK = ":"

    def completions(self, text: str) -> list[str]:
        kind = commands.asks_for(text)
        head, _, typed = text.lstrip().partition(" ")
        if kind in LANGUAGES:
            return [f"{head} {line}" for line in LANGUAGES[kind].completions(typed, self.names_of)]
        return commands.completions(text, self.names_of(kind) if kind in ("pipeline", "run", "metric", "model") else ())

    def fault(self, text: str) -> str:
        if not text.strip():
            return ""
        try:
            self._read(text)
        except Fault as fault:
            return str(fault)
        return ""

    def _read(self, text: str) -> Line:
        """The line that `text` is, its filter tried too. Raises Fault."""
        line = commands.parse(text)
        if (language := LANGUAGES.get(line.command.argument)) is not None:
            language.parse(line.argument, self._session.now())
        return line

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.dismiss(None)
            return
        try:
            line = self._read(event.value)
        except Fault as fault:
            self.say(str(fault))
            return
        self._session.remember(self.MARK, event.value.strip())
        self.dismiss(line)


class FilterPrompt(Prompt[str | None]):
    """`/`: the list follows what is typed. Left with escape, it is as it was before."""

    MARK = "/"

    def __init__(
        self, session: Session, text: str, on_change: Callable[[str], None], language: Language[Any] | None = None
    ) -> None:
        """Without a `language`, any text will do."""
        # The next filter is written after a space.
        super().__init__(session, f"{text} " if text and language else text)
        self._on_change, self._language = on_change, language

    def completions(self, text: str) -> list[str]:
        return self._language.completions(text, self.names_of) if self._language else []

    def fault(self, text: str) -> str:
        return self._language.fault(text, self._session.now()) if self._language else ""

    def on_input_changed(self, event: Input.Changed) -> None:
        super().on_input_changed(event)
        # A word that is not finished, as in `status:fai`, filters nothing yet.
        whole = not self.fault(event.value)
        finished = event.value if whole else event.value.rpartition(" ")[0]
        if whole or not self.fault(finished):
            self._on_change(finished)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not self.fault(event.value):
            self._session.remember(self.MARK, event.value.strip())
            self.dismiss(event.value)

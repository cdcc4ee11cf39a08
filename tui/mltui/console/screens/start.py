"""The start form: a pipeline's parameters as they were last time, checked while they are typed."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import UNSET
from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from mltui.console.keymap import FORM
from mltui.console.screens.dialog import Dialog
from mltui.console.screens.tag_line import parse_tags, tag_fault
from mltui.console.state import parameters
from mltui.console.theme import palette
from mltui.console.typed import SEND, is_sending
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.text_field import TextField
from mltui.wire.counting import counted
from mltui.wire.pipelines import PipelineDetail, StartRun

PARAMETER = "parameter-"


class Field(Horizontal):
    """A label, a line to type into, and what is wrong with it or worth knowing."""

    DEFAULT_CSS = """
    Field { height: 1; }
    Field .label { width: 18; }
    Field Input { width: 1fr; }
    Field .note { width: 24; color: $muted; padding: 0 0 0 1; }
    Field .note.-fault { color: $error; }
    """

    def __init__(self, label: str, text: str, note: str, id: str) -> None:
        super().__init__(id=id)
        self._label, self._text, self._note = label, text, note

    def compose(self) -> Iterable[Widget]:
        yield Static(self._label, classes="label", markup=False)
        yield TextField(self._text)
        yield Static(self._note, classes="note", markup=False)

    @property
    def text(self) -> str:
        return self.query_one(Input).value

    @property
    def is_wrong(self) -> bool:
        return self.query_one(".note").has_class("-fault")

    def say(self, note: str, *, fault: bool = False) -> None:
        line = self.query_one(".note", Static)
        line.set_class(fault, "-fault")
        line.update(f"✗ {note}" if fault else note)


class StartScreen(Dialog[str | None]):
    """Answers the id of the run that was started, None when the form was left."""

    DIALOG_KEYS = FORM
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FORM)]

    def __init__(self, pipeline: PipelineDetail) -> None:
        super().__init__(classes="start")
        self.heading = f"Start {pipeline.name}"
        self._pipeline = pipeline
        self._defaults = pipeline.parameters

    def body(self) -> Iterable[Widget]:
        pipeline = self._pipeline
        last = {name: value for name, value in pipeline.last_parameters.items() if name in self._defaults}
        # With headings, as a pipeline may have a parameter called name.
        if self._defaults:
            yield Static("PARAMETERS", classes="heading")
        for name, default in self._defaults.items():
            yield Field(
                name, parameters.as_text(last.get(name, default)), self._note(name, last.get(name, default)),
                f"{PARAMETER}{list(self._defaults).index(name)}",
            )  # fmt: skip
        yield Static("RUN", classes="heading")
        yield Field("name", "", "made up if empty", "name")
        yield Field("environment", pipeline.environment, "", "environment")
        yield Field("tags", "", "key=value key", "tags")
        yield Static(self._hint(bool(last)), classes="hint")

    def _hint(self, from_last: bool) -> Text:
        colours = palette(self.app)
        stages = len(self._pipeline.stages)
        words = counted(stages, "stage")
        if from_last:
            words += " · parameters are those of the last run"
        return Text(words, colours.style("muted"))

    def on_mount(self) -> None:
        self.query(Field).first().query_one(Input).focus()

    def _note(self, name: str, value: object) -> str:
        default = self._defaults[name]
        words = parameters.kind(default)
        return words if value == default else f"default {parameters.as_text(default) or 'none'}"

    def _parameter(self, field: Field) -> str | None:
        at = (field.id or "").removeprefix(PARAMETER)
        return list(self._defaults)[int(at)] if at != field.id else None

    # Typing.

    def on_input_changed(self, event: Input.Changed) -> None:
        field = event.input.parent
        if isinstance(field, Field):
            self._check(field)

    def _check(self, field: Field) -> bool:
        """Whether what the field says is right. Says so beside it."""
        name = self._parameter(field)
        fault, note = "", field._note
        if name is not None:
            try:
                note = self._note(name, parameters.parse(field.text, self._defaults[name]))
            except ValueError as error:
                fault = str(error)
        elif field.id == "tags":
            fault = tag_fault(field.text)
        elif field.id == "name" and "/" in field.text:
            fault = "no slash in a name"
        field.say(fault or note, fault=bool(fault))
        return not fault

    def on_input_submitted(self, event: Input.Submitted) -> None:
        fields = [field.query_one(Input) for field in self.query(Field)]
        if event.input is fields[-1]:
            self.action_send()
        else:
            self.focus_next()

    def action_send(self) -> None:
        wrong = [field for field in self.query(Field) if not self._check(field)]
        if wrong:
            wrong[0].query_one(Input).focus()
        elif not is_sending(self):
            self.send()

    @work(group=SEND, exit_on_error=False)
    async def send(self) -> None:
        typed = {name: field.text for field in self.query(Field) if (name := self._parameter(field)) is not None}
        texts = {field.id: field.text.strip() for field in self.query(Field)}
        run = await self.app.client.start_run(
            self._pipeline.id,
            StartRun(
                name=texts["name"] or UNSET,
                parameters=parameters.changed(typed, self._defaults),
                environment=texts["environment"],
                tags=parse_tags(texts["tags"] or ""),
            ),
        )
        self.dismiss(run.id)

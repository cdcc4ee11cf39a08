"""The form that adds an ingestion job: its source, and how to read it where that is not to be detected."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET
from textual import work
from textual.binding import BindingType
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, Static

from mltui.console.faults import cut
from mltui.console.keymap import FORM
from mltui.console.screens.dialog import Dialog
from mltui.console.screens.start import Field
from mltui.console.state import column_types
from mltui.console.typed import SEND, is_sending
from mltui.console.widgets.keys import bindings
from mltui.wire.base import in_words
from mltui.wire.ingestion import BadRows, Compression, CreateJob, ReadOptions, Runner, SourceFormat, check_delimiter
from mltui.wire.pipelines import Name
from mltui.wire.sources import absolute, check_source

YES = {"yes": True, "y": True, "": False, "no": False, "n": False}
FIELDS = {
    "uri": ("source", "", "a path or an address"),
    "name": ("name", "", "as the file, if empty"),
    "outside": ("runs outside", "no", "yes: not done here"),
    "start": ("start at once", "yes", "yes or no"),
}
READING = {
    "format": ("format", "", "detected if empty"),
    "compression": ("compression", "", "detected if empty"),
    "delimiter": ("delimiter", "", "of CSV; detected"),
    "header": ("header", "", "yes, no; of CSV"),
    "types": ("types", "", "zip=VARCHAR, …"),
    "set_aside": ("bad rows", "fail", "fail, or at most N"),
}


BESIDE = 21
"""Characters beside a field."""


class JobForm(Dialog[str | None]):
    """Answers the id of the job that was added, None when the form was left."""

    DIALOG_KEYS = FORM
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FORM)]
    heading = "Add an ingestion job"

    def body(self) -> Iterable[Widget]:
        yield Static("JOB", classes="heading")
        for id_, (label, text, note) in FIELDS.items():
            yield Field(label, text, note, id_)
        yield Static("HOW TO READ IT", classes="heading")
        for id_, (label, text, note) in READING.items():
            yield Field(label, text, note, id_)
        yield Static("", classes="fault", markup=False)
        yield Static("Paths are those of the machine that the server runs on.", classes="hint")

    def on_mount(self) -> None:
        self.query(Field).first().query_one(Input).focus()

    def _texts(self) -> dict[str, str]:
        return {field.id or "": field.text.strip() for field in self.query(Field)}

    def on_input_changed(self, event: Input.Changed) -> None:
        field = event.input.parent
        if isinstance(field, Field):
            self._check(field)

    def _check(self, field: Field) -> bool:
        """Whether what the field says is right. Says so beside it."""
        id_ = field.id or ""
        fault = fault_of(id_, self._texts())
        field.say(cut(fault, BESIDE) or (FIELDS | READING)[id_][2], fault=bool(fault))
        if field.has_pseudo_class("focus-within"):
            self._say_whole(fault)
        return not fault

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        field = event.widget.parent
        if isinstance(field, Field):
            self._say_whole(fault_of(field.id or "", self._texts()) if field.is_wrong else "")

    def _say_whole(self, fault: str) -> None:
        """Below all fields, what does not fit beside the one that is typed into. It may take the hint's room."""
        whole = fault if len(fault) > BESIDE else ""
        self.query_one(".fault", Static).update(whole)
        self.query_one(".hint").display = not whole

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self.query(Field).last().query_one(Input):
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
        self.dismiss((await self.app.client.create_job(job_of(self._texts()))).id)


def fault_of(field: str, texts: Mapping[str, str]) -> str:
    """What is wrong with one field of the form."""
    text = texts[field]
    match field:
        case "uri":
            here = not YES.get(texts["outside"].lower(), False)
            return _fault(lambda: _check_source(text, here))
        case "name":
            return _fault(lambda: msgspec.convert(text, Name)) if text else ""
        case "outside" | "start":
            return "" if text.lower() in YES else "yes or no"
        case "header":
            return "" if text.lower() in YES else "yes or no; empty: detected"
        case "types":
            return _fault(lambda: column_types.parse(text))
        case "delimiter":
            return _fault(lambda: check_delimiter(text)) if text else ""
        case "format":
            return _choice_fault(text, SourceFormat)
        case "compression":
            return _choice_fault(text, Compression)
        case "set_aside":
            return "" if text in ("", "fail") or (text.isdecimal() and 1 <= int(text) <= 10**6) else "fail, or 1 to 10⁶"
        case _:
            return ""


def job_of(texts: Mapping[str, str]) -> CreateJob:
    """What the form says, once nothing is wrong with it."""
    outside = YES[texts["outside"].lower()]
    options: dict[str, Any] = {"delimiter": texts["delimiter"] or None, "types": column_types.parse(texts["types"])}
    if texts["header"]:
        options["header"] = YES[texts["header"].lower()]
    if texts["format"]:
        options["format"] = SourceFormat(texts["format"].lower())
    if texts["compression"]:
        options["compression"] = Compression(texts["compression"].lower())
    if texts["set_aside"].isdecimal():
        options |= {"bad_rows": BadRows.SET_ASIDE, "bad_rows_limit": int(texts["set_aside"])}
    return CreateJob(
        uri=texts["uri"] if outside else absolute(texts["uri"]),
        name=texts["name"] or UNSET,
        runner=Runner.OUTSIDE if outside else Runner.AGENT,
        options=ReadOptions(**options),
        start=YES[texts["start"].lower()],
    )


def _check_source(uri: str, here: bool) -> None:
    if not uri:
        raise ValueError("where the data is")
    check_source(absolute(uri) if here else uri, read_here=here)


def _fault(check: Callable[[], object]) -> str:
    """Why the contract has no such thing; empty where it has."""
    try:
        check()
    except ValueError as error:
        return in_words(str(error))
    return ""


def _choice_fault(text: str, kind: type[StrEnum]) -> str:
    there = [one.value for one in kind]
    return "" if not text or text.lower() in there else ", ".join(there)

"""The pane that shows what is in a file, as what it is."""

import asyncio
import json
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from mltui.console import format
from mltui.console.faults import words_of
from mltui.console.screens.lines import OneLine
from mltui.console.state.folder_tree import Branch
from mltui.console.widgets.keys import Key, bindings
from mltui.console.widgets.preview.json_view import JsonView
from mltui.console.widgets.preview.table import TableView
from mltui.console.widgets.preview.text import TextView
from mltui.wire.artifact_previews import AnyPreview, ImagePreview, JsonPreview, TablePreview, TextPreview
from mltui.wire.base import in_words
from mltui.wire.counting import counted
from mltui.wire.plots import TAG, AnyPlot, Bars, Plot

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

KEYS = [Key("preview.files", "leave", "q,escape", "Files", show=True)]
_plot = msgspec.json.Decoder(AnyPlot)


class ArtifactPreview(Vertical):
    """A line about the file, why it is shown so where something better was meant, and what is in it."""

    app: "MltuiApp"
    BINDINGS = bindings(KEYS)

    class Left(Message):
        """Who read goes back to the files."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: str | None = None
        """Id of the artifact that is shown. What is in one never changes."""

    def compose(self) -> ComposeResult:
        yield OneLine(classes="facts")
        yield Static(classes="why-so", markup=False)
        yield Container(classes="preview")

    async def show(self, branch: Branch | None) -> None:
        """The file that `branch` is; of a folder only how many it has."""
        entry = branch.entry if branch is not None else None
        if branch is None or entry is None or entry.id is None:
            self._shown = None
            await self._put(*(("", "") if entry is None else (f"{entry.name}/", counted(entry.files, "file"))), None)
            return
        if entry.id == self._shown:
            return
        # Of another file nothing may stand here, whatever goes wrong with this one.
        self._shown = None
        try:
            preview = await self.app.client.artifact_preview(entry.id)
            widget, why_so = await self._widget(branch.path, entry.id, preview)
        except Exception as error:
            await self._put(_last(branch), "", _note(words_of(error)))
            return
        await self._put(_last(branch), _measure(preview), widget, why_so)
        self._shown = entry.id

    async def _put(self, name: str, measure: str, widget: Widget | None, why_so: str = "") -> None:
        place, why = self.query_one(".preview", Container), self.query_one(".why-so", Static)
        had_focus = place.has_focus_within
        # At once: what is in one file never stands below the name of another.
        with self.app.batch_update():
            self.query_one(OneLine).show(Text(name, "secondary"), Text(measure, "muted"))
            why.update(why_so)
            why.display = bool(why_so)
            await place.remove_children()
            if widget is not None:
                await place.mount(widget)
        if widget is not None and had_focus:
            self.screen.set_focus(widget)

    async def _widget(self, name: str, id_: str, preview: AnyPreview) -> tuple[Widget, str]:
        """What shows it; and why it does so, where something better was meant."""
        match preview:
            case TextPreview() if preview.text:
                return await _text(name, preview.text), preview.note
            case JsonPreview():
                widget, why_no_plot = await _json(name, preview.text)
                return widget, "; ".join(filter(None, (preview.note, why_no_plot)))
            case TablePreview() if preview.columns:
                return TableView(preview), preview.note
            case ImagePreview():
                return await self._image(id_), ""
        return _note(preview.note or "It is empty."), ""

    async def _image(self, id_: str) -> Widget:
        from mltui.console.widgets.preview.image import NoImage, image_widget, opened

        content = b"".join([piece async for piece in self.app.client.artifact_content(id_)])
        try:
            return image_widget(await asyncio.to_thread(opened, content))
        except NoImage as error:
            return _note(str(error))

    def focus_content(self) -> None:
        for widget in self.query(".preview > *"):
            if widget.can_focus:
                self.screen.set_focus(widget)

    def action_leave(self) -> None:
        self.post_message(self.Left())


def _note(words: str) -> Widget:
    return Static(words, classes="note", markup=False)


async def _text(name: str, text: str) -> Widget:
    from mltui.console.widgets.preview.highlight import coloured

    return TextView(await asyncio.to_thread(coloured, name, text))


async def _json(name: str, text: str) -> tuple[Widget, str]:
    """A plot that was logged as data, a tree, or text where it is nested too deeply for that; why it is no plot."""
    try:
        return _drawn(_plot.decode(text)), ""
    except (msgspec.DecodeError, RecursionError) as error:
        why_not = f"not drawn: {in_words(str(error))}"
    try:
        data = await asyncio.to_thread(json.loads, text)
    except (ValueError, RecursionError):
        return await _text(name, text), ""
    meant = isinstance(data, dict) and TAG in data
    return JsonView(data), why_not if meant else ""


def _drawn(plot: AnyPlot) -> Widget:
    if isinstance(plot, Plot):
        from mltui.console.widgets.preview.plot_view import PlotView

        return PlotView(plot)
    if isinstance(plot, Bars):
        from mltui.console.widgets.preview.bars import BarsView

        return BarsView(plot)
    from mltui.console.widgets.preview.matrix import MatrixView

    return MatrixView(plot)


def _last(branch: Branch) -> str:
    return branch.path.rpartition("/")[2]


def _measure(preview: AnyPreview) -> str:
    """How much of it is shown."""
    if isinstance(preview, TextPreview) and preview.cut:
        return f"the first {format.size(len(preview.text.encode()))}"
    return f"{_rows(preview)}, {_columns(preview)}" if isinstance(preview, TablePreview) else ""


def _rows(table: TablePreview) -> str:
    shown = len(table.rows)
    if table.row_count == shown:
        return counted(shown, "row")
    return f"{shown:,} of {'many' if table.row_count is None else f'{table.row_count:,}'} rows"


def _columns(table: TablePreview) -> str:
    shown = len(table.columns)
    total = counted(table.column_count, "column")
    return total if shown == table.column_count else f"{shown:,} of {total}"

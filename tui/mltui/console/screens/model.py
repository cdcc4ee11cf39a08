"""One registered model: its aliases, the moves that wait, and its versions."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from mltui.console.faults import is_missing, words_of
from mltui.console.keymap import MODEL
from mltui.console.screens import model_actions, model_edits
from mltui.console.screens.lines import OneLine
from mltui.console.screens.model_words import about_model, version_columns
from mltui.console.screens.text_page import TextPage
from mltui.console.screens.version_keys import NEED_ONE, VersionKeys
from mltui.console.state.server import Coalesced
from mltui.console.state.window import Window
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.run_table import RunTable
from mltui.wire.counting import counted
from mltui.wire.models import ApprovalRow, ApprovalStatus, ModelRow, VersionRow

CHANGES_EVERY_S = 0.5
MOST_FACTS = 8


class ModelScreen(VersionKeys):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MODEL)]

    def __init__(self, name: str) -> None:
        super().__init__()
        self._model = name
        self._seen = False
        """Whether it was there once."""
        self._news = Coalesced(self._fetch, CHANGES_EVERY_S)
        self._sort = ("version", True)

    def body(self) -> Iterable[Widget]:
        self.window: Window[VersionRow] = Window(self._fetch_versions, lambda version: version.id)
        self.table: RunTable[VersionRow] = RunTable(
            self.window, version_columns(self.app.session.now), empty="It has no versions.", sort=self._sort,
            id="versions",
        )  # fmt: skip
        yield OneLine(id="head")
        yield Static("", id="fault", markup=False)
        yield TextPage(id="model-facts")
        with Vertical():
            yield OneLine(id="versions-title", classes="band")
            yield self.table

    def on_mount(self) -> None:
        self.table.focus()
        self.title_line(["Models", self._model])
        self._say_fault("")

    @property
    def has_marks(self) -> bool:
        return bool(self.window.marks)

    def on_unmount(self) -> None:
        self._news.close()
        self.window.close()

    # The server.

    def topics(self) -> tuple[str, ...]:
        return ("models",)

    def refetch(self) -> None:
        self._news.ask()

    def heard(self, topic: str, ids: list[str]) -> None:
        if topic == "models" and self.is_current:
            self._news.ask()

    async def _fetch(self) -> None:
        client = self.app.client
        try:
            model = await client.model(self._model)
            approvals = (
                (await client.approvals(self._model, status=ApprovalStatus.PENDING)).items if model.pending else []
            )
        except Exception as error:
            self._failed(error)
            return
        self._seen = True
        if self.is_attached:
            self._show(model, approvals)
            self.window.invalidate()
            await self.window.settled()

    def _failed(self, error: Exception) -> None:
        if self.is_attached:
            gone = self._seen and is_missing(error)
            self._say_fault("There is no such model any more." if gone else words_of(error))

    async def _fetch_versions(self, offset: int, limit: int) -> tuple[Sequence[VersionRow], int]:
        key, descending = self._sort
        page = await self.app.client.model_versions(
            self._model, sort=f"{'-' if descending else ''}{key}", limit=limit, offset=offset
        )
        return page.items, page.total or 0

    # What is shown.

    def _show(self, model: ModelRow, waiting: Sequence[ApprovalRow]) -> None:
        self._say_fault("")
        self.query_one("#head", OneLine).show(Text(model.description, "secondary"))
        facts = self.query_one("#model-facts", TextPage)
        lines = about_model(model, waiting)
        facts.styles.height = min(MOST_FACTS, len(lines))
        facts.show(lines)
        count = Text(counted(model.version_count, "version"), "muted")
        self.query_one("#versions-title", OneLine).show(Text("VERSIONS", "secondary"), count)

    def _say_fault(self, fault: str) -> None:
        line = self.query_one("#fault", Static)
        line.display = bool(fault)
        line.update(fault)

    def tick(self) -> None:
        self.table.repaint_moved()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to a version needs one."""
        return action not in NEED_ONE | {"compare"} or self.table.offers_row

    def on_run_table_opened(self) -> None:
        from mltui.console.screens.version import VersionScreen

        if (version := self.here) is not None:
            self.app.push_screen(VersionScreen(version.model, str(version.version)))

    def on_run_table_sorted(self, event: RunTable.Sorted) -> None:
        self._sort = (event.key, event.descending)
        self.window.reset()

    @property
    def here(self) -> VersionRow | None:
        return self.window.row(self.table.cursor)

    @work(group="act", name="action_decide", exclusive=True, exit_on_error=False)
    async def action_decide(self) -> None:
        await model_actions.decide(self.app, self._model)

    @work(group="act", name="action_approval", exclusive=True, exit_on_error=False)
    async def action_approval(self) -> None:
        await model_actions.switch_approval(self.app, self._model)

    @work(group="act", name="action_model_description", exclusive=True, exit_on_error=False)
    async def action_model_description(self) -> None:
        await model_edits.edit_description(self.app, await self.app.client.model(self._model))

    @work(group="act", name="action_model_tags", exclusive=True, exit_on_error=False)
    async def action_model_tags(self) -> None:
        await model_edits.edit_tags(self.app, await self.app.client.model(self._model))

    def action_compare(self) -> None:
        """The two that are marked; with one mark, that and the one under the cursor."""
        from mltui.console.screens.version_compare import CompareScreen

        held = {id_: row.version for _, row in self.window.rows() if (id_ := row.id) in self.window.marks}
        if (here := self.here) is not None and len(held) < 2:
            held[here.id] = here.version
        if len(held) != 2:
            self.app.notify("mark two versions with space, or one and go to the other", markup=False)
            return
        left, right = sorted(held.values())
        self.app.push_screen(CompareScreen(self._model, left, right))

"""One version of a model: what it is, where it came from, how good it was."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from mltui.console.faults import is_missing, words_of
from mltui.console.keymap import VERSION
from mltui.console.screens.model_words import about_version, is_about
from mltui.console.screens.text_page import TextPage
from mltui.console.screens.version_keys import NEED_ONE, VersionKeys
from mltui.console.state.server import Coalesced
from mltui.console.widgets.keys import bindings
from mltui.wire.models import ApprovalStatus, VersionRow

CHANGES_EVERY_S = 0.5


class VersionScreen(VersionKeys):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VERSION)]

    def __init__(self, model: str, version: str) -> None:
        """`version` is its number, or an alias as in `@champion`."""
        super().__init__()
        self._model, self._key = model, version
        self._version: VersionRow | None = None
        self._news = Coalesced(self._fetch, CHANGES_EVERY_S)

    def body(self) -> Iterable[Widget]:
        yield Static("", id="fault", markup=False)
        yield TextPage()

    def on_mount(self) -> None:
        self.query_one(TextPage).focus()
        self.title_line(["Models", self._model, self._key])
        self._say_fault("")

    def on_unmount(self) -> None:
        self._news.close()

    def topics(self) -> tuple[str, ...]:
        return ("models",)

    def refetch(self) -> None:
        self._news.ask()

    def heard(self, topic: str, ids: list[str]) -> None:
        if topic == "models" and self.is_current:
            self._news.ask()

    async def _fetch(self) -> None:
        try:
            version = await self.app.client.model_version(self._model, self._key)
            moves = (await self.app.client.approvals(version.model, status=ApprovalStatus.PENDING)).items
        except Exception as error:
            if self.is_attached:
                gone = self._version is not None and is_missing(error)
                self._say_fault("There is no such version any more." if gone else words_of(error))
            return
        # From here on this one, wherever its alias goes.
        self._version, self._key = version, str(version.version)
        if self.is_attached:
            self._say_fault("")
            self.title_line(["Models", self._model, self._key])
            self.query_one(TextPage).show(about_version(version, [one for one in moves if is_about(one, version)]))
            self.refresh_bindings()

    def _say_fault(self, fault: str) -> None:
        line = self.query_one("#fault", Static)
        line.display = bool(fault)
        line.update(fault)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "open_run":
            return self._version is not None and self._run_of(self._version) is not None
        return action not in NEED_ONE or self._version is not None

    @property
    def here(self) -> VersionRow | None:
        return self._version

    def deleted(self) -> None:
        self.action_back()

    def action_open_run(self) -> None:
        if self._version is not None and (run := self._run_of(self._version)) is not None:
            self.app.open_run(run)

    @staticmethod
    def _run_of(version: VersionRow) -> str | None:
        """Where there is one to be opened."""
        return None if version.run_deleted else version.run_id

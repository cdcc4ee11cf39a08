"""From which code a run ran, one of its stages at a time."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console.faults import words_of
from mltui.console.keymap import CODE
from mltui.console.screens.code_page import code_page
from mltui.console.screens.frame import Frame
from mltui.console.screens.text_page import TextPage
from mltui.console.widgets.keys import bindings
from mltui.wire.code import CodeVersion
from mltui.wire.runs import RunRow


class CodeScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CODE)]

    def __init__(self, run: RunRow, scope: str) -> None:
        """`scope` is the stage to begin with; the first where it told nothing."""
        super().__init__()
        self._run, self._scope = run, scope
        self._codes: Sequence[CodeVersion] = ()

    def body(self) -> Iterable[Widget]:
        yield TextPage()

    def on_mount(self) -> None:
        page = self.query_one(TextPage)
        page.show([Text("Looking …", "muted")])
        page.focus()
        self.title_line(["Runs", self._run.name, "Code"])

    def refetch(self) -> None:
        self._fetch()

    @work(group="fetch", exclusive=True, exit_on_error=False)
    async def _fetch(self) -> None:
        try:
            self._codes = await (await self.app.connected()).code(self._run.id)
        except Exception as error:
            if self._codes:
                raise
            self.query_one(TextPage).show([Text(words_of(error), "error")])
            return
        self._show()

    def _show(self) -> None:
        scopes = [code.scope for code in self._codes]
        at = scopes.index(self._scope) if self._scope in scopes else 0
        code = self._codes[at] if self._codes else None
        self.title_line(
            ["Runs", self._run.name, f"Code of {code.scope}" if code else "Code"],
            Text(f"{at + 1} of {len(scopes)}", "muted") if len(scopes) > 1 else None,
        )
        self._scope = code.scope if code else self._scope
        self.query_one(TextPage).show(code_page(code))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "step" or len(self._codes) > 1

    def action_step(self, step: int) -> None:
        scopes = [code.scope for code in self._codes]
        self._scope = scopes[(scopes.index(self._scope) + step) % len(scopes)]
        self._show()
        self.query_one(TextPage).scroll_home(animate=False)

"""The list of registered models."""

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from mltui.console import shell
from mltui.console.faults import quoted
from mltui.console.keymap import MODELS
from mltui.console.screens import model_edits
from mltui.console.screens.list_screen import ListScreen
from mltui.console.screens.model_words import model_columns
from mltui.console.state.window import Window
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.plain_table import PlainTable
from mltui.console.widgets.run_table import RunTable
from mltui.wire.models import ModelRow


def nothing_yet(url: str) -> str:
    """What registers a first model on the server at `url`."""
    return f"""No models yet.

Register one where it is trained:
run.register_model("digits", "model.pt")

or from a shell:
{shell.command("models register NAME --run RUN --artifact FILE", url)}"""


class ModelsScreen(ListScreen[ModelRow]):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MODELS)]
    HEADING, NOUN, NEWS = "Models", "model", frozenset({"models"})

    def make_table(self) -> RunTable[ModelRow]:
        self._sort = ("name", False)
        return PlainTable(
            Window(self._fetch, lambda model: model.id),
            model_columns(self.app.session.now),
            empty=self.empty(),
            sort=self._sort,
            id="models",
        )

    def nothing_yet(self) -> str:
        return nothing_yet(self.app.url)

    def no_match(self) -> str:
        return f"No {self.NOUN} has {quoted(self.line)} in its name or description."

    async def _fetch(self, offset: int, limit: int) -> tuple[Sequence[ModelRow], int]:
        key, descending = self._sort
        client = await self.app.connected()
        page = await client.models(**self.asked, sort=f"{'-' if descending else ''}{key}", limit=limit, offset=offset)
        return page.items, page.total or 0

    def topics(self) -> tuple[str, ...]:
        return ("models",)

    # Keys.

    def on_run_table_opened(self) -> None:
        if (model := self.window.row(self.table.cursor)) is not None:
            self.app.open_model(model.name)

    def on_run_table_sorted(self, event: RunTable.Sorted) -> None:
        self._sort = (event.key, event.descending)
        self.window.reset()

    @work(group="act", name="action_description", exclusive=True, exit_on_error=False)
    async def action_description(self) -> None:
        if (model := self.window.row(self.table.cursor)) is not None:
            await model_edits.edit_description(self.app, model)

    @work(group="act", name="action_tags", exclusive=True, exit_on_error=False)
    async def action_tags(self) -> None:
        if (model := self.window.row(self.table.cursor)) is not None:
            await model_edits.edit_tags(self.app, model)

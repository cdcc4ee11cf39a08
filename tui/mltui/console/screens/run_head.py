"""The head of a run's screen: its state, its parameters, and what went wrong, if anything did."""

from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from mltui.console import format
from mltui.console.screens.deleted import way_back, when_and_by_whom
from mltui.console.screens.lines import OneLine
from mltui.console.screens.run_columns import progress, seconds, state, tags
from mltui.console.screens.text_page import TextPage
from mltui.console.state.parameters import as_text
from mltui.wire.events import EventRow
from mltui.wire.runs import RunDetail, RunRow

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

ERROR_LINES = 3
"""Lines of an error; the overview has it all."""


class RunHead(Vertical):
    """Says as much as is known: all of a run, or only what a list had of it."""

    app: "MltuiApp"
    DEFAULT_CSS = """
    RunHead { height: auto; }
    RunHead OneLine { background: $background; }
    RunHead TextPage { height: 1; scrollbar-size: 0 0; }
    """

    def compose(self) -> ComposeResult:
        yield OneLine(id="head")
        yield OneLine(id="digest")
        yield TextPage(id="error")

    def on_mount(self) -> None:
        error = self.query_one("#error")
        error.can_focus, error.display = False, False

    def show(self, run: RunRow | None, fault: str = "") -> None:
        """`fault` is why the rest of it is not known."""
        self.query_one("#head", OneLine).show(*(self._facts(run) if run is not None else (Text(),)))
        self.query_one("#digest", OneLine).show(_digest(run) if isinstance(run, RunDetail) else Text())
        wrong = fault or (run.error_message if run is not None else "") or ""
        self._say([Text(line, "error") for line in wrong.splitlines()])

    def show_deleted(self, run: RunRow | None, deletion: EventRow | None = None) -> None:
        """The server has no such run, or no longer; `deletion` is what is known of why."""
        head = Text().append("✗ deleted", "error")
        if run is not None:
            head.append(f"   {run.pipeline_name}", "secondary")
        self.query_one("#head", OneLine).show(head)
        words = "This run was deleted" if run is not None else "There is no run with this id: it may have been deleted"
        if deletion is not None:
            words = f"This run {when_and_by_whom(deletion)}"
        self.query_one("#digest", OneLine).show(Text(f"{words}. Press q to go back.", "secondary"))
        before, command = way_back(deletion, self.app.url) if deletion is not None else ("", "")
        self._say([Text(line, style) for line, style in ((before, "secondary"), (command, "accent")) if line])

    def _facts(self, run: RunRow) -> tuple[Text, Text]:
        head = Text().append_text(state(run.status))
        head.append(f"  {format.duration(seconds(run, self.app.session.now()))}", "bold")
        head.append("  ").append_text(progress(run)) if run.stage_count else None
        head.append(f"   {run.pipeline_name}", "secondary")
        head.append(f"  {run.environment}" if run.environment else "", "muted")
        head.append(f"  {run.trigger_type.value} by {run.triggered_by}", "muted")
        head.append(f"  {format.moment(run.started_at or run.created_at)}", "muted")
        return head, tags(run.tags)

    def _say(self, lines: list[Text]) -> None:
        error = self.query_one("#error", TextPage)
        error.display = bool(lines)
        if lines:
            error.show(lines)
            width = max(20, self.screen.size.width - 3)
            error.styles.height = min(ERROR_LINES, sum(-(-max(1, line.cell_len) // width) for line in lines))


def _digest(run: RunDetail) -> Text:
    """The parameters on one line, those that differ from the defaults first."""
    defaults = {name: as_text(value) for name, value in run.definition.parameters.items()}
    differing = [name for name in run.parameters if defaults.get(name) != run.parameters[name]]
    line = Text()
    for name in [*differing, *(name for name in run.parameters if name not in differing)]:
        line.append(f"{name} ", "muted").append(run.parameters[name], "accent" if name in differing else "secondary")
        line.append("  ")
    return line or Text("no parameters", "muted")

"""One pipeline: what it is, its stages with the state of their latest run, and its runs."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from mltui.console import format
from mltui.console.faults import is_missing, words_of
from mltui.console.keymap import PIPELINE
from mltui.console.screens.frame import Frame
from mltui.console.screens.lines import OneLine
from mltui.console.screens.run_columns import run_columns, state
from mltui.console.screens.text_page import TextPage, fact, heading
from mltui.console.state.parameters import as_text
from mltui.console.state.server import Coalesced
from mltui.console.state.window import Window
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.plain_table import PlainTable
from mltui.console.widgets.run_table import RunTable
from mltui.console.widgets.stage_tree import StageTree
from mltui.wire.counting import counted
from mltui.wire.pipelines import PipelineDetail, PipelineRow, StageRow
from mltui.wire.runs import RunRow, StageRunRow
from mltui.wire.states import LIVE

CHANGES_EVERY_S = 0.5


class PipelineScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PIPELINE)]

    def __init__(self, pipeline: str, known: PipelineRow | None = None) -> None:
        """`known` is what a list had of the pipeline: it is shown until the server has answered."""
        super().__init__()
        self._wanted, self._known = pipeline, known
        self.pipeline: PipelineDetail | None = None
        self._news = Coalesced(self._fetch, CHANGES_EVERY_S)

    def body(self) -> Iterable[Widget]:
        now = self.app.session.now
        self.window: Window[RunRow] = Window(self._fetch_runs, lambda run: run.id)
        self.table: PlainTable[RunRow] = PlainTable(
            self.window, run_columns(now, pipeline=False), empty="It never ran.",
            sort=("created_at", True), id="its-runs",
        )  # fmt: skip
        yield OneLine(id="head")
        yield Static("", id="fault", markup=False)
        with Horizontal(id="its-parts"):
            yield StageTree(id="stages", empty="")
            yield TextPage(id="facts")
        with Vertical():
            yield OneLine(id="runs-title", classes="band")
            yield self.table

    def on_mount(self) -> None:
        self.table.focus()
        self._show_head()

    def on_unmount(self) -> None:
        self._news.close()
        self.window.close()

    # The server.

    def topics(self) -> tuple[str, ...]:
        return ("pipelines",)

    def refetch(self) -> None:
        self._news.ask()

    def heard(self, topic: str, ids: list[str]) -> None:
        if topic in ("runs", "pipelines") and self.is_current:
            self._news.ask()

    async def _fetch(self) -> None:
        try:
            self.pipeline = self._known = await self.app.client.pipeline(self._wanted)
        except Exception as error:
            self._failed(error)
            return
        if self.is_attached:
            self._show(self.pipeline)
            self.window.invalidate()
            await self.window.settled()

    def _failed(self, error: Exception) -> None:
        if not self.is_attached:
            return
        self.query_one(StageTree).awaited = False
        if is_missing(error):
            self._show_head("This pipeline was deleted; its runs are still there.")
        elif self.pipeline is None:
            self._show_head(f"The rest could not be fetched: {words_of(error)}")
        else:
            self.app.report(error)

    async def _fetch_runs(self, offset: int, limit: int) -> tuple[Sequence[RunRow], int]:
        key, descending = self.table.sort or ("created_at", True)
        page = await self.app.client.runs(
            pipeline=self._wanted, sort=f"{'-' if descending else ''}{key}", limit=limit, offset=offset
        )
        return page.items, page.total or 0

    # What is shown.

    def tick(self) -> None:
        self.table.repaint_moved()
        if self.pipeline is not None and self.pipeline.status in LIVE and self.pipeline.last_run_id:
            self._show(self.pipeline)

    def _show(self, pipeline: PipelineDetail) -> None:
        now = self.app.session.now()
        self._show_head()
        stages = [_as_stage_run(stage) for stage in pipeline.stages]
        tree = self.query_one(StageTree)
        tree.empty = "No stages: tracked from outside."
        tree.show(stages, now)
        self.table.empty = "It never ran." + "\n\nPress  s  to start it." * bool(stages)
        lines = max(3, min(len(stages) + 1, self.size.height // 3))
        self.query_one("#its-parts").styles.height = max(lines, min(8, len(pipeline.parameters) + 3))
        self.query_one("#facts", TextPage).show(_facts(pipeline))
        right = Text().append(counted(pipeline.run_count, "run"), "muted")
        self.query_one("#runs-title", OneLine).show(Text().append("RUNS", "secondary"), right)

    def _show_head(self, fault: str = "") -> None:
        pipeline = self._known
        self.title_line(["Pipelines", pipeline.name if pipeline is not None else "…"])
        head = Text()
        if pipeline is not None:
            head.append_text(state(pipeline.status) if pipeline.last_run_id else Text("never ran", "muted"))
            head.append(f"   {pipeline.description}", "secondary")
        self.query_one("#head", OneLine).show(head)
        line = self.query_one("#fault", Static)
        line.display = bool(fault)
        line.update(fault)

    # Keys.

    def on_run_table_opened(self, event: RunTable.Opened) -> None:
        row = self.window.row(self.table.cursor)
        self.app.open_run(event.row_id, row if row is not None and row.id == event.row_id else None)

    def on_run_table_sorted(self, event: RunTable.Sorted) -> None:
        self.window.reset()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_start(self) -> None:
        self.app.start_run(self._wanted)

    def action_all_runs(self) -> None:
        if self.pipeline is not None:
            name = self.pipeline.name
            self.app.filter_list("runs", f"pipeline:'{name}'" if " " in name else f"pipeline:{name}")


def _facts(pipeline: PipelineDetail) -> list[Text]:
    lines = [heading("Parameters")]
    width = max([14, *(len(name) + 2 for name in pipeline.parameters)])
    for name, default in pipeline.parameters.items():
        line = fact(name, as_text(default) or "none", width)
        last = pipeline.last_parameters.get(name, default)
        if last != default:
            line.append(f"   last time {as_text(last)}", "accent")
        lines.append(line)
    if not pipeline.parameters:
        lines.append(Text("none", "muted"))
    lines += [Text(), heading("Runs in"), fact("Environment", pipeline.environment or format.ABSENT, width)]
    lines.append(fact("Folder", pipeline.directory or format.ABSENT, width))
    if pipeline.timeout_s:
        lines.append(fact("Time-out", format.duration(pipeline.timeout_s), width))
    return lines


def _as_stage_run(stage: StageRow) -> StageRunRow:
    """The stage as the tree draws it: with the state and times of its latest run."""
    return StageRunRow(
        id=stage.id, run_id="", stage_id=stage.id, name=stage.name, stage_type=stage.stage_type,
        custom_name=stage.custom_name, order=stage.order, dependencies=stage.dependencies, status=stage.status,
        attempt_number=0, max_attempts=stage.retries + 1, next_attempt_at=None, started_at=stage.started_at,
        completed_at=stage.completed_at, execution_time=stage.execution_time, memory_usage=None, cpu_usage=None,
        output_data={}, output_path=stage.output_path, error_message=None, reused_from=None, logs=stage.logs,
        execution_id=None, created_at=stage.created_at, updated_at=stage.updated_at,
    )  # fmt: skip

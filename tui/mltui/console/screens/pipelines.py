"""The list of pipelines, each with the state of its latest run."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType

from mltui.console import format, shell
from mltui.console.faults import quoted
from mltui.console.keymap import PIPELINES
from mltui.console.screens.list_screen import ListScreen
from mltui.console.screens.run_columns import Clock, state
from mltui.console.state.window import Window
from mltui.console.widgets.columns import Column
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.plain_table import PlainTable
from mltui.console.widgets.run_table import RunTable
from mltui.wire.pipelines import PipelineRow
from mltui.wire.states import LIVE

EXAMPLE = "digits"


def nothing_yet(url: str) -> str:
    """What registers a first pipeline on the server at `url`."""
    return f"""No pipelines yet.

Write one as a YAML file and register it:
{shell.command("pipelines apply FILE", url)}

An example came with mltui; it runs where the server sees this file:
{shell.command(f"pipelines apply {shell.example_file(EXAMPLE)}", url)}"""


def pipeline_columns(now: Clock) -> list[Column[PipelineRow]]:
    return [
        Column("status", "Last run", _last_state, min_width=11, sortable=True),
        Column("name", "Name", lambda p: p.name, min_width=14, max_width=40, sortable=True),
        Column("stage_count", "Stages", lambda p: str(p.stage_count), min_width=6, align="right", sortable=True),
        Column("run_count", "Runs", lambda p: format.count(p.run_count), min_width=5, align="right", sortable=True),
        Column("started_at", "Age", lambda p: Text(format.age(p.started_at, now()), "muted"), min_width=5,
               align="right", sortable=True, moves=True),
        Column("execution_time", "Took", lambda p: format.duration(_seconds(p, now)), min_width=7, align="right",
               sortable=True, rank=2, moves=True),
        Column("memory_usage", "Memory", lambda p: format.size(p.memory_usage), min_width=8, align="right",
               sortable=True, rank=4),
        Column("cpu_usage", "CPU", lambda p: format.percent(p.cpu_usage), min_width=6, align="right", sortable=True,
               rank=5),
        Column("environment", "Env", lambda p: Text(p.environment, "muted"), max_width=12, sortable=True, rank=6),
        Column("description", "Description", lambda p: Text(p.description, "muted"), min_width=10, max_width=120,
               rank=3, grows=True),
    ]  # fmt: skip


def _last_state(pipeline: PipelineRow) -> Text:
    return state(pipeline.status) if pipeline.last_run_id else Text("never ran", "muted")


def _seconds(pipeline: PipelineRow, now: Clock) -> float | None:
    if pipeline.status in LIVE and pipeline.started_at is not None:
        return max(0.0, (now() - pipeline.started_at).total_seconds())
    return pipeline.execution_time


class PipelinesScreen(ListScreen[PipelineRow]):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PIPELINES)]
    HEADING, NOUN, NEWS = "Pipelines", "pipeline", frozenset({"pipelines", "runs"})

    def make_table(self) -> RunTable[PipelineRow]:
        self._sort = ("name", False)
        return PlainTable(
            Window(self._fetch, lambda pipeline: pipeline.id),
            pipeline_columns(self.app.session.now),
            empty=self.empty(),
            sort=self._sort,
            id="pipelines",
        )

    def nothing_yet(self) -> str:
        return nothing_yet(self.app.url)

    def no_match(self) -> str:
        return f"No {self.NOUN} has {quoted(self.line)} in its name or description."

    async def _fetch(self, offset: int, limit: int) -> tuple[Sequence[PipelineRow], int]:
        key, descending = self._sort
        page = await self.app.client.pipelines(
            **self.asked, sort=f"{'-' if descending else ''}{key}", limit=limit, offset=offset
        )
        return page.items, page.total or 0

    def topics(self) -> tuple[str, ...]:
        return ("pipelines",)

    # Keys.

    def on_run_table_opened(self, event: RunTable.Opened) -> None:
        row = self.window.row(self.table.cursor)
        self.app.open_pipeline(event.row_id, row if row is not None and row.id == event.row_id else None)

    def on_run_table_sorted(self, event: RunTable.Sorted) -> None:
        self._sort = (event.key, event.descending)
        self.window.reset()

    def action_start(self) -> None:
        here = self.window.id_at(self.table.cursor)
        if here is not None:
            self.app.start_run(here)

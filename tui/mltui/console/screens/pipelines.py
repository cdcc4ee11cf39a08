"""The list of pipelines, each with the state of its latest run."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console import format, shell
from mltui.console.keymap import PIPELINES
from mltui.console.screens.frame import Frame
from mltui.console.screens.run_columns import Clock, state
from mltui.console.state.server import Coalesced
from mltui.console.state.window import Window
from mltui.console.widgets.columns import Column
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.plain_table import PlainTable
from mltui.console.widgets.run_table import RunTable
from mltui.wire.pipelines import PipelineRow
from mltui.wire.states import LIVE

CHANGES_EVERY_S = 1.0
EXAMPLE = "digits"


def nothing_yet(url: str) -> str:
    """What registers a first pipeline on the server at `url`."""
    return f"""No pipelines yet.

Write one as a YAML file and register it:
{shell.command("pipelines apply FILE", url)}

An example came with mltui; it runs where the server sees this file:
{shell.command("pipelines apply", url)} \\
{shell.example_file(EXAMPLE)}"""


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


class PipelinesScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(PIPELINES)]

    def body(self) -> Iterable[Widget]:
        self._text = ""
        self._sort = ("name", False)
        self._news = Coalesced(self._changed, CHANGES_EVERY_S)
        self.window: Window[PipelineRow] = Window(self._fetch, lambda pipeline: pipeline.id)
        self.table: PlainTable[PipelineRow] = PlainTable(
            self.window,
            pipeline_columns(self.app.session.now),
            empty=nothing_yet(self.app.url),
            sort=self._sort,
            id="pipelines",
        )
        yield self.table

    def on_mount(self) -> None:
        table_changed = self.window.on_change

        def changed() -> None:
            table_changed()
            self._say()

        self.window.on_change = changed
        self.table.focus()
        self._say()

    def on_unmount(self) -> None:
        self._news.close()
        self.window.close()

    async def _fetch(self, offset: int, limit: int) -> tuple[Sequence[PipelineRow], int]:
        key, descending = self._sort
        page = await self.app.client.pipelines(
            text=self._text or None, sort=f"{'-' if descending else ''}{key}", limit=limit, offset=offset
        )
        return page.items, page.total or 0

    def topics(self) -> tuple[str, ...]:
        return ("pipelines",)

    def refetch(self) -> None:
        self.window.invalidate()

    def heard(self, topic: str, ids: list[str]) -> None:
        if topic in ("pipelines", "runs") and self.is_current:
            self._news.ask()

    async def _changed(self) -> None:
        self.window.invalidate()
        await self.window.settled()

    def tick(self) -> None:
        self.table.repaint_moved()

    def _say(self) -> None:
        facts = Text()
        if self._text:
            facts.append(f"/{self._text}  ", "accent")
        if self.window.total is not None:
            facts.append(f"{self.window.total:,} pipeline{'s' * (self.window.total != 1)}", "muted")
        self.title_line(["Pipelines"], facts)

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

    @work(group="filter", exclusive=True, exit_on_error=False)
    async def action_filter(self) -> None:
        from mltui.console.screens.prompt import FilterPrompt

        before = self._text
        said = await self.app.push_screen_wait(FilterPrompt(self.app.session, before, self._filter_by))
        if said is None:
            self._filter_by(before)

    def _filter_by(self, text: str) -> None:
        text = text.strip()
        if text != self._text:
            self._text = text
            self.table.empty = (
                f"No pipeline has {text!r} in its name or description." if text else nothing_yet(self.app.url)
            )
            self.window.reset()
            self._say()

"""The list of runs: sorted and filtered by the server, live, with what can be done to those that are marked."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from mltui.console import shell
from mltui.console.keymap import RUNS
from mltui.console.screens import run_actions
from mltui.console.screens.list_screen import ListScreen
from mltui.console.screens.run_columns import run_columns, worth_a_column
from mltui.console.state.run_filter import RUN_FILTERS
from mltui.console.state.window import Window
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.run_table import RunTable
from mltui.wire.runs import RunRow

LOOKED_AT, LOOKED_AMONG = 5, 40
"""Runs whose series decide which metrics get a column, spread over the first ones."""
METRICS_FROM_WIDTH = 110
"""Columns of the terminal from which metrics are shown."""
NEED_RUN = ("cancel", "retry", "delete", "tags", "notes", "why", "lineage")


def nothing_yet(url: str) -> str:
    """What makes a first run on the server at `url`."""
    return f"""No runs yet.

Start one: press  p  for the pipelines and  s  on one,
or track any command from a shell:
{shell.command("exec --run-name first -- python train.py", url)}"""


class RunsScreen(ListScreen[RunRow]):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(RUNS)]
    HEADING, NOUN, NEWS = "Runs", "run", frozenset({"runs"})
    LANGUAGE = RUN_FILTERS
    CHANGES_EVERY_S = 0.5

    def make_table(self) -> RunTable[RunRow]:
        self.filter_by(self.app.session.filter)
        self._metrics: list[str] = []
        self._metric_columns: list[str] = []
        """Those that have a column: a column comes with its values, not before."""
        return RunTable(
            Window(self._fetch, lambda run: run.id),
            run_columns(self.app.session.now),
            empty=self.empty(),
            sort=self.app.session.sort,
            id="runs",
        )

    def nothing_yet(self) -> str:
        return nothing_yet(self.app.url)

    # What is shown.

    async def _fetch(self, offset: int, limit: int) -> tuple[Sequence[RunRow], int]:
        key, descending = self.app.session.sort
        client = await self.app.connected()
        page = await client.runs(
            **self.asked,
            sort=f"{'-' if descending else ''}{key}",
            limit=limit,
            offset=offset,
            metrics=self._metrics,
        )
        if self._metrics != self._metric_columns and offset <= self.table.scroll_offset.y < offset + limit:
            self._metric_columns = self._metrics
            self.table.columns = tuple(run_columns(self.app.session.now, self._metrics))
        if offset == 0 and page.items and not self._metrics and self.app.size.width >= METRICS_FROM_WIDTH:
            ids = [run.id for run in page.items if run.started_at is not None][:LOOKED_AMONG]
            self.look_for_metrics(ids[:: max(1, len(ids) // LOOKED_AT)][:LOOKED_AT])
        return page.items, page.total or 0

    @work(group="metrics", exclusive=True, exit_on_error=False)
    async def look_for_metrics(self, run_ids: list[str]) -> None:
        """Give a column to what these runs have logged."""
        found = worth_a_column(await asyncio.gather(*(self.app.client.series_keys(run_id) for run_id in run_ids)))
        if found and found != self._metrics:
            self._metrics = found
            self.window.invalidate()

    def filter_by(self, line: str) -> None:
        super().filter_by(line)
        self.app.session.filter = self.line

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to a run needs one."""
        return action not in NEED_RUN or self.table.offers_row

    def on_run_table_opened(self, event: RunTable.Opened) -> None:
        row = self.window.row(self.table.cursor)
        self.app.open_run(event.row_id, row if row is not None and row.id == event.row_id else None)

    def on_run_table_sorted(self, event: RunTable.Sorted) -> None:
        self.app.session.sort = (event.key, event.descending)
        self.window.reset()

    def _chosen(self) -> list[str]:
        """Ids of the marked runs, or of the one under the cursor."""
        here = self.window.id_at(self.table.cursor)
        return sorted(self.window.marks) or ([here] if here is not None else [])

    async def _chosen_runs(self) -> list[RunRow]:
        ids = self._chosen()
        return list((await self.app.client.runs(ids=ids, limit=len(ids))).items) if ids else []

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_start(self) -> None:
        run = self.window.row(self.table.cursor)
        if run is None:
            self.app.action_go("pipelines")
        else:
            self.app.start_run(run.pipeline_id)

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_cancel(self) -> None:
        if runs := await self._chosen_runs():
            await run_actions.cancel(self.app, runs)
            self.window.invalidate()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_retry(self) -> None:
        here = self.window.id_at(self.table.cursor)
        if here is not None and (again := await run_actions.retry(self.app, await self.app.client.run(here))):
            self.app.open_run(again)

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_delete(self) -> None:
        runs = await self._chosen_runs()
        if runs and await run_actions.delete(self.app, runs):
            self.window.marks -= {run.id for run in runs}
            self.window.invalidate()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_tags(self) -> None:
        if runs := await self._chosen_runs():
            await run_actions.edit_tags(self.app, runs)
            self.window.invalidate()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_notes(self) -> None:
        here = self.window.id_at(self.table.cursor)
        if here is not None:
            await run_actions.edit_notes(self.app, await self.app.client.run(here))

    def action_why(self) -> None:
        from mltui.console.screens.why import show_why

        run = self.window.row(self.table.cursor)
        if run is not None:
            show_why(self.app, run)

    def action_lineage(self) -> None:
        if (here := self.window.id_at(self.table.cursor)) is not None:
            self.app.open_lineage(here)

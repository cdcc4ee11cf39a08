"""The list of ingestion jobs: live progress, and what can be done to those that are marked."""

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from mltui.console import shell
from mltui.console.keymap import JOBS
from mltui.console.screens import job_actions
from mltui.console.screens.job_columns import job_columns
from mltui.console.screens.list_screen import ListScreen
from mltui.console.state.job_filter import JOB_FILTERS
from mltui.console.state.window import Window
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.run_table import RunTable
from mltui.wire.ingestion import JobAction, JobRow
from mltui.wire.states import Status

MOVING = (Status.RUNNING, Status.CANCELLING)


def nothing_yet(url: str) -> str:
    return f"""No ingestion jobs yet.

Press  a  to add one, or from a shell:
{shell.command("ingest add data.csv --start", url)}"""


class JobsScreen(ListScreen[JobRow]):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(JOBS)]
    HEADING, NOUN, NEWS = "Ingestion", "job", frozenset({"jobs"})
    LANGUAGE = JOB_FILTERS
    CHANGES_EVERY_S = 0.5

    def __init__(self) -> None:
        super().__init__()
        self._sort = ("created_at", True)

    def make_table(self) -> RunTable[JobRow]:
        return RunTable(
            Window(self._fetch, lambda job: job.id), job_columns(self.app.session.now),
            empty=self.empty(), sort=self._sort, id="jobs",
        )  # fmt: skip

    def nothing_yet(self) -> str:
        return nothing_yet(self.app.url)

    def topics(self) -> tuple[str, ...]:
        return ("jobs",)

    async def _fetch(self, offset: int, limit: int) -> tuple[Sequence[JobRow], int]:
        key, descending = self._sort
        client = await self.app.connected()
        order = f"{'-' if descending else ''}{key}"
        page = await client.jobs(**self.asked, sort=order, limit=limit, offset=offset)
        return page.items, page.total or 0

    def tick(self) -> None:
        # Progress makes no news: while something moves, look.
        if any(job.status in MOVING for _, job in self.window.rows()):
            self.window.invalidate()
        super().tick()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to a job needs one."""
        return action not in ("act", "lineage") or self.table.offers_row

    def on_run_table_opened(self, event: RunTable.Opened) -> None:
        from mltui.console.screens.job import JobScreen

        row = self.window.row(self.table.cursor)
        self.app.push_screen(JobScreen(event.row_id, row if row is not None and row.id == event.row_id else None))

    def on_run_table_sorted(self, event: RunTable.Sorted) -> None:
        self._sort = (event.key, event.descending)
        self.window.reset()

    def action_lineage(self) -> None:
        if (id_ := self.window.id_at(self.table.cursor)) is not None:
            self.app.open_lineage(id_)

    @work(group="act", name="action_add", exclusive=True, exit_on_error=False)
    async def action_add(self) -> None:
        from mltui.console.screens.job_form import JobForm

        if await self.app.push_screen_wait(JobForm()) is not None:
            self.window.invalidate()

    @work(group="act", name="action_act", exclusive=True, exit_on_error=False)
    async def action_act(self, action: str) -> None:
        """To the marked jobs, or to the one under the cursor."""
        here = self.window.id_at(self.table.cursor)
        ids = sorted(self.window.marks) or ([here] if here is not None else [])
        jobs = list((await self.app.client.jobs(ids=ids, limit=len(ids))).items) if ids else []
        if jobs and await job_actions.act(self.app, JobAction(action), jobs):
            self.window.marks.clear()
            self.window.invalidate()

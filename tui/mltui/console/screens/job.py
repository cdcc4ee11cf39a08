"""One ingestion job: what it is and what happened to it, what is in its dataset, its log."""

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console.faults import is_missing
from mltui.console.keymap import JOB
from mltui.console.screens import job_actions, job_models, job_pages
from mltui.console.screens.frame import Frame
from mltui.console.screens.job_columns import progress
from mltui.console.screens.lines import OneLine
from mltui.console.screens.run_columns import state
from mltui.console.screens.run_log import LogTab
from mltui.console.screens.text_page import TextPage
from mltui.console.state.server import Coalesced
from mltui.console.widgets.keys import bindings
from mltui.wire.datasets import DatasetDetail
from mltui.wire.events import EventRow
from mltui.wire.executions import ExecutionRow
from mltui.wire.ingestion import JobAction, JobRow, LinkedModel, Runner
from mltui.wire.states import LIVE

TABS = ("Overview", "Data", "Log")
OVERVIEW, DATA, LOG = range(1, 4)
CHANGES_EVERY_S = 0.5
EVENTS = 20


class JobScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(JOB)]

    def __init__(self, job_id: str, known: JobRow | None = None) -> None:
        """`known` is what a list had of the job: it is shown until the server has answered."""
        super().__init__()
        self.job_id, self.job, self.tab = job_id, known, OVERVIEW
        self._dataset: DatasetDetail | None = None
        self._models: list[LinkedModel] = []
        self._events: list[EventRow] = []
        self._execution: ExecutionRow | None = None
        self._changed = Coalesced(self._fetch, CHANGES_EVERY_S)

    def body(self) -> Iterable[Widget]:
        yield OneLine(id="head")
        yield OneLine(id="tabs")
        yield TextPage(id=f"tab-{OVERVIEW}")
        yield TextPage(id=f"tab-{DATA}")
        yield LogTab(id=f"tab-{LOG}")

    def on_mount(self) -> None:
        self._show_tab(OVERVIEW)

    def on_unmount(self) -> None:
        self._changed.close()

    # The server.

    def topics(self) -> tuple[str, ...]:
        return ("jobs", "models", *([f"log:{self._execution.id}"] if self._execution is not None else []))

    def refetch(self) -> None:
        self._changed.ask()
        self.query_one(LogTab).news()

    def heard(self, topic: str, ids: list[str]) -> None:
        if topic == "models" or (topic == "jobs" and (not ids or self.job_id in ids)):
            self._changed.ask()
        elif topic.startswith("log:"):
            self.query_one(LogTab).news()

    async def _fetch(self) -> None:
        try:
            client = await self.app.connected()
            self.job = job = await client.job(self.job_id)
            self._models = job.models
            self._show()
            self._events = (await client.events(object_id=job.id, limit=EVENTS)).items
            if job.dataset_id is not None and (self._dataset is None or self._dataset.id != job.dataset_id):
                self._dataset = await client.dataset(job.dataset_id)
            executions = (await client.run(job.run_id)).executions if job.run_id is not None else []
            self._execution = executions[-1] if executions else None
        except Exception as error:
            if self.is_attached:
                self._failed(error)
            return
        if self.is_attached:
            self._show()
            if self.is_current:
                self.app.listen_to(self.topics())

    def _failed(self, error: Exception) -> None:
        if is_missing(error):
            self._changed.close()
            self.query_one("#head", OneLine).show(Text("✗ deleted; press q to go back", "error"))
        else:
            self.app.report(error)

    def tick(self) -> None:
        if self.job is not None and self.job.status in LIVE:
            self._changed.ask()

    # What is shown.

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        job, now = self.job, self.app.session.now
        if job is None or not self.is_attached:
            return
        self.title_line(["Ingestion", job.name])
        head = Text().append_text(state(job.status)).append("  ").append_text(progress(job))
        self.query_one("#head", OneLine).show(head, Text(job.uri, "muted"))
        overview, page = self.query_one(f"#tab-{OVERVIEW}", TextPage), self.query_one(f"#tab-{DATA}", TextPage)
        overview.show(job_pages.overview(job, self._dataset, self._models, self._events, now))
        page.show(job_pages.data(self._dataset, page.viewport.width - 1))
        outside = job.runner is Runner.OUTSIDE
        none = "It runs outside; its log is where it runs." if outside else "It has not begun, so there is no log."
        self.query_one(LogTab).show(self._execution, none)
        self.refresh_bindings()

    def _show_tab(self, number: int) -> None:
        self.tab = number
        line = Text()
        for at, name in enumerate(TABS, 1):
            tab = self.query_one(f"#tab-{at}")
            tab.display = at == number
            line.append(f" {at} ", "accent" if at == number else "muted")
            line.append(f"{name}  ", "bold" if at == number else "muted")
        self.query_one("#tabs", OneLine).show(line)
        shown = self.query_one(f"#tab-{number}")
        if isinstance(shown, LogTab):
            shown.focus_content()
        else:
            shown.focus()
        self.call_after_refresh(self._show)

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What cannot be done to the job in the state it is in has no key."""
        if action == "act":
            return self.job is not None and not job_actions.hindrance(self.job, JobAction(str(parameters[0])))
        if action == "open_run":
            return self.job is not None and self.job.run_id is not None
        if action == "open_model":
            return bool(self._models)
        return True

    def action_tab(self, number: int) -> None:
        self._show_tab(number)

    def action_step_tab(self, step: int) -> None:
        self._show_tab((self.tab - 1 + step) % len(TABS) + 1)

    def action_open_run(self) -> None:
        if self.job is not None and self.job.run_id is not None:
            self.app.open_run(self.job.run_id)

    @work(group="open", exclusive=True, exit_on_error=False)
    async def action_open_model(self) -> None:
        if self.job is not None and self._models:
            await job_models.open_one(self.app, self.job.name, self._models)

    def action_events(self) -> None:
        self.app.filter_list("events", f"object:{self.job_id}")

    def action_lineage(self) -> None:
        """That of the dataset where that is what is looked at."""
        dataset = self._dataset if self.tab == DATA else None
        self.app.open_lineage(dataset.id if dataset is not None else self.job_id)

    @work(group="act", name="action_act", exclusive=True, exit_on_error=False)
    async def action_act(self, action: str) -> None:
        if self.job is None:
            return
        done = await job_actions.act(self.app, JobAction(action), [self.job])
        if done and action == JobAction.DELETE.value:
            self.action_back()
        elif done:
            self.refetch()

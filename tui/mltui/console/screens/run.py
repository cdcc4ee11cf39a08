"""One run: its head, its stages at the left, and five tabs of what they did."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.widget import Widget

from mltui.console import format
from mltui.console.keymap import RUN
from mltui.console.screens import run_actions
from mltui.console.screens.frame import Frame
from mltui.console.screens.lines import OneLine
from mltui.console.screens.run_columns import progress, seconds, state, tags
from mltui.console.screens.text_page import TextPage
from mltui.console.state.parameters import as_text
from mltui.console.state.server import Coalesced
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.stage_tree import StageTree
from mltui.wire.events import EventRow
from mltui.wire.executions import ExecutionRow
from mltui.wire.runs import RunDetail, StageRunRow
from mltui.wire.samples import SeriesSummary
from mltui.wire.states import LIVE, Status

if TYPE_CHECKING:
    from mltui.console.screens.run_charts import ChartsTab
    from mltui.console.screens.run_log import LogTab

CHANGES_EVERY_S = 0.5
SERIES_EVERY_S = 1.0
TABS = ("Overview", "Log", "Charts", "Resources", "Config")
OVERVIEW, LOG, CHARTS, RESOURCES, CONFIG = range(1, 6)
EVENTS = 12
ERROR_LINES = 3
"""Lines of an error in the head; the overview has it all."""


class RunScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(RUN)]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.run: RunDetail | None = None
        self.series: list[SeriesSummary] = []
        self.events: list[EventRow] = []
        self.tab = OVERVIEW
        self._selected: str | None = None
        self._changed = Coalesced(self._fetch_run, CHANGES_EVERY_S)
        self._measured = Coalesced(self._fetch_series, SERIES_EVERY_S)

    def body(self) -> Iterable[Widget]:
        yield OneLine(id="head")
        yield OneLine(id="digest")
        yield TextPage(id="error")
        yield OneLine(id="tabs")
        with Horizontal(id="panes"):
            yield StageTree(id="stages", empty="No stages: tracked from outside.")
            yield Container(id="content")

    async def on_mount(self) -> None:
        error = self.query_one("#error")
        error.can_focus, error.display = False, False
        self.query_one(StageTree).focus()
        self.title_line(["Runs", "…"])
        await self._show_tab(self.app.session.run_tab)

    def on_unmount(self) -> None:
        self._changed.close()
        self._measured.close()

    # The server.

    def topics(self) -> tuple[str, ...]:
        topics = [f"run:{self.run_id}", f"series:{self.run_id}"]
        execution = self._execution()
        if execution is not None:
            topics.append(f"log:{execution.id}")
        return tuple(topics)

    def refetch(self) -> None:
        self._changed.ask()
        self._measured.ask()
        if log := self._log():
            log.news()

    def heard(self, topic: str, ids: list[str]) -> None:
        kind, _, which = topic.partition(":")
        if kind == "run" and which == self.run_id:
            self._changed.ask()
        elif kind == "series" and which == self.run_id:
            self._measured.ask()
            for charts in self._charts():
                charts.news()
        elif kind == "log" and (log := self._log()) and log.execution is not None and which == log.execution.id:
            log.news()

    async def _fetch_run(self) -> None:
        try:
            self.run = await (await self.app.connected()).run(self.run_id)
            if self.is_attached:
                await self._show()
            self.events = (await self.app.client.events(run=self.run_id, limit=EVENTS)).items
        except Exception as error:
            self.app.report(error)
            return
        if self.is_attached:
            self._show_pages()

    async def _fetch_series(self) -> None:
        try:
            self.series = await (await self.app.connected()).series_keys(self.run_id)
        except Exception as error:
            self.app.report(error)
            return
        if self.is_attached:
            await asyncio.gather(*(charts.offer(self.series) for charts in self._charts()))
            self._show_pages()

    # What is shown.

    def tick(self) -> None:
        if self.run is not None and self.run.status in LIVE:
            self._show_head(self.run)
            self.query_one(StageTree).show(self.run.stages, self.app.session.now())
            if self.tab == OVERVIEW:
                self._show_pages()

    async def _show(self) -> None:
        run = self.run
        if run is None:
            return
        self.title_line(["Runs", run.name])
        self._show_head(run)
        tree = self.query_one(StageTree)
        had_none = tree.selected is None
        tree.show(run.stages, self.app.session.now())
        if had_none:
            self._point_at_what_matters(tree, run)
        self._fit(run)
        self.refresh_bindings()
        for charts in self._charts():
            await self._prepare(charts)
        self._show_log()
        self._show_pages()
        if self.is_current:
            self.app.listen_to(self.topics())

    def _fit(self, run: RunDetail) -> None:
        """The tree takes what its names need; a run without stages gives its room away."""
        tree, width = self.query_one(StageTree), self.size.width
        tree.display = bool(run.stages)
        tree.styles.width = 36 if width < 110 else 46 if width < 150 else 58
        if not run.stages and tree.has_focus:
            self._focus_content()

    def on_resize(self) -> None:
        if self.run is not None:
            self._fit(self.run)
            self._show_head(self.run)
            self.call_after_refresh(self._show_pages)

    @staticmethod
    def _point_at_what_matters(tree: StageTree, run: RunDetail) -> None:
        """The stage that failed, or the one that runs."""
        for wanted in (Status.FAILED, Status.RUNNING):
            for at in range(len(run.stages)):
                tree.cursor = at
                if tree.selected is not None and tree.selected.status is wanted:
                    return
        tree.cursor = 0

    def _show_head(self, run: RunDetail) -> None:
        now = self.app.session.now()
        head = Text().append_text(state(run.status)).append(f"  {format.duration(seconds(run, now))}", "bold")
        head.append("  ").append_text(progress(run)) if run.stage_count else None
        head.append(f"   {run.pipeline_name}", "secondary")
        head.append(f"  {run.environment}" if run.environment else "", "muted")
        head.append(f"  {run.trigger_type.value} by {run.triggered_by}", "muted")
        head.append(f"  {format.moment(run.started_at or run.created_at)}", "muted")
        self.query_one("#head", OneLine).show(head, tags(run.tags))
        self.query_one("#digest", OneLine).show(_digest(run))
        error = self.query_one("#error", TextPage)
        lines = [Text(line, "error") for line in (run.error_message or "").splitlines()]
        error.display = bool(lines)
        if lines:
            error.show(lines)
            width = max(20, self.size.width - 3)
            error.styles.height = min(ERROR_LINES, sum(-(-max(1, line.cell_len) // width) for line in lines))

    def _show_tabs(self) -> None:
        line = Text()
        for number, name in enumerate(TABS, 1):
            here = number == self.tab
            line.append(f" {number} ", "accent" if here else "muted").append(f"{name} ", "bold" if here else "muted")
            line.append(" ")
        self.query_one("#tabs", OneLine).show(line)

    def _show_pages(self) -> None:
        if self.run is None:
            return
        now = self.app.session.now
        for page in self.query("#tab-1").results(TextPage):
            from mltui.console.screens.run_overview import overview

            page.show(overview(self.run, self.series, self.events, now, page.viewport.width))
        for page in self.query("#tab-5").results(TextPage):
            from mltui.console.screens.run_config import config

            page.show(config(self.run))

    # Tabs: each is made when it is first looked at.

    async def _show_tab(self, number: int) -> None:
        self.tab = self.app.session.run_tab = number
        content = self.query_one("#content", Container)
        if not self.query(f"#tab-{number}"):
            await content.mount(self._make_tab(number))
        for tab in content.children:
            tab.display = tab.id == f"tab-{number}"
        self._show_tabs()
        for charts in self._charts():
            await self._prepare(charts)
            if charts.display:
                charts.news()
        self._show_log()
        self.call_after_refresh(self._show_pages)

    def _make_tab(self, number: int) -> Widget:
        id = f"tab-{number}"
        if number == LOG:
            from mltui.console.screens.run_log import LogTab

            return LogTab(id=id)
        if number in (CHARTS, RESOURCES):
            from mltui.console.screens.run_charts import ChartsTab, ResourcesTab

            return (ChartsTab if number == CHARTS else ResourcesTab)(self.run_id, id=id)
        return TextPage(id=id)

    async def _prepare(self, charts: "ChartsTab") -> None:
        if self.run is not None:
            charts.stages = tuple(stage.name for stage in self.run.stages)
            await charts.offer(self.series)

    def _charts(self) -> "Sequence[ChartsTab]":
        return [tab for tab in self.query(f"#tab-{CHARTS}, #tab-{RESOURCES}") if tab.is_mounted]  # type: ignore[misc]

    def _log(self) -> "LogTab | None":
        return next(iter(self.query(f"#tab-{LOG}")), None)  # type: ignore[return-value]

    def _execution(self) -> ExecutionRow | None:
        """The latest attempt of the selected stage; of the run itself, where it has no stages."""
        if self.run is None:
            return None
        stage = self.query_one(StageTree).selected
        if stage is None:
            return self.run.executions[-1] if self.run.executions and not self.run.stages else None
        return next((e for e in self.run.executions if e.id == stage.execution_id), None)

    def _show_log(self) -> None:
        log = self._log()
        if log is not None and self.run is not None:
            log.show(self._execution(), _why_no_log(self.query_one(StageTree).selected))

    async def on_stage_tree_selected(self) -> None:
        self._show_log()
        if self.is_current:
            self.app.listen_to(self.topics())

    async def on_stage_tree_opened(self) -> None:
        await self.action_tab(LOG)
        self._focus_content()

    def _focus_content(self) -> None:
        tab = self.query_one(f"#tab-{self.tab}")
        focus_content = getattr(tab, "focus_content", tab.focus)
        focus_content()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What cannot be done to the run in the state it is in has no key."""
        if self.run is None or action not in ("cancel", "retry", "delete"):
            return True
        return (self.run.status in LIVE) == (action == "cancel")

    async def action_tab(self, number: int) -> None:
        inside = self.focused is not None and not isinstance(self.focused, StageTree)
        await self._show_tab(number)
        if inside:
            self.call_after_refresh(self._focus_content)

    async def action_step_tab(self, step: int) -> None:
        await self.action_tab((self.tab - 1 + step) % len(TABS) + 1)

    @work(group="search", exclusive=True, exit_on_error=False)
    async def action_search(self) -> None:
        from mltui.console.screens.prompt import FilterPrompt

        await self.action_tab(LOG)
        log = self._log()
        if log is None:
            return
        said = await self.app.push_screen_wait(FilterPrompt(self.app.session, log.needle, lambda _: None))
        if said is not None:
            log.search(said.strip())
            log.focus_content()

    def action_start(self) -> None:
        if self.run is not None:
            self.app.start_run(self.run.pipeline_id)

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_cancel(self) -> None:
        if self.run is not None:
            await run_actions.cancel(self.app, [self.run])
            self.refetch()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_retry(self) -> None:
        if self.run is not None and (again := await run_actions.retry(self.app, self.run)):
            self.app.open_run(again)

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_delete(self) -> None:
        if self.run is not None and await run_actions.delete(self.app, [self.run]):
            self.action_back()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_tags(self) -> None:
        if self.run is not None:
            await run_actions.edit_tags(self.app, [self.run])
            self.refetch()

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_notes(self) -> None:
        if self.run is not None:
            await run_actions.edit_notes(self.app, self.run)
            self.refetch()


def _digest(run: RunDetail) -> Text:
    """The parameters on one line, those that differ from the defaults first."""
    defaults = {name: as_text(value) for name, value in run.definition.parameters.items()}
    differing = [name for name in run.parameters if defaults.get(name) != run.parameters[name]]
    line = Text()
    for name in [*differing, *(name for name in run.parameters if name not in differing)]:
        line.append(f"{name} ", "muted").append(run.parameters[name], "accent" if name in differing else "secondary")
        line.append("  ")
    return line or Text("no parameters", "muted")


def _why_no_log(stage: StageRunRow | None) -> str:
    if stage is None:
        return "Nothing was run under the agent here, so there is no log.\nTrack a command with  mltui exec -- …"
    if stage.reused_from is not None:
        return f"{stage.name} was taken over from the run that this one retries;\nits log is there."
    if stage.status is Status.SKIPPED:
        return f"{stage.name} was skipped: something that it depends on did not complete."
    return f"{stage.name} has not begun."

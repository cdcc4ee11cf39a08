"""One run: its head, its stages at the left, and six tabs of what they did."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.widget import Widget
from textual.widgets import Static

from mltui.console.faults import is_missing, words_of
from mltui.console.keymap import RUN
from mltui.console.screens.deleted import deletion_of
from mltui.console.screens.lines import TabLine
from mltui.console.screens.run_head import RunHead
from mltui.console.screens.run_keys import RunKeys
from mltui.console.screens.run_words import no_charts, no_log, no_resources
from mltui.console.screens.text_page import TextPage
from mltui.console.state.server import Coalesced
from mltui.console.state.stages import branches
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.stage_tree import StageTree
from mltui.wire.events import EventRow
from mltui.wire.executions import ExecutionRow
from mltui.wire.runs import RunDetail, RunRow
from mltui.wire.samples import SeriesSummary
from mltui.wire.states import LIVE, Status

if TYPE_CHECKING:
    from mltui.console.screens.run_artifacts import ArtifactsTab
    from mltui.console.screens.run_charts import ChartsTab
    from mltui.console.screens.run_log import LogTab

CHANGES_EVERY_S = 0.5
SERIES_EVERY_S = 1.0
TABS = ("Overview", "Log", "Charts", "Resources", "Config", "Artifacts")
OVERVIEW, LOG, CHARTS, RESOURCES, CONFIG, ARTIFACTS = range(1, 7)
EVENTS = 12


class RunScreen(RunKeys):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(RUN)]

    def __init__(self, run_id: str, known: RunRow | None = None) -> None:
        """`known` is what a list had of the run: it is shown until the server has answered."""
        super().__init__()
        self.run_id = run_id
        self.run: RunDetail | None = None
        self.deleted = False
        """The server has no such run, so there is nothing to ask for and nothing to do but leave."""
        self.series: list[SeriesSummary] | None = None
        self.events: list[EventRow] = []
        self.tab = OVERVIEW
        self._known = known
        self._follows, self._pointed_at = True, ""
        """Whether the cursor still goes to the stage that matters, and the one that it was put on."""
        self._changed = Coalesced(self._fetch_run, CHANGES_EVERY_S)
        self._measured = Coalesced(self._fetch_series, SERIES_EVERY_S)

    def body(self) -> Iterable[Widget]:
        yield RunHead()
        yield TabLine(id="tabs")
        with Horizontal(id="panes"):
            yield StageTree(id="stages", empty="")
            yield Container(id="content")

    async def on_mount(self) -> None:
        self.set_focus(self.query_one(StageTree))
        self._show_head()
        await self._show_tab(self.app.session.run_tab)
        if self.tab == ARTIFACTS:
            # They may be here before the run is, with whose coming the stages go: no key is for those.
            self._focus_content()

    def on_unmount(self) -> None:
        self._changed.close()
        self._measured.close()

    # The server.

    def topics(self) -> tuple[str, ...]:
        if self.deleted:
            return ()
        topics = [f"run:{self.run_id}", f"series:{self.run_id}"]
        execution = self._execution()
        if execution is not None:
            topics.append(f"log:{execution.id}")
        return tuple(topics)

    def refetch(self) -> None:
        self._changed.ask()
        if self.deleted:
            return
        self._measured.ask()
        if log := self._log():
            log.news()

    def heard(self, topic: str, ids: list[str]) -> None:
        kind, _, which = topic.partition(":")
        if self.deleted:
            # It may be back, which the list of runs hears too; no id stands for all of them.
            if kind == "runs" and self.run_id in (ids or [self.run_id]):
                self._changed.ask()
        elif kind == "run" and which == self.run_id:
            self._changed.ask()
        elif kind == "series" and which == self.run_id:
            self._measured.ask()
            for charts in self._charts():
                charts.news()
        elif kind == "log" and (log := self._log()) and log.execution is not None and which == log.execution.id:
            log.news()

    async def _fetch_run(self) -> None:
        try:
            self.run = self._known = await (await self.app.connected()).run(self.run_id)
            if self.deleted and self.is_whole():
                self._show_restored()
            if self.is_attached:
                await self._show()
            self.events = (await self.app.client.events(run=self.run_id, limit=EVENTS)).items
        except Exception as error:
            self._failed(error)
            return
        if self.is_attached:
            self._show_pages()
            for artifacts in self._artifacts():
                artifacts.news()

    async def _fetch_series(self) -> None:
        try:
            self.series = await (await self.app.connected()).series_keys(self.run_id)
        except Exception as error:
            self._failed(error)
            return
        if self.is_whole():
            await asyncio.gather(*map(self._prepare, self._charts()))
            self._show_pages()

    def _failed(self, error: Exception) -> None:
        """A fetch did: the run was deleted, or the server is away, and then what was shown stays."""
        if not self.is_whole():
            return
        if is_missing(error):
            self._show_deleted()
        elif self.run is None:
            self.query_one(StageTree).awaited = False
            self._show_head(f"The rest could not be fetched: {words_of(error)}")
        else:
            self.app.report(error)

    def _show_deleted(self) -> None:
        self.deleted = True
        self._tell_deletion()
        self._changed.close()
        self._measured.close()
        self.title_line(["Runs", self._known.name if self._known is not None else self.run_id])
        self.query_one(RunHead).show_deleted(self._known)
        self.set_focus(None)
        for part in self.query("#tabs, #panes"):
            part.visible = False
        self.refresh_bindings()
        if self.is_current:
            self.app.listen_to(())

    @work(group="deletion", exclusive=True, exit_on_error=False)
    async def _tell_deletion(self) -> None:
        deletion = await deletion_of(self.app.client, "run", self.run_id)
        if deletion is not None and self.deleted and self.is_whole():
            self.title_line(["Runs", deletion.object_name or self.run_id])
            self.query_one(RunHead).show_deleted(self._known, deletion)

    def _show_restored(self) -> None:
        self.deleted = False
        for part in self.query("#tabs, #panes"):
            part.visible = True
        self.set_focus(self.query_one(StageTree))
        self.refetch()

    # What is shown.

    def tick(self) -> None:
        if self.tab == ARTIFACTS:
            for tab in self._artifacts():
                tab.tick()
        if self.run is not None and self.run.status in LIVE and not self.deleted:
            self._show_head()
            self.query_one(StageTree).show(self.run.stages, self.app.session.now())
            if self.tab == OVERVIEW:
                self._show_pages()

    async def _show(self) -> None:
        run = self.run
        if run is None or not self.is_whole():
            return
        self._show_head()
        tree = self.query_one(StageTree)
        tree.show(run.stages, self.app.session.now())
        self._point_at_what_matters(tree, run)
        self._fit()
        self.refresh_bindings()
        for charts in self._charts():
            await self._prepare(charts)
        if not self.is_whole():
            return
        self._show_log()
        self._show_pages()
        if self.is_current:
            self.app.listen_to(self.topics())

    def _fit(self) -> None:
        """The tree takes what its names need; a run without stages gives its room away."""
        tree, width = self.query_one(StageTree), self.size.width
        # Artifacts are all of the run's: they have the room of the stages.
        tree.display = self.tab != ARTIFACTS and (self.run is None or bool(self.run.stages))
        tree.styles.width = 36 if width < 110 else 46 if width < 150 else 58
        if not tree.display and self.focused is tree:
            self._focus_content()

    def on_resize(self) -> None:
        if self.run is not None and not self.deleted:
            self._fit()
            self._show_head()
            self.call_after_refresh(self._show_pages)

    def _point_at_what_matters(self, tree: StageTree, run: RunDetail) -> None:
        """The stage that failed, or the one that runs; until somebody chooses a stage, or reads what one did."""
        reading = self.focused is not None and not tree.has_focus
        if not self._follows or (reading and self._pointed_at):
            return
        stages = [branch.stage for branch in branches(run.stages)]
        for wanted in (Status.FAILED, Status.RUNNING):
            for at, stage in enumerate(stages):
                if stage.status is wanted:
                    self._pointed_at = stage.id
                    tree.cursor = at
                    return
        if not self._pointed_at and tree.selected is not None:
            self._pointed_at = tree.selected.id

    def _show_head(self, fault: str = "") -> None:
        self.title_line(["Runs", self._known.name if self._known is not None else "…"])
        self.query_one(RunHead).show(self._known, fault)

    def _show_tabs(self) -> None:
        self.query_one(TabLine).say(TABS, self.tab)

    def _show_pages(self) -> None:
        if self.run is None:
            return
        now = self.app.session.now
        for page in self.query("#tab-1").results(TextPage):
            from mltui.console.screens.run_overview import overview

            page.show(overview(self.run, self.series or [], self.events, now, page.viewport.width))
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
        self._fit()
        for charts in self._charts():
            await self._prepare(charts)
            if charts.display:
                charts.news()
        self._show_log()
        self.refresh_bindings()
        self.call_after_refresh(self._show_pages)

    def _make_tab(self, number: int) -> Widget:
        id = f"tab-{number}"
        if number == LOG:
            from mltui.console.screens.run_log import LogTab

            return LogTab(id=id)
        if number in (CHARTS, RESOURCES):
            from mltui.console.screens.run_charts import ChartsTab, ResourcesTab

            return (ChartsTab if number == CHARTS else ResourcesTab)(self.run_id, id=id)
        if number == ARTIFACTS:
            from mltui.console.screens.run_artifacts import ArtifactsTab

            return ArtifactsTab(self.run_id, id=id)
        return TextPage(id=id)

    async def _prepare(self, charts: "ChartsTab") -> None:
        words = no_charts if charts.id == f"tab-{CHARTS}" else no_resources
        charts.query_one(".grid--empty", Static).update(words(self.run, self.series))
        if self.run is not None and self.series is not None:
            charts.stages = tuple(stage.name for stage in self.run.stages)
            await charts.offer(self.series)

    def _charts(self) -> "Sequence[ChartsTab]":
        return [tab for tab in self.query(f"#tab-{CHARTS}, #tab-{RESOURCES}") if tab.is_mounted]  # type: ignore[misc]

    def _log(self) -> "LogTab | None":
        return next(iter(self.query(f"#tab-{LOG}")), None)  # type: ignore[return-value]

    def _artifacts(self) -> "Sequence[ArtifactsTab]":
        return [tab for tab in self.query(f"#tab-{ARTIFACTS}") if tab.is_mounted]  # type: ignore[misc]

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
            log.show(self._execution(), no_log(self.query_one(StageTree).selected, self.app.url))

    async def on_stage_tree_selected(self) -> None:
        stage = self.query_one(StageTree).selected
        if self._pointed_at and stage is not None and stage.id != self._pointed_at:
            self._follows = False
        self._show_log()
        if self.is_current:
            self.app.listen_to(self.topics())

    async def on_stage_tree_opened(self) -> None:
        self._follows = False
        await self.action_tab(LOG)
        self._focus_content()

    def _focus_content(self) -> None:
        tab = self.query_one(f"#tab-{self.tab}")
        # At once: the next key may be on its way.
        focus_content = getattr(tab, "focus_content", lambda: self.set_focus(tab))
        focus_content()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What cannot be done to the run in the state it is in has no key."""
        if self.deleted:
            return action in ("back", "undo")
        if action in ("start", "tags", "notes", "events", "code"):
            return self._offers
        if action == "search":
            # Artifacts have no line to search; what can be done to them has the room in the footer.
            return self.tab != ARTIFACTS
        if action not in ("why", "cancel", "retry", "delete"):
            return True
        run = self._known
        if run is None:
            return False
        failed = run.status is Status.FAILED or run.failed_count > 0
        fits = failed if action == "why" else (run.status in LIVE) == (action == "cancel")
        return fits and self._offers

    @property
    def _offers(self) -> bool | None:
        """Whether there is a run to do something to; None while it is on its way."""
        if self.run is not None:
            return True
        return None if all(tree.awaited for tree in self.query(StageTree)) else False

    async def action_tab(self, number: int) -> None:
        inside = self.focused is not None and not isinstance(self.focused, StageTree)
        await self._show_tab(number)
        if inside:
            self._focus_content()

    def action_other_pane(self) -> None:
        self.focus_next()

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

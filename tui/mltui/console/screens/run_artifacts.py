"""The artifacts of a run: a tree of what its names make folders of, and beside or below it what is in a file."""

import asyncio
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.containers import Container
from textual.worker import Worker, WorkerState

from mltui.console.screens import artifact_actions
from mltui.console.screens.artifact_preview import ArtifactPreview
from mltui.console.state.folder_tree import Branch, FolderTree
from mltui.console.state.server import Coalesced
from mltui.console.widgets.artifact_tree import ArtifactTree
from mltui.wire.artifact_previews import ArtifactEntry
from mltui.wire.base import Page

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

BESIDE = 100
"""Columns from which on there is room for both beside each other."""
STILL_S = 0.12
"""How long the cursor rests on a file before it is asked for."""
NEWS_EVERY_S = 1.0
NOTHING = "No artifacts. A program adds them with run.log_artifact(path),\nanybody with `mltui artifacts put RUN PATH`."


class ArtifactsTab(Container):
    app: "MltuiApp"

    def __init__(self, run_id: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._run = run_id
        self._tree = ArtifactTree(FolderTree(self._fetch), id="artifacts")
        self._news = Coalesced(self._refetch, NEWS_EVERY_S)
        self._known = False
        """Whether the server has said what there is, or why it does not."""
        self._busy = False
        """With what a key asked for: those that follow are for what comes of it."""

    def compose(self) -> ComposeResult:
        yield self._tree
        yield ArtifactPreview(id="preview")

    def on_mount(self) -> None:
        self.news()

    def on_unmount(self) -> None:
        self._news.close()

    def on_resize(self) -> None:
        self.set_class(self.size.width < BESIDE, "-stacked")

    def focus_content(self) -> None:
        self.screen.set_focus(self._tree)

    # The server.

    async def _fetch(self, folder: str, cursor: str | None, limit: int) -> Page[ArtifactEntry]:
        return await (await self.app.connected()).artifact_folder(self._run, folder, cursor=cursor, limit=limit)

    def news(self) -> None:
        """There may be others."""
        self._news.ask()

    def tick(self) -> None:
        """Ages change by time alone."""
        self._draw()

    async def _refetch(self) -> None:
        try:
            await self._tree.folders.refetch()
        except Exception as error:
            self.app.report(error)
            return
        finally:
            self._known = True
            self._await_lines()
        self._draw()

    def _draw(self) -> None:
        if self.is_attached:
            self._tree.empty = NOTHING
            self._tree.show(self.app.session.now())

    # What is pointed at.

    @work(group="preview", exclusive=True, exit_on_error=False)
    async def on_artifact_tree_pointed(self) -> None:
        await asyncio.sleep(STILL_S)
        await self.query_one(ArtifactPreview).show(self._tree.pointed)

    def on_artifact_tree_wanted(self, message: ArtifactTree.Wanted) -> None:
        branch = self._tree.pointed
        if branch is not None:
            self._await_lines(busy=True)
            self._do(message.what, branch)

    @work(group="act", name="action_wanted", exclusive=True, exit_on_error=False)
    async def _do(self, what: str, branch: Branch) -> None:
        try:
            if what == "open" or branch.entry is None:
                await self._open(branch)
            elif what == "lineage":
                # A folder has no id; what is known of it is known of the run.
                self.app.open_lineage(branch.entry.id or self._run)
            elif what == "save":
                await artifact_actions.save(self.app, self._run, branch)
            elif await artifact_actions.delete(self.app, self._run, branch):
                self.news()
        finally:
            self._await_lines(busy=False)

    def _await_lines(self, *, busy: bool | None = None) -> None:
        self._busy = self._busy if busy is None else busy
        self._tree.awaited = self._busy or not self._known

    def on_artifact_preview_left(self) -> None:
        self.focus_content()

    async def _open(self, branch: Branch) -> None:
        folders = self._tree.folders
        if branch.entry is None:
            await folders.more(branch.path)
        elif branch.entry.id is not None:
            self.workers.cancel_group(self, "preview")
            preview = self.query_one(ArtifactPreview)
            await preview.show(branch)
            preview.focus_content()
        elif branch.opened:
            folders.close(branch.path)
        else:
            await folders.open(branch.path)
        self._draw()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.app.report(event.worker.error)

"""What something came from, and what it led to: a tree, each line of which leads to what it names."""

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console.faults import is_missing, words_of
from mltui.console.keymap import LINEAGE
from mltui.console.screens.deleted import deletion_of, way_back, when_and_by_whom
from mltui.console.screens.frame import Frame
from mltui.console.screens.text_page import TextPage
from mltui.console.state.lineage import root_of
from mltui.console.state.server import Coalesced
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.lineage_lines import whole
from mltui.console.widgets.lineage_tree import LineageTree
from mltui.wire.counting import counted
from mltui.wire.lineage import DELETED, Lineage, LineageNode, NodeKind
from mltui.wire.sources import is_address

CHANGES_EVERY_S = 1.0
TREE = 8
"""Lines of the tree that stay, however long the name of what is pointed at."""


class LineageScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINEAGE)]

    def __init__(self, key: str, *, is_source: bool = False) -> None:
        """`key` is an id, `name/3` or `name@champion`, or the URI of a source."""
        super().__init__()
        self._key, self._is_source = key, is_source or is_address(key)
        self._found: Lineage | None = None
        self._news = Coalesced(self._fetch, CHANGES_EVERY_S)

    def body(self) -> Iterable[Widget]:
        yield LineageTree()
        yield TextPage(id="pointed")

    def on_mount(self) -> None:
        self.query_one("#pointed").can_focus = False
        self.query_one(LineageTree).focus()
        self.title_line(["Lineage", "…"])

    def on_unmount(self) -> None:
        self._news.close()

    # The server.

    def topics(self) -> tuple[str, ...]:
        # What runs read and write is told as news of them.
        return ("runs", "models", "jobs")

    def refetch(self) -> None:
        self._news.ask()

    def heard(self, topic: str, ids: list[str]) -> None:
        """Whoever changed: it may be something that only now hangs on what is shown."""
        self._news.ask()

    async def _fetch(self) -> None:
        client = self.app.client
        try:
            found = await (client.lineage_of_source(self._key) if self._is_source else client.lineage(self._key))
        except Exception as error:
            if self.is_whole():
                self._failed(error)
            return
        if self.is_whole():
            self._found = found
            # From here on this one, wherever its alias or its name goes.
            self._key = found.root
            self._say(Text("  there is more", "warning") if found.cut else Text())
            self.query_one(LineageTree).show(found)

    def _failed(self, error: Exception) -> None:
        if self._found is None:
            self.query_one(LineageTree).fail(words_of(error))
        elif is_missing(error):
            self._say(Text("  ✗ deleted", "error"))
        else:
            self.app.report(error)

    def _say(self, more: Text) -> None:
        if self._found is not None:
            count = Text(counted(len(self._found.nodes), "thing"), "muted").append_text(more)
            self.title_line(["Lineage", root_of(self._found).name], count)

    # What is pointed at, as a line of the tree may have no room for its name.

    def on_lineage_tree_pointed(self, event: LineageTree.Pointed) -> None:
        self._show_pointed(whole(event.branch) if event.branch is not None else [])

    def _show_pointed(self, lines: list[Text]) -> None:
        page = self.query_one("#pointed", TextPage)
        page.show(lines)
        page.styles.height = max(2, min(page.virtual_size.height, self.size.height - TREE - 3))

    def on_resize(self) -> None:
        self.call_after_refresh(self.query_one(LineageTree).point)

    # Keys.

    def on_lineage_tree_opened(self, event: LineageTree.Opened) -> None:
        self._open(event.node)

    def _open(self, node: LineageNode) -> None:
        """Its screen; of an artifact or a dataset, that of the run that made it."""
        if node.kind is NodeKind.MODEL_VERSION:
            from mltui.console.screens.version import VersionScreen

            model, _, number = node.name.rpartition("/")
            self.app.push_screen(VersionScreen(model, number))
        elif node.kind is NodeKind.INGESTION_JOB and node.state == DELETED:
            self._tell_deletion(node)
        elif node.kind is NodeKind.INGESTION_JOB:
            from mltui.console.screens.job import JobScreen

            self.app.push_screen(JobScreen(node.id))
        elif run := node.id if node.kind is NodeKind.RUN else node.run_id:
            # One that was deleted says so there.
            self.app.open_run(run)
        elif node.kind is NodeKind.SOURCE:
            self.app.notify(f"there is no screen for {node.name}; L shows what came from it", markup=False)
        else:
            self.app.notify(f"the run that made {node.name} is gone for good", severity="warning", markup=False)

    @work(group="open", exclusive=True, exit_on_error=False)
    async def _tell_deletion(self, job: LineageNode) -> None:
        words = [f"{job.name} was deleted"]
        if deletion := await deletion_of(self.app.client, "ingestion_job", job.id):
            words = [f"{job.name} {when_and_by_whom(deletion)}", *way_back(deletion, self.app.url)]
        self.app.notify("\n".join(words), severity="warning", markup=False)

    def action_from_here(self) -> None:
        """The lineage of what the cursor is on."""
        node = self.query_one(LineageTree).selected
        if node is not None:
            self.app.push_screen(LineageScreen(node.id, is_source=node.kind is NodeKind.SOURCE))

"""What something came from, and what it led to: a tree, each line of which leads to what it names."""

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from mltui.console.keymap import LINEAGE
from mltui.console.screens.frame import Frame
from mltui.console.state.lineage import root_of
from mltui.console.widgets.keys import bindings
from mltui.console.widgets.lineage_tree import LineageTree
from mltui.wire.lineage import LineageNode, NodeKind
from mltui.wire.sources import is_address


class LineageScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LINEAGE)]

    def __init__(self, key: str, *, is_source: bool = False) -> None:
        """`key` is an id, `name/3` or `name@champion`, or the URI of a source."""
        super().__init__()
        self._key, self._is_source = key, is_source or is_address(key)

    def body(self) -> Iterable[Widget]:
        yield LineageTree()

    def on_mount(self) -> None:
        self.query_one(LineageTree).focus()
        self.title_line(["Lineage", "…"])

    def refetch(self) -> None:
        self._fetch()

    @work(group="fetch", exclusive=True, exit_on_error=False)
    async def _fetch(self) -> None:
        client = self.app.client
        found = await (client.lineage_of_source(self._key) if self._is_source else client.lineage(self._key))
        if self.is_attached:
            count = Text(f"{len(found.nodes)} things", "muted").append("  there is more" * bool(found.cut), "warning")
            self.title_line(["Lineage", root_of(found).name], count)
            self.query_one(LineageTree).show(found)

    def on_lineage_tree_opened(self, event: LineageTree.Opened) -> None:
        self._open(event.node)

    def _open(self, node: LineageNode) -> None:
        """Its screen; of an artifact or a dataset, that of the run that made it."""
        if node.kind is NodeKind.MODEL_VERSION:
            from mltui.console.screens.version import VersionScreen

            model, _, number = node.name.rpartition("/")
            self.app.push_screen(VersionScreen(model, number))
        elif node.kind is NodeKind.INGESTION_JOB:
            from mltui.console.screens.job import JobScreen

            self.app.push_screen(JobScreen(node.id))
        elif node.run_id is not None:
            self.app.open_run(node.run_id)
        else:
            self.app.notify(f"there is no screen for {node.name}; L shows what came from it", markup=False)

    def action_from_here(self) -> None:
        """The lineage of what the cursor is on."""
        node = self.query_one(LineageTree).selected
        if node is not None:
            self.app.push_screen(LineageScreen(node.id, is_source=node.kind is NodeKind.SOURCE))

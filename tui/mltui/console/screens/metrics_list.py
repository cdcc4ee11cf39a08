"""The list of metrics, sorted and searched by the server; the one under its cursor is the one that is looked at."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.message import Message
from textual.worker import Worker

from mltui.console.faults import quoted
from mltui.console.screens.metrics_none import NONE_YET
from mltui.console.state.server import Coalesced
from mltui.console.state.window import Window
from mltui.console.widgets.columns import Column
from mltui.console.widgets.plain_table import PlainTable
from mltui.wire.metrics import MetricRow

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

CHANGES_EVERY_S = 2.0
RESTS_S = 0.15
"""A metric is looked at once the cursor stays on it for so long."""
LOOKED_AMONG = 500
"""Metrics among which one is sought by name."""


def metric_columns() -> Sequence[Column[MetricRow]]:
    return (
        Column("name", "Metric", lambda metric: metric.name, min_width=12, max_width=60, sortable=True, grows=True),
        Column("type", "Type", lambda metric: Text(metric.type.value, "muted"), min_width=9, sortable=True, rank=1),
    )


class MetricList(PlainTable[MetricRow]):
    """Asks for its rows itself."""

    app: "MltuiApp"

    class Chosen(Message):
        """A metric is to be looked at; where it `stands_in`, nobody asked for it: the one that was sought is gone."""

        def __init__(self, metric: MetricRow, *, stands_in: bool = False) -> None:
            super().__init__()
            self.metric, self.stands_in = metric, stands_in

    class Changed(Message):
        """Other rows, or more or fewer of them."""

    class Vanished(Message):
        """The metric that is looked at is in the list no more. Nobody chose another one."""

    def __init__(self) -> None:
        super().__init__(
            Window(self._fetch, lambda metric: metric.id), metric_columns(), empty=NONE_YET, sort=("name", False)
        )
        self.id = "metrics"
        self.text = ""
        """What is searched for."""
        self._sought: str | None = ""
        """The metric that the cursor is on its way to: those that it meets are not looked at. None once it is there."""
        self._missed = False
        """Whether the server did not answer where that is."""
        self._looked_at: MetricRow | None = None
        """The one that was chosen last."""
        self._left = ""
        """The id of the one that is about to go, as was asked for here."""
        self._awaited = False
        """Whether somebody went to rows that are not here yet: the one under the cursor will be looked at."""
        self._news = Coalesced(self._ask_again, CHANGES_EVERY_S)

    def on_mount(self) -> None:
        drawn = self.window.on_change

        def changed() -> None:
            drawn()
            self._leave_what_went()
            self.post_message(self.Changed())
            if self._missed and self._sought is not None and self.window.error is None:
                self.seek(self._sought)

        self.window.on_change = changed
        self._resting = self.set_timer(RESTS_S, self.choose, pause=True)

    def on_unmount(self) -> None:
        self._news.close()

    async def _fetch(self, offset: int, limit: int) -> tuple[Sequence[MetricRow], int]:
        client = await self.app.connected()
        page = await client.metrics(text=self.text or None, sort=self._order, limit=limit, offset=offset)
        return page.items, page.total or 0

    @property
    def _order(self) -> str:
        key, descending = self.sort or ("name", False)
        return f"{'-' if descending else ''}{key}"

    def news(self) -> None:
        """There may be others now."""
        self._news.ask()

    async def _ask_again(self) -> None:
        self.window.invalidate()
        await self.window.settled()

    @property
    def offers(self) -> bool | None:
        """None also while the cursor is on its way: it would not stay where somebody put it."""
        return None if self._sought is not None and not self._missed else super().offers

    @property
    def has_none(self) -> bool:
        """Whether the server has no metrics at all."""
        return self.window.total == 0 and not self.text

    def search(self, text: str) -> None:
        """List the metrics that have `text` in their name or description."""
        text = text.strip()
        if text != self.text:
            self.text, self._awaited = text, True
            self.empty = f"None has\n{quoted(text)}\nin its name or\ndescription." if text else NONE_YET
            self.window.reset()

    @work(group="seek", exclusive=True, exit_on_error=False)
    async def seek(self, name: str) -> None:
        """Put the cursor on the metric with this name and look at it; at the first one, where there is no such.

        Where the server does not answer, once it does.
        """
        self._resting.stop()
        self._sought, self._missed = name, False
        try:
            client = await self.app.connected()
            among = (await client.metrics(text=self.text or None, sort=self._order, limit=LOOKED_AMONG)).items
            await self.window.settled()
            if self.window.error is not None:
                raise self.window.error
            at = next((i for i, metric in enumerate(among) if metric.name == name), None)
            there = self.window.row(at or 0)
            if among and there is not None and there.id != among[at or 0].id:
                # The list is older than this answer.
                await self._ask_again()
        except Exception:
            self._missed = True
            raise
        else:
            self._sought = None
        finally:
            self.refresh_bindings()
        if among:
            self._choose(among[at or 0], stands_in=at is None)
            self.cursor = at or 0

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        self.app.on_worker_state_changed(event)

    def choose(self) -> None:
        """Look at the metric under the cursor."""
        metric = self.window.row(self.cursor)
        if metric is not None:
            self._sought, self._missed = None, False
            self._choose(metric)

    def _choose(self, metric: MetricRow, *, stands_in: bool = False) -> None:
        self._looked_at = metric
        self.post_message(self.Chosen(metric, stands_in=stands_in))

    def row_named(self, name: str) -> MetricRow | None:
        """The metric of this name, if it is among the rows that are here."""
        return next((row for _, row in self.window.rows() if row.name == name), None)

    def look_at(self, metric: MetricRow) -> None:
        """Put the cursor on this one of the rows that are here, and look at it."""
        self._choose(metric)
        self.cursor = next(at for at, row in self.window.rows() if row.id == metric.id)

    def move_on(self) -> None:
        """Look at what comes in the place of the metric that is looked at, once that goes."""
        self._left = "" if self._looked_at is None else self._looked_at.id

    def _leave_what_went(self) -> None:
        here = self._looked_at
        if here is not None and here.id == self._left and all(row.id != here.id for _, row in self.window.rows()):
            self.choose()

    def on_run_table_highlighted(self, event: PlainTable.Highlighted) -> None:
        event.stop()
        if self._sought is not None:
            return
        self._resting.stop()
        looked_at = self._looked_at
        wanted = event.moved or self._awaited or looked_at is None
        self._awaited = event.row_id is None and wanted
        if looked_at is None or event.row_id != looked_at.id:
            if not wanted:
                self.post_message(self.Vanished())
            elif event.row_id is not None:
                self._resting = self.set_timer(RESTS_S, self.choose)

    def on_run_table_sorted(self, event: PlainTable.Sorted) -> None:
        event.stop()
        self._awaited = True
        self.window.reset()

"""The metrics: a list of them at the left, and beside it the chart and the numbers of the one that is looked at."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from mltui.console.keymap import METRICS
from mltui.console.screens.frame import Frame
from mltui.console.screens.metric_view import GRAPH, TABLE, MetricView
from mltui.console.screens.metrics_answer import Gone, answer
from mltui.console.screens.metrics_facts import title_facts
from mltui.console.screens.metrics_list import MetricList
from mltui.console.screens.metrics_none import no_metrics_yet, nothing_to_draw
from mltui.console.state.memory import DEFAULT_RANGE, Memory, Refresh
from mltui.console.state.metric_state import MetricState, Progress, Question
from mltui.console.state.server import Coalesced
from mltui.console.state.time_range import ALL, RangeFault, TimeRange, between_seconds, parse_range
from mltui.console.widgets.chart.choices import choices
from mltui.console.widgets.keys import bindings
from mltui.wire.metrics import LabelValues, MetricData, MetricRow, MetricType

CHANGES_EVERY_S = 1.0
REFRESHES: dict[Refresh, float] = {"live": 0.0, "10s": 10.0, "1m": 60.0, "off": 0.0}
"""After how many seconds the server is asked again; 0 for never by the clock."""
STEP = 0.5
"""Of what is visible, how far earlier and later go."""
QUANTILES = (0.5, 0.9, 0.99)
POINTS = "points:"
NEEDS_METRIC = ("delete", "filter", "export", "range", "next_chart", "step_time", "whole", "other_pane")


class MetricsScreen(Frame):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(METRICS)]

    def __init__(self) -> None:
        super().__init__()
        self.metric: MetricRow | None = None
        self._columns = 0
        self._range = ALL
        self._zoom: TimeRange | None = None
        """Where keys went from there; not remembered."""
        self._asked_at = 0.0
        self._news = Coalesced(self._more, CHANGES_EVERY_S)
        self.state = MetricState(self._fetch, self.app.session.now)
        self.list = MetricList()
        self.view = MetricView(self.state)

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="panes"):
            yield self.list
            yield self.view
            yield Static(no_metrics_yet(self.app.url), id="no-metrics", markup=False)

    def on_mount(self) -> None:
        self._range = self._remembered_range()
        self.state.on_change = self._answered
        self.list.focus()
        self._fit()
        self._say()
        self.list.seek(self._memory.here.metric)
        if self._memory.fault is not None:
            self.notify(self._memory.fault, severity="warning", markup=False)

    def on_unmount(self) -> None:
        self._news.close()
        self.state.close()

    @property
    def _memory(self) -> Memory:
        return self.app.session.memory

    @property
    def _refresh_every(self) -> Refresh:
        return self._memory.here.refresh

    def _remembered_range(self) -> TimeRange:
        try:
            return parse_range(self._memory.here.range, self.app.session.now())
        except RangeFault as fault:
            self.app.report(fault)
            return parse_range(DEFAULT_RANGE, self.app.session.now())

    # The list.

    def open_metric(self, name: str) -> None:
        """Look at the metric with this name, whatever the list is searched for."""
        self.list.search("")
        self.list.seek(name)
        self.view.focus_content()

    def on_metric_list_changed(self) -> None:
        here = self.metric
        there = None if here is None else self.list.row_named(here.name)
        if here is not None and there is not None:
            if self._gone or there.id != here.id:
                # Restored, or made again.
                self.list.look_at(there)
            elif (there.unit, there.label_keys) != (here.unit, here.label_keys):
                # Somebody has changed what it is.
                self._open(there)
        self._say()

    def on_metric_list_vanished(self) -> None:
        # Was it deleted, or does it only match no more what the list is searched for?
        self.state.more()

    def on_metric_list_chosen(self, event: MetricList.Chosen) -> None:
        self._open(event.metric)
        if not event.stands_in and event.metric.name != self._memory.here.metric:
            self._memory.look_at(event.metric.name)

    def on_run_table_opened(self) -> None:
        self.list.choose()
        self.view.focus_content()

    # The metric.

    def _open(self, metric: MetricRow) -> None:
        other = self.metric is None or self.metric.id != metric.id
        if self.metric is not None and other and self.metric.name == metric.name:
            self.notify(f"{metric.name} was deleted and made again", severity="warning", markup=False)
        self.metric = metric
        if other:
            self._zoom = None
        elif self._gone:
            self.state.more()
        self._ask()
        self.view.show_metric(metric, self._memory.of(metric.name).chart)
        self.refresh_bindings()
        if other and self.is_current:
            self.app.listen_to(self.topics())

    @property
    def _gone(self) -> bool:
        return isinstance(self.state.error, Gone)

    @property
    def _filters(self) -> dict[str, list[str]]:
        """Those of the metric's own keys: it may have been made anew with others."""
        if self.metric is None:
            return {}
        remembered = self._memory.of(self.metric.name).filters
        return {key: remembered[key] for key in self.metric.label_keys if remembered.get(key)}

    def _ask(self) -> None:
        """What is chosen is what is asked."""
        if self.metric is not None:
            filters = tuple((key, tuple(values)) for key, values in self._filters.items())
            quantiles = QUANTILES if self.metric.type is MetricType.HISTOGRAM else ()
            range_ = self._zoom or self._range
            question = Question(self.metric.name, range_, filters, quantiles, self._columns, self.metric.id)
            self.state.ask(question)
        self._say()

    async def _fetch(self, question: Question, now: datetime, progress: Progress) -> MetricData:
        self._asked_at = time.monotonic()
        assert self.metric is not None
        client = await self.app.connected()
        data, self.metric = await answer(client, self.metric, question, now, progress)
        return data

    def _answered(self) -> None:
        if not self.is_attached:
            return
        if self.state.error is not None:
            self.app.report(self.state.error)
        self.view.show_data()
        self._say()
        self.refresh_bindings()

    async def _more(self) -> None:
        self.state.more()
        await self.state.settled()

    def topics(self) -> tuple[str, ...]:
        return ("events",) if self.metric is None else ("events", POINTS + self.metric.id)

    def heard(self, topic: str, ids: list[str]) -> None:
        if not self.is_current:
            return
        if topic == "events":
            self.list.news()
        elif self.metric is not None and topic == POINTS + self.metric.id and self._refresh_every == "live":
            self._news.ask()

    def refetch(self) -> None:
        self.list.news()
        failed = self.state.error is not None and not self._gone
        if failed or (self._refresh_every != "off" and not self.state.cancelled and not self._gone):
            self.state.more()

    def action_refetch(self) -> None:
        super().action_refetch()
        self.state.more()

    def tick(self) -> None:
        if self.state.error is not None:
            self._say()
        every = REFRESHES[self._refresh_every] or self._slides_every
        if every and not self.state.cancelled and not self._gone and time.monotonic() - self._asked_at >= every:
            self.state.more()

    @property
    def _slides_every(self) -> float:
        """Seconds after which a time that ends now has gone on by a bucket, with or without news; 0 for never."""
        question, data = self.state.question, self.state.data
        if self._refresh_every != "live" or question is None or question.range.length is None or data is None:
            return 0.0
        return max(CHANGES_EVERY_S, data.width)

    # What is said.

    def _say(self) -> None:
        if not self.is_attached:
            return
        nothing = self.list.has_none
        self.query_one("#no-metrics").display = nothing
        self.list.display = self.view.display = not nothing
        if not nothing and self.focused is None:
            self.list.focus()
        facts = title_facts(self.list.text, self.metric, self.state, takes_long=self.view.asks_for_long)
        self.title_line(["Metrics", *([self.metric.name] if self.metric is not None else [])], facts)
        # Of what is drawn, which is not what was chosen last while the server has not answered.
        drawn = self.state.shown or self.state.question
        time = Text((drawn.range if drawn else self._range).words(), "accent")
        time.append(f"  {self._refresh_every}", "muted")
        empty = nothing_to_draw(self.state, self.metric, self.app.url, filtered=bool(self._filters))
        self.view.say(time, Text(drawn.label_words if drawn else "", "accent"), empty)

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        width = self.size.width
        self.list.styles.width = 22 if width < 110 else 36 if width < 160 else 48

    # What the view says.

    def on_metric_view_columns(self, message: MetricView.Columns) -> None:
        self._columns = message.columns
        self._ask()

    def on_metric_view_slow(self) -> None:
        self.refresh_bindings()
        self._say()

    def on_metric_view_range(self, message: MetricView.Range) -> None:
        self._go_to(message.bounds)

    def _go_to(self, bounds: tuple[float, float] | None) -> None:
        """Look at this time; None for the one that was chosen."""
        try:
            self._zoom = None if bounds is None else between_seconds(*bounds)
        except RangeFault as fault:
            self.app.report(fault)
        self._ask()

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "give_up":
            return self.view.asks_for_long
        if action in NEEDS_METRIC and self.metric is None:
            return None if self.list.offers is None else False
        return True

    def action_give_up(self) -> None:
        self.state.cancel()

    def action_other_pane(self) -> None:
        if self.focused is self.list:
            self.view.focus_content()
        else:
            self.list.focus()

    def action_tab(self, tab: int) -> None:
        inside = self.focused is not self.list
        self.view.show_tab(tab)
        if inside:
            self.view.focus_content()

    def action_step_tab(self) -> None:
        self.action_tab(TABLE if self.view.tab == GRAPH else GRAPH)

    def action_next_chart(self) -> None:
        if self.metric is not None:
            names = list(choices(self.metric.type))
            chart = names[(names.index(self.view.chart_name) + 1) % len(names)]
            self._memory.look_at(self.metric.name, chart=chart)
            self.view.show_metric(self.metric, chart)

    def action_next_refresh(self) -> None:
        names = list(REFRESHES)
        self._memory.choose(refresh=names[(names.index(self._refresh_every) + 1) % len(names)])
        self._say()

    def action_step_time(self, direction: int) -> None:
        data = self.state.data
        if data is not None:
            by = (data.end - data.start) * STEP * direction
            self._go_to((data.start + by, data.end + by))

    def action_whole(self) -> None:
        self._go_to(None)

    @work(group="search", exclusive=True, exit_on_error=False)
    async def action_search(self) -> None:
        from mltui.console.screens.prompt import FilterPrompt

        before, shown = self.list.text, self.metric
        said = await self.app.push_screen_wait(FilterPrompt(self.app.session, before, self.list.search))
        if said is None:
            self.list.search(before)
            if shown is not None:
                self.list.seek(shown.name)

    @work(group="range", exclusive=True, exit_on_error=False)
    async def action_range(self) -> None:
        from mltui.console.screens.metrics_range import ask_range

        chosen = await ask_range(self.app, self._zoom or self._range)
        if chosen is not None:
            self._range, self._zoom = chosen, None
            self._memory.choose(range=chosen.text)
            self._ask()

    @work(group="filter", exclusive=True, exit_on_error=False)
    async def action_filter(self) -> None:
        from mltui.console.screens.metrics_filter import LabelFilter

        metric = self.metric
        if metric is None:
            return
        if not metric.label_keys:
            self.notify(f"{metric.name} has no labels to filter by", markup=False)
            return
        chosen = await self.app.push_screen_wait(LabelFilter(metric.name, self._offer, self._filters))
        if chosen is not None:
            self._memory.look_at(metric.name, filters=chosen)
            self._ask()

    async def _offer(self, filters: dict[str, list[str]]) -> Sequence[LabelValues]:
        assert self.metric is not None
        return await self.app.client.metric_labels(self.metric.name, filters)

    @work(group="export", exclusive=True, exit_on_error=False)
    async def action_export(self) -> None:
        from mltui.console.screens.metrics_export import export

        table = self.view.table
        if self.metric is not None and not table:
            self.notify(f"there is nothing of {self.metric.name} to export in this time", markup=False)
        elif self.metric is not None and table is not None:
            await export(self.app, self.metric.name, table)

    @work(group="act", exclusive=True, exit_on_error=False)
    async def action_delete(self) -> None:
        from mltui.console.screens.metrics_delete import delete

        if self.metric is not None:
            await delete(self.app, self.metric, self.list.move_on)

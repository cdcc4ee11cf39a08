"""The tabs of a run with charts in them: what it measured, and what it took from the machine."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message

from mltui.console.keymap import CHARTS
from mltui.console.screens.lines import OneLine
from mltui.console.state.panels import Group, metric_groups, resource_groups
from mltui.console.state.series import SeriesRequest, SeriesState
from mltui.console.state.server import Coalesced
from mltui.console.widgets.chart.grid import ChartGrid, Panel
from mltui.console.widgets.keys import bindings
from mltui.wire.samples import RESOURCE_PREFIX, Axis, Series, SeriesSummary

if TYPE_CHECKING:
    from mltui.console.app import MltuiApp

DRAWN_EVERY_S = 0.5
SMOOTHINGS = (0.0, 0.6, 0.9, 0.97)
AXES: tuple[Axis, ...] = ("step", "time", "relative")
AXIS_NAMES = {"step": "step", "time": "time of day", "relative": "since the start"}


class ChartsTab(Vertical):
    """A run's charts, live. Which series they show is chosen from `keys`, what the run has."""

    app: "MltuiApp"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CHARTS)]
    DEFAULT_CSS = "ChartsTab > OneLine { background: $background; }"
    EMPTY = 'Nothing logged yet. In Python: run.log({"loss": x}, step=i)'
    axis: Axis = "step"

    class Refused(Message):
        """The server refused, or could not be asked."""

        def __init__(self, error: Exception) -> None:
            super().__init__()
            self.error = error

    def __init__(self, run_id: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._run_id = run_id
        self._keys: tuple[str, ...] = ()
        self._lines: frozenset[str] = frozenset()
        """Those with more than one sample: one is a number in the overview, and no line."""
        self.stages: tuple[str, ...] = ()
        """Names of the run's stages, in order."""
        self._chosen: tuple[str, ...] | None = None
        self._groups: list[Group] = []
        self._scales: dict[str, float] = {}
        self.state = SeriesState(self._fetch, axis=self.axis)
        self._news = Coalesced(self._more, DRAWN_EVERY_S)

    def compose(self) -> ComposeResult:
        yield OneLine(classes="facts")
        yield ChartGrid(self.state, empty=self.EMPTY)

    def on_unmount(self) -> None:
        self._news.close()

    # What is shown.

    def groups(self, keys: Iterable[str]) -> list[Group]:
        return metric_groups(keys)

    @property
    def mine(self) -> list[str]:
        """The keys of the run that this tab can show."""
        return [key for key in self._keys if not key.startswith(RESOURCE_PREFIX)]

    async def offer(self, summaries: Sequence[SeriesSummary]) -> None:
        """The run has these series now."""
        keys = tuple(one.key for one in summaries)
        lines = frozenset(one.key for one in summaries if one.count > 1)
        if (keys, lines) != (self._keys, self._lines):
            self._keys, self._lines = keys, lines
            await self._show_groups()
        self._say()

    def news(self) -> None:
        """The run has logged more."""
        self._news.ask()

    async def _more(self) -> None:
        if self.display:
            self.state.more()
            await self.state.settled()

    async def _show_groups(self) -> None:
        wanted = [key for key in self.mine if key in (self._lines if self._chosen is None else self._chosen)]
        groups = self.groups(wanted)
        if groups != self._groups:
            self._groups = groups
            self._scales = {key: group.scale for group in groups for key in group.keys if group.scale != 1.0}
            grid = self.query_one(ChartGrid)
            await grid.set_panels([Panel(group.title, group.keys, group.names) for group in groups])

    async def _fetch(self, request: SeriesRequest) -> Series:
        series = await self.app.client.series(
            self._run_id, request.keys, buckets=request.buckets, x=request.axis, start=request.start, end=request.end
        )
        for buckets in series.series:
            if scale := self._scales.get(buckets.key):
                for column in (buckets.min, buckets.max, buckets.first, buckets.last, buckets.mean):
                    column[:] = [None if value is None else value / scale for value in column]
        return series

    def _say(self) -> None:
        shown = sum(len(group.keys) for group in self._groups)
        left = Text().append(f"x {AXIS_NAMES[self.state.axis]}", "secondary")
        left.append(f"   smoothing {self.state.smoothing:g}" if self.state.smoothing else "", "secondary")
        self.query_one(OneLine).show(left, Text().append(f"{shown} of {len(self.mine)} series", "muted"))

    def focus_content(self) -> None:
        charts = [chart for chart in self.query_one(ChartGrid).charts if chart.display]
        if charts:
            self.screen.set_focus(charts[0])

    # Keys.

    def action_next_axis(self) -> None:
        self.state.set_axis(AXES[(AXES.index(self.state.axis) + 1) % len(AXES)])
        self._say()

    def action_smooth(self) -> None:
        at = SMOOTHINGS.index(self.state.smoothing) if self.state.smoothing in SMOOTHINGS else 0
        self.state.set_smoothing(SMOOTHINGS[(at + 1) % len(SMOOTHINGS)])
        self._say()

    @work(group="pick", exclusive=True, exit_on_error=False)
    async def action_pick_keys(self) -> None:
        from mltui.console.screens.choose import Choice, Choose

        if not self.mine:
            return
        now = self._lines if self._chosen is None else self._chosen
        what = "space marks, enter shows what is marked"
        choices = [Choice(key, Text(key)) for key in self.mine]
        chosen = await self.app.push_screen_wait(Choose("Series", what, choices, marked=now))
        if chosen is not None:
            self._chosen = tuple(chosen) or None
            await self._show_groups()
            self._say()


class ResourcesTab(ChartsTab):
    """CPU, memory, I/O and GPU of each stage's processes and of the host, as small multiples."""

    EMPTY = "Nothing measured yet. The agent measures each stage while it runs."
    axis: Axis = "relative"

    @property
    def mine(self) -> list[str]:
        return [key for key in self._keys if key.startswith(RESOURCE_PREFIX)]

    def groups(self, keys: Iterable[str]) -> list[Group]:
        return resource_groups(keys, self.stages)

"""What the table of a metric costs: 100 label sets of 500 buckets on a terminal of 200 x 50."""

import asyncio
import time
from collections.abc import Iterator

from textual.app import App, ComposeResult

from benchmarks.chart import HEIGHT, WIDTH, best_ms
from benchmarks.figure import Figure
from benchmarks.metric_charts import gauge
from mltui.console.state.metric_csv import metric_csv
from mltui.console.state.metric_table import metric_table
from mltui.console.theme import DARK
from mltui.console.widgets.exact_table import ExactTable

LABEL_SETS, BUCKETS = 100, 500
PAGES = 20


def figures(quick: bool) -> Iterator[Figure]:
    repeat = 3 if quick else 10
    opened, paged = asyncio.run(_shown_ms(repeat))
    data = gauge(LABEL_SETS, BUCKETS)
    of = f"{LABEL_SETS} label sets x {BUCKETS} buckets"
    yield Figure(name=f"metric table, {of}: open, {WIDTH}x{HEIGHT}", value=opened, unit="ms", aim="< 100")
    yield Figure(name="the same: a page down", value=paged, unit="ms", aim="< 30")
    begun = time.perf_counter()
    metric_csv(metric_table(data, "lines"))
    yield Figure(name="the same: as CSV", value=1000 * (time.perf_counter() - begun), unit="ms")


class _Table(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.animation_level = "none"
        self.table = ExactTable()

    def compose(self) -> ComposeResult:
        yield self.table


async def _shown_ms(repeat: int) -> tuple[float, float]:
    """From the data to the table's first lines; and from a key to the lines of the next page."""
    data = gauge(LABEL_SETS, BUCKETS)
    async with _Table().run_test(size=(WIDTH, HEIGHT)) as pilot:
        table = pilot.app.query_one(ExactTable)
        opened = best_ms(lambda: table.show(metric_table(data, "lines"), None), repeat)
        times = []
        for _ in range(PAGES):
            begun = time.perf_counter()
            table.action_page(1)
            table.repaint_changed()
            times.append(time.perf_counter() - begun)
            await pilot.pause()
    return opened, 1000 * sorted(times)[PAGES // 2]

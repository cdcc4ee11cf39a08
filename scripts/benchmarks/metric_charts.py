"""What one frame of each chart of metrics costs: four label sets of 400 buckets on a terminal of 200 x 50."""

import asyncio
import math
import random
from collections.abc import Iterator
from typing import Any

from textual.app import App, ComposeResult

from benchmarks.chart import BUCKETS, HEIGHT, SERIES, WIDTH, best_ms
from benchmarks.figure import Figure
from mltui.console.theme import DARK
from mltui.console.widgets.chart.chart import Chart
from mltui.console.widgets.chart.choices import choices
from mltui.wire.metrics import (
    EnumData,
    EnumSeries,
    GaugeData,
    GaugeSeries,
    HistogramData,
    HistogramSeries,
    MetricData,
    MetricType,
)

BUCKET_S = 60.0
STATES = ("draining", "failed", "idle", "running")
BANDS = 16


def figures(quick: bool) -> Iterator[Figure]:
    repeat = 3 if quick else 20
    data: dict[MetricType, MetricData] = {
        MetricType.GAUGE: gauge(),
        MetricType.ENUM: _enum(),
        MetricType.HISTOGRAM: _histogram(),
    }
    for kind, shown in data.items():
        for name, chart in choices(kind).items():
            yield Figure(
                name=f"{kind} {name}, {SERIES} label sets x {BUCKETS} buckets, {WIDTH}x{HEIGHT}",
                value=asyncio.run(_frame_ms(chart(), shown, repeat)),
                unit="ms",
                aim="< 10",
            )


class _One(App[None]):
    def __init__(self, chart: Chart[Any]) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.chart = chart

    def compose(self) -> ComposeResult:
        yield self.chart


async def _frame_ms(chart: Chart[Any], data: MetricData, repeat: int) -> float:
    """A frame from new data to the last of its lines."""
    async with _One(chart).run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        return best_ms(lambda: chart.show(data), repeat)


def _times(buckets: int = BUCKETS) -> list[float]:
    return [i * BUCKET_S for i in range(buckets)]


def gauge(label_sets: int = SERIES, buckets: int = BUCKETS) -> GaugeData:
    """Waves with noise, in a band each."""
    chance = random.Random(1)

    def series(number: int) -> GaugeSeries:
        mean: list[float | None] = [math.sin(i / 40 + number) + 0.1 * chance.random() for i in range(buckets)]
        low = [None if value is None else value - 0.1 for value in mean]
        high = [None if value is None else value + 0.1 for value in mean]
        return GaugeSeries(
            labels={"host": f"node-{number}"}, x=_times(buckets), min=low, max=high, first=mean, last=mean, mean=mean,
            count=[9] * buckets, nonfinite=[0] * buckets,
        )  # fmt: skip

    return GaugeData(start=0, end=buckets * BUCKET_S, width=BUCKET_S, series=[series(n) for n in range(label_sets)])


def _enum() -> EnumData:
    chance = random.Random(2)

    def series(number: int) -> EnumSeries:
        columns = {state: [0.0] * BUCKETS for state in STATES}
        for i in range(BUCKETS):
            part = chance.random()
            columns[STATES[i // 7 % 4]][i] += part * BUCKET_S
            columns[STATES[(i // 7 + number) % 4]][i] += (1 - part) * BUCKET_S
        durations = {state: sum(seconds) for state, seconds in columns.items()}
        shares = {state: seconds / (BUCKETS * BUCKET_S) for state, seconds in durations.items()}
        return EnumSeries(
            labels={"host": f"node-{number}"}, x=_times(), states=columns, durations=durations, shares=shares
        )

    return EnumData(
        start=0, end=BUCKETS * BUCKET_S, width=BUCKET_S, states=list(STATES), series=[series(n) for n in range(SERIES)]
    )


def _histogram() -> HistogramData:
    chance = random.Random(3)
    bands = [[float(chance.randrange(1000)) for _ in range(BANDS)] for _ in range(BUCKETS)]
    count = [sum(one) for one in bands]
    sums: list[float | None] = [0.2 * n for n in count]
    quantiles: dict[str, list[float | None]] = {
        quantile: [times * (1.5 + math.sin(i / 40) + 0.1 * chance.random()) for i in range(BUCKETS)]
        for quantile, times in (("0.5", 1), ("0.9", 2), ("0.99", 4))
    }

    def series(labels: dict[str, str]) -> HistogramSeries:
        return HistogramSeries(labels=labels, x=_times(), count=count, sum=sums, quantiles=quantiles)

    return HistogramData(
        start=0, end=BUCKETS * BUCKET_S, width=BUCKET_S, le=[*(2.0**n for n in range(BANDS - 1)), "Infinity"],
        total=series({}), bands=bands, series=[series({"host": f"node-{n}"}) for n in range(SERIES)],
    )  # fmt: skip

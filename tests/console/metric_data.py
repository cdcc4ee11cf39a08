"""Metrics with fixed contents, as the server answers: gauges with a spike and a stretch of NaN, states, latencies."""

import math
from collections import Counter

from mltui.wire.metrics import EnumData, EnumSeries, GaugeData, GaugeSeries, HistogramData, HistogramSeries

START = 1_767_322_800.0
"""2026-01-02 03:00 UTC."""
WIDTH = 30.0
BUCKETS = 120
STATES = ("draining", "failed", "idle", "running")
LE: tuple[float, ...] = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


def times(count: int) -> list[float]:
    return [START + i * WIDTH for i in range(count)]


def _noise(i: int, seed: int) -> float:
    return (i * 2654435761 + seed * 97) % 1000 / 1000 - 0.5


def gauge(sets: int = 4, buckets: int = BUCKETS, *, all_nan: bool = False) -> GaugeData:
    return GaugeData(
        start=START, end=START + buckets * WIDTH, width=WIDTH,
        series=[_gauge_series(number, buckets, all_nan) for number in range(sets)],
    )  # fmt: skip


def _gauge_series(number: int, buckets: int, all_nan: bool) -> GaugeSeries:
    mean: list[float | None] = [
        None if all_nan or (number == 1 and 50 <= i < 60)
        else 40 + 12 * number + 15 * math.sin(i / 14 + number) + 4 * _noise(i, number)
        for i in range(buckets)
    ]  # fmt: skip
    high = [None if v is None else v + (45 if number == 0 and i == 77 else 3) for i, v in enumerate(mean)]
    low = [None if v is None else v - 3 for v in mean]
    return GaugeSeries(
        labels={"host": f"node-{number // 2}", "gpu": str(number % 2), "zone": "a"},
        x=times(buckets), min=low, max=high, first=mean, last=mean, mean=mean,
        count=[6] * buckets, nonfinite=[0 if v is not None else 6 for v in mean],
    )  # fmt: skip


def enum(sets: int = 4, buckets: int = BUCKETS, states: tuple[str, ...] = STATES) -> EnumData:
    series = [_enum_series(number, buckets, states) for number in range(sets)]
    return EnumData(start=START, end=START + buckets * WIDTH, width=WIDTH, states=sorted(states), series=series)


def _enum_series(number: int, buckets: int, states: tuple[str, ...]) -> EnumSeries:
    """States begin within buckets; in the first five buckets of odd label sets none is known."""
    begin = 5 if number % 2 else 0
    xs = times(buckets)[begin:]
    columns = {state: [0.0] * len(xs) for state in states}
    durations: Counter[str] = Counter()
    for second in range(int(len(xs) * WIDTH)):
        weights = [1, 1, 5, 9] if states == STATES else [1] * len(states)
        order = [state for state, weight in zip(states, weights, strict=True) for _ in range(weight)]
        state = order[(second // 95 * 7919 + number * 31) % 104729 % len(order)]
        columns[state][int(second // WIDTH)] += 1.0
        durations[state] += 1
    total = sum(durations.values())
    return EnumSeries(
        labels={"host": f"node-{number}"}, x=xs, states=columns, durations={s: float(durations[s]) for s in states},
        shares={s: durations[s] / total for s in states}, last=states[-1], since=START,
    )  # fmt: skip


def histogram(sets: int = 3, buckets: int = BUCKETS) -> HistogramData:
    """Request times that rise in the middle; nothing was observed in five buckets."""
    kept = [i for i in range(buckets) if not 20 <= i < 25]
    bands = [_bands(i) for i in kept]
    count = [sum(one) for one in bands]
    xs = [times(buckets)[i] for i in kept]
    middle = [0.02 + 0.2 * math.exp(-(((i - buckets / 2) / 12) ** 2)) for i in kept]
    total = HistogramSeries(
        labels={}, x=xs, count=count, sum=[m * n for m, n in zip(middle, count, strict=True)],
        quantiles={q: [m * factor for m in middle] for q, factor in (("0.5", 1.0), ("0.9", 2.1), ("0.99", 4.2))},
    )  # fmt: skip
    series = [
        HistogramSeries(
            labels={"route": f"/v{number}"}, x=xs, count=[n / sets for n in count], quantiles={},
            sum=[
                m * n / sets * (1 + 0.5 * number + 0.6 * _noise(i, number))
                for i, (m, n) in enumerate(zip(middle, count, strict=True))
            ],
        )
        for number in range(sets)
    ]  # fmt: skip
    return HistogramData(
        start=START, end=START + buckets * WIDTH, width=WIDTH, le=[*LE, "Infinity"], total=total, bands=bands,
        series=series,
    )  # fmt: skip


def _bands(i: int) -> list[float]:
    centre = 2.5 + 3.5 * math.exp(-(((i - BUCKETS / 2) / 12) ** 2))
    return [float(round(400 * math.exp(-(((band - centre) / 1.1) ** 2)))) for band in range(len(LE) + 1)]

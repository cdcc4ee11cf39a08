"""The numbers that a metric's chart is drawn from, as a table: one row a time and label set, or part of one. Pure."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from mltui.wire.base import to_float, to_number
from mltui.wire.metrics import EnumData, GaugeData, HistogramData, MetricData

Kind = Literal["time", "text", "number"]
Cell = float | str | None
"""Of a column of times: seconds since 1970. None where there is no value."""
Place = tuple[float, int, int, int]
"""A row: what a crosshair reads there, the label set's number, the bucket's number in it, and the part's."""


class Heading(NamedTuple):
    title: str
    kind: Kind


@dataclass(frozen=True)
class MetricTable:
    """Rows in the order in which a crosshair reads them: of time, then of label sets; cells are made when asked for."""

    headings: tuple[Heading, ...]
    places: Sequence[Place]
    make: Callable[[Place], tuple[Cell, ...]]

    def __len__(self) -> int:
        return len(self.places)

    def cells(self, index: int) -> tuple[Cell, ...]:
        """One for each heading."""
        return self.make(self.places[index])

    def row_at(self, x: float, series: int = 0) -> int:
        """The row nearest to what is read at `x`, and there of the label set number `series` or the next there is."""
        after = min(bisect_left(self.places, (x, 0, 0, 0)), len(self.places) - 1)
        before = max(0, after - 1)
        nearest = min(self.places[before][0], self.places[after][0], key=lambda other: abs(other - x))
        found = bisect_left(self.places, (nearest, series, 0, 0))
        here = found < len(self.places) and self.places[found][0] == nearest
        return found if here else max(0, found - 1)


def metric_table(data: MetricData, chart: str, series: int | None = None) -> MetricTable:
    """What `chart` shows of `data`: parts that are nothing, as a band without observations, have no row.

    `series` is the number of the label set that a pie shows; None for all together.
    """
    match data:
        case GaugeData():
            return _gauge(data)
        case EnumData():
            return _slices(data, series) if chart == "pie" else {"timeline": _states, "bars": _shares}[chart](data)
        case HistogramData():
            return {"heatmap": _bands, "quantiles": _quantiles, "scatter": _means}[chart](data)


_TIME = Heading("time", "time")


def _numbers(*titles: str) -> tuple[Heading, ...]:
    return tuple(Heading(title, "number") for title in titles)


def _label_keys(series: Sequence[dict[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for labels in series for key in labels))


def _texts(titles: Sequence[str]) -> tuple[Heading, ...]:
    return tuple(Heading(title, "text") for title in titles)


def _gauge(data: GaugeData) -> MetricTable:
    keys = _label_keys([one.labels for one in data.series])

    def make(place: Place) -> tuple[Cell, ...]:
        x, number, i, _ = place
        one = data.series[number]
        values = (one.mean[i], one.min[i], one.max[i], one.first[i], one.last[i], one.count[i], one.nonfinite[i])
        return (x, *(one.labels.get(key) for key in keys), *values)

    numbers = _numbers("mean", "min", "max", "first", "last", "count", "nonfinite")
    places = sorted((x, s, i, 0) for s, one in enumerate(data.series) for i, x in enumerate(one.x))
    return MetricTable((_TIME, *_texts(keys), *numbers), places, make)


def _states(data: EnumData) -> MetricTable:
    keys = _label_keys([one.labels for one in data.series])

    def make(place: Place) -> tuple[Cell, ...]:
        x, number, i, part = place
        one, state = data.series[number], data.states[part]
        return (x, *(one.labels.get(key) for key in keys), state, one.states[state][i])

    places = sorted(
        (one.x[i], s, i, part)
        for s, one in enumerate(data.series)
        for part, state in enumerate(data.states)
        for i, seconds in enumerate(one.states.get(state, ()))
        if seconds
    )
    return MetricTable((_TIME, *_texts([*keys, "state"]), *_numbers("seconds")), places, make)


def _shares(data: EnumData) -> MetricTable:
    """Over the whole range. A crosshair reads label set by label set."""
    keys = _label_keys([one.labels for one in data.series])

    def make(place: Place) -> tuple[Cell, ...]:
        one, state = data.series[place[1]], data.states[place[3]]
        return (*(one.labels.get(key) for key in keys), state, one.durations[state], one.shares[state])

    places = [
        (float(s), s, 0, part)
        for s, one in enumerate(data.series)
        for part, state in enumerate(data.states)
        if one.durations.get(state)
    ]
    return MetricTable((*_texts([*keys, "state"]), *_numbers("seconds", "share")), places, make)


def _slices(data: EnumData, series: int | None) -> MetricTable:
    """Over the whole range, slice by slice as a crosshair reads them: the longest first."""
    shown = data.series if series is None else data.series[series : series + 1]
    lasted = {state: sum(one.durations.get(state, 0.0) for one in shown) for state in data.states}
    whole = sum(lasted.values())
    states = sorted((state for state in data.states if lasted[state]), key=lambda state: -lasted[state])

    def make(place: Place) -> tuple[Cell, ...]:
        state = states[place[3]]
        return (state, lasted[state], lasted[state] / whole)

    places = [(float(part), 0, 0, part) for part in range(len(states))]
    return MetricTable((*_texts(["state"]), *_numbers("seconds", "share")), places, make)


def _bands(data: HistogramData) -> MetricTable:
    """All label sets together, as the heatmap has them."""
    bounds = [to_float(bound) for bound in data.le]

    def make(place: Place) -> tuple[Cell, ...]:
        x, _, i, band = place
        return (x, bounds[band - 1] if band else None, bounds[band], data.bands[i][band])

    places = [
        (x, 0, i, band) for i, x in enumerate(data.total.x) for band, observed in enumerate(data.bands[i]) if observed
    ]
    return MetricTable((_TIME, *_numbers("above", "le", "observations")), places, make)


def _quantiles(data: HistogramData) -> MetricTable:
    """All label sets together, as the lines have them."""
    one = data.total
    names = tuple(one.quantiles)

    def make(place: Place) -> tuple[Cell, ...]:
        x, _, i, _ = place
        return (x, *(one.quantiles[name][i] for name in names))

    places = [(x, 0, i, 0) for i, x in enumerate(one.x)]
    return MetricTable((_TIME, *_numbers(*(f"p{float(name) * 100:.10g}" for name in names))), places, make)


def _means(data: HistogramData) -> MetricTable:
    keys = _label_keys([one.labels for one in data.series])

    def make(place: Place) -> tuple[Cell, ...]:
        x, number, i, _ = place
        one = data.series[number]
        total, count = one.sum[i], one.count[i]
        mean = total / count if total is not None and count else None
        return (x, *(one.labels.get(key) for key in keys), mean, total, count)

    places = sorted((x, s, i, 0) for s, one in enumerate(data.series) for i, x in enumerate(one.x))
    return MetricTable((_TIME, *_texts(keys), *_numbers("mean", "sum", "count")), places, make)


def words(value: float) -> str:
    """All digits of it, and the words that JSON uses where there are none.

    >>> words(0.1), words(16.0), words(float("-inf"))
    ('0.1', '16', '-Infinity')
    """
    word = to_number(value)
    return word if isinstance(word, str) else repr(word).removesuffix(".0")

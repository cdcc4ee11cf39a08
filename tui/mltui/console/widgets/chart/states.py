"""States of a metric over time and as parts of it: what is drawn of them, before it is drawn. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mltui.console.format import printable
from mltui.wire.metrics import EnumData, EnumSeries


class Share(NamedTuple):
    """What one state has of the time in which the state is known."""

    state: str
    """As it is drawn."""
    colour: int
    """Its place among all states of the data."""
    share: float
    """Of 1."""
    seconds: float


class Mix(NamedTuple):
    """What is seen of a stretch of time: the state that took most of it, and the next one if there was another."""

    most: int
    next: int | None


def shares(data: EnumData, series: EnumSeries | None) -> list[Share]:
    """Of one label set, or of all together (None), without states that did not last.

    In one order for all: first the state that lasted longest in all label sets together.
    """
    together = {state: sum(one.durations.get(state, 0.0) for one in data.series) for state in data.states}
    total = sum(together.values())
    order = sorted(enumerate(data.states), key=lambda item: -together[item[1]])
    if series is None:
        lasted, parts = together, {state: seconds / total for state, seconds in together.items() if total}
    else:
        lasted, parts = series.durations, series.shares
    return [Share(printable(state), n, parts[state], lasted[state]) for n, state in order if lasted.get(state, 0.0) > 0]


def seconds_at(data: EnumData, series: EnumSeries, bucket: int) -> dict[int, float]:
    """By the state's number: the seconds that it lasted in bucket number `bucket`, without those that did not."""
    columns = ((number, series.states.get(state)) for number, state in enumerate(data.states))
    return {number: seconds[bucket] for number, seconds in columns if seconds is not None and seconds[bucket] > 0}


def mix(seconds: Mapping[int, float]) -> Mix | None:
    """What is seen of them; None where no state is known.

    >>> mix({0: 1.0, 1: 8.5, 2: 0.5})
    Mix(most=1, next=0)
    """
    order = sorted(seconds, key=lambda number: (-seconds[number], number)) if len(seconds) > 1 else list(seconds)
    return Mix(order[0], order[1] if len(order) > 1 else None) if order else None


def lane(data: EnumData, series: EnumSeries, columns: Sequence[range], width: int) -> list[Mix | None]:
    """What is seen in each of `width` columns; `columns` are those that each bucket of the series covers."""
    sums: list[dict[int, float]] = [{} for _ in range(width)]
    for number, state in enumerate(data.states):
        for seconds, covered in zip(series.states.get(state, ()), columns, strict=False):
            if seconds > 0:
                for column in covered:
                    sums[column][number] = sums[column].get(number, 0.0) + seconds
    return [mix(one) for one in sums]


def cuts(parts: Sequence[float], width: int) -> list[int]:
    """Where each of `parts`, which together are 1, ends in `width` columns; the last one ends at `width`.

    >>> cuts([0.5, 0.3, 0.2], 10)
    [5, 8, 10]
    """
    total, ends = 0.0, []
    for part in parts:
        total += part
        ends.append(min(width, int(total * width + 0.5)))
    return [*ends[:-1], width] if ends else []

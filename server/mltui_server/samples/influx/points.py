"""Reading samples: the InfluxQL for it, and pages of it, so that no answer grows with the length of a run.

Every statement has both time bounds, and names a place that `Place.source` quotes.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import pyarrow as pa

from mltui_server.samples.influx.aggregate import Floats, Integers
from mltui_server.samples.influx.client import InfluxClient, Place, Result, Rows
from mltui_server.samples.influx.schema import (
    LAST_TIME,
    MINUS_INF,
    NAN,
    PLUS_INF,
    Layout,
    Measurement,
    condition,
    layout,
    name,
)
from mltui_server.samples.store import Selection

PAGE_ROWS = 100_000
"""Of one answer, over all the series asked for: some 20 MB."""
LEAST_ROWS = 500
STATEMENTS = 200
"""Of one request."""
NONFINITE = {NAN: math.nan, PLUS_INF: math.inf, MINUS_INF: -math.inf}

Places = Mapping[Measurement, Place]


@dataclass(frozen=True)
class Points:
    """Samples of one series, in the order of their times."""

    times: pa.Int64Array
    steps: pa.Int64Array
    """Null where a sample has no step."""
    values: pa.DoubleArray

    def on_axis(self, axis: str) -> tuple[Integers, Floats]:
        """Points of the axis, and values. Samples without a step are not on the step axis."""
        points, values = (self.steps, self.values) if axis == "step" else (self.times, self.values)
        if points.null_count:
            there = points.is_valid()
            points, values = points.filter(there), values.filter(there)
        return points.to_numpy(), values.to_numpy()


@dataclass(frozen=True)
class Reader:
    """Reads series of one run."""

    client: InfluxClient
    places: Places

    async def bounds(self, selection: Selection) -> tuple[int, int] | None:
        """First and last point of the axis over all keys. None: no sample is on it."""
        statements = [
            (place.measurement, statement)
            for place in map(layout, selection.keys)
            for statement in self._bounds_statements(selection, place)
        ]
        found = [
            value for rows in await self._ask(statements) if rows.values for value in _extremes(rows, selection.axis)
        ]
        return (min(found), max(found)) if found else None

    def _bounds_statements(self, selection: Selection, place: Layout) -> list[str]:
        where = f"{self._source(place)} WHERE {condition(selection.run, place)} AND {_times(0, LAST_TIME)}"
        if selection.axis == "step":
            return [f"SELECT min({name(place.step)}), max({name(place.step)}) FROM {where}"]
        return [
            f"SELECT {choice}({name(field)}) FROM {where}"
            for field in (place.value, place.nonfinite)
            for choice in ("first", "last")
        ]

    async def existing(self, selection: Selection, keys: Sequence[str]) -> set[str]:
        """Those of `keys` that have any sample."""
        statements = [
            (place.measurement, self._select(selection.run, place, _times(0, LAST_TIME), 1))
            for place in map(layout, keys)
        ]
        found = await self._ask(statements)
        return {key for key, rows in zip(keys, found, strict=True) if rows.values}

    async def pages(self, selection: Selection) -> AsyncIterator[tuple[str, Points]]:
        """Samples between the bounds: some of one key at a time, the keys in turns, each in the order of its times."""
        first, last = _time_range(selection)
        after = {key: first - 1 for key in selection.keys if first <= last}
        steps = _step_range(selection)
        while after:
            limit = max(LEAST_ROWS, PAGE_ROWS // len(after))
            wanted = list(after.items())[: max(1, PAGE_ROWS // limit)]
            statements = []
            for key, time in wanted:
                place = layout(key)
                where = [_times(time + 1, last)]
                if selection.axis == "step":
                    where += [f"{name(place.step)} >= {steps[0]}", f"{name(place.step)} <= {steps[1]}"]
                statements.append((place.measurement, self._select(selection.run, place, " AND ".join(where), limit)))
            for (key, _), rows in zip(wanted, await self._ask(statements), strict=True):
                if len(rows.values) < limit and not (rows.partial and rows.values):
                    del after[key]
                else:
                    after[key] = rows.values[-1][0]
                if rows.values:
                    yield key, await asyncio.to_thread(_points, rows)

    def _select(self, run: UUID, place: Layout, where: str, limit: int) -> str:
        fields = ", ".join(name(field) for field in (place.value, place.step, place.nonfinite))
        return (
            f"SELECT {fields} FROM {self._source(place)} WHERE {condition(run, place)} AND {where} "
            f"ORDER BY time LIMIT {limit}"
        )

    async def count(self, selection: Selection, key: str) -> int:
        """Samples of the key between the bounds of the step axis."""
        place, (low, high) = layout(key), _step_range(selection)
        step = name(place.step)
        [rows] = await self._ask([(
            place.measurement,
            f"SELECT count({step}) FROM {self._source(place)} WHERE {condition(selection.run, place)} "
            f"AND {_times(0, LAST_TIME)} AND {step} >= {low} AND {step} <= {high}",
        )])  # fmt: skip
        return int(rows.values[0][1]) if rows.values else 0

    def _source(self, place: Layout) -> str:
        return self.places[place.measurement].source(place.measurement)

    async def _ask(self, statements: Sequence[tuple[Measurement, str]]) -> list[Rows]:
        """The rows of each statement, in order. Statements go to the place of their measurement, many at a time."""
        answers: dict[int, Rows] = {}
        for measurement, place in self.places.items():
            mine = [(at, one) for at, (where, one) in enumerate(statements) if where == measurement]
            for start in range(0, len(mine), STATEMENTS):
                part = mine[start : start + STATEMENTS]
                results = await self.client.query(place, [statement for _, statement in part])
                answers |= {at: _only(result) for (at, _), result in zip(part, results, strict=True)}
        return [answers[at] for at in range(len(statements))]


def _only(result: Result) -> Rows:
    return result.series[0] if result.series else Rows()


def _extremes(rows: Rows, axis: str) -> list[int]:
    [row] = rows.values
    return [int(value) for value in row[1:] if value is not None] if axis == "step" else [int(row[0])]


def _times(first: int, last: int) -> str:
    return f"time >= {first} AND time <= {last}"


def _time_range(selection: Selection) -> tuple[int, int]:
    """Whole nanoseconds between the selection's bounds, as far as there can be samples."""
    if selection.axis == "step":
        return 0, LAST_TIME
    low = 0 if selection.low is None else max(0, math.ceil(selection.low))
    return low, LAST_TIME if selection.high is None else min(LAST_TIME, math.floor(selection.high))


def _step_range(selection: Selection) -> tuple[int, int]:
    low = -(2**53) if selection.low is None else math.ceil(selection.low)
    return low, 2**53 if selection.high is None else math.floor(selection.high)


def _points(rows: Rows) -> Points:
    times, values, steps, marks = zip(*rows.values, strict=True)
    if None in values:
        values = tuple(_value(value, mark) for value, mark in zip(values, marks, strict=True))
    points = Points(_integers(times), _integers(steps), pa.array(values, pa.float64(), from_pandas=False))
    if points.values.null_count:
        # Written just now: its step is readable already, its value not yet.
        whole = points.values.is_valid()
        return Points(*(column.filter(whole) for column in (points.times, points.steps, points.values)))
    return points


def _integers(column: Sequence[int | None]) -> pa.Int64Array:
    return pa.array(column, pa.int64())


def _value(value: float | None, mark: int | None) -> float | None:
    return value if value is not None or mark is None else NONFINITE.get(int(mark), math.nan)

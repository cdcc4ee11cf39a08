"""Reading samples one a row: the InfluxQL for it, and pages of it, so that no answer grows with the length of a run."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from mltui_server.samples.grid import StoreAxis
from mltui_server.samples.influx.asking import Asking, Statement, Stretch, all_of
from mltui_server.samples.influx.client import Rows
from mltui_server.samples.influx.schema import MINUS_INF, NAN, PLUS_INF, Layout, condition, layout, name
from mltui_server.samples.influx.series import ABSENT, Integers, Samples

PAGE_ROWS = 100_000
"""Of one answer, over all the series asked for: some 20 MB."""
LEAST_ROWS = 500
NONFINITE = {NAN: math.nan, PLUS_INF: math.inf, MINUS_INF: -math.inf}

Steps = tuple[int, int]
"""The first and the last step wanted."""


@dataclass(frozen=True)
class PointReader:
    asking: Asking

    async def extremes(self, axis: StoreAxis, stretches: Sequence[Stretch]) -> list[int]:
        """Points of the axis, the first and the last among them; none where there are no samples."""
        statements = [one for stretch in stretches for one in self._extremes_statements(axis, stretch)]
        answers = await self.asking.ask(statements)
        return [point for rows in answers for row in rows.values for point in _extremes(row, axis)]

    def _extremes_statements(self, axis: StoreAxis, stretch: Stretch) -> list[Statement]:
        place = layout(stretch.key)
        if axis == "step":
            step = name(place.step)
            return [self._statement(f"min({step}), max({step})", place, stretch.condition)]
        return [
            self._statement(f"{choice}({name(field)})", place, stretch.condition)
            for field in (place.value, place.nonfinite)
            for choice in ("first", "last")
        ]

    async def existing(self, keys: Sequence[str]) -> set[str]:
        """Those that have any sample."""
        found = await self.asking.ask([self._samples(all_of(key), None, "LIMIT 1") for key in keys])
        return {key for key, rows in zip(keys, found, strict=True) if rows.values}

    async def last(self, stretch: Stretch, count: int) -> Samples:
        """The last so many samples, or fewer if there are no more."""
        [rows] = await self.asking.ask([self._samples(stretch, None, f"DESC LIMIT {count}")])
        rows.values.reverse()
        return await asyncio.to_thread(_samples, rows)

    async def first(self, stretches: Sequence[Stretch], count: int) -> list[Samples]:
        """The first so many samples of each stretch, or fewer if there are no more."""
        found = list[Samples]()
        at_once = max(1, PAGE_ROWS // count)
        for start in range(0, len(stretches), at_once):
            some = stretches[start : start + at_once]
            answers = await self.asking.ask([self._samples(one, None, f"LIMIT {count}") for one in some])
            found += [await asyncio.to_thread(_samples, rows) for rows in answers]
        return found

    async def pages(
        self, stretches: Sequence[Stretch], steps: Steps | None = None
    ) -> AsyncIterator[tuple[str, Samples]]:
        """Some samples of one stretch at a time, the stretches in turns, each in the order of its times."""
        left = {number: stretch for number, stretch in enumerate(stretches) if stretch.first <= stretch.last}
        while left:
            limit = max(LEAST_ROWS, PAGE_ROWS // len(left))
            wanted = dict(islice(left.items(), max(1, PAGE_ROWS // limit)))
            statements = [self._samples(stretch, steps, f"LIMIT {limit}") for stretch in wanted.values()]
            for number, rows in zip(wanted, await self.asking.ask(statements), strict=True):
                stretch = left.pop(number)
                if len(rows.values) >= limit or (rows.partial and rows.values):
                    left[number] = stretch._replace(first=rows.values[-1][0] + 1)
                if rows.values:
                    yield stretch.key, await asyncio.to_thread(_samples, rows)

    async def count(self, stretch: Stretch, steps: Steps) -> int:
        """Samples that have one of these steps."""
        place = layout(stretch.key)
        where = f"{stretch.condition} AND {_between(place, steps)}"
        [rows] = await self.asking.ask([self._statement(f"count({name(place.step)})", place, where)])
        return int(rows.values[0][1]) if rows.values else 0

    def _samples(self, stretch: Stretch, steps: Steps | None, order: str) -> Statement:
        place = layout(stretch.key)
        fields = ", ".join(name(field) for field in (place.value, place.step, place.nonfinite))
        where = stretch.condition if steps is None else f"{stretch.condition} AND {_between(place, steps)}"
        return self._statement(fields, place, f"{where} ORDER BY time {order}")

    def _statement(self, what: str, place: Layout, where: str) -> Statement:
        source = self.asking.places[place.measurement].source(place.measurement)
        return Statement(
            place.measurement, f"SELECT {what} FROM {source} WHERE {condition(self.asking.run, place)} AND {where}"
        )


def _between(place: Layout, steps: Steps) -> str:
    return f"{name(place.step)} >= {steps[0]} AND {name(place.step)} <= {steps[1]}"


def _extremes(row: list[int | None], axis: StoreAxis) -> list[int]:
    return [int(value) for value in row[1:] if value is not None] if axis == "step" else [int(row[0] or 0)]


def _samples(rows: Rows) -> Samples:
    times, values, steps, marks = zip(*rows.values, strict=True) if rows.values else ((), (), (), ())
    if None in values:
        values = tuple(_value(value, mark) for value, mark in zip(values, marks, strict=True))
    column = pa.array(values, pa.float64(), from_pandas=False)
    # Written just now: its step is readable already, its value not yet.
    whole = column.is_valid().to_numpy(zero_copy_only=False)
    return Samples(_integers(times)[whole], _integers(steps)[whole], column.to_numpy(zero_copy_only=False)[whole])


def _integers(column: Sequence[int | None]) -> Integers:
    integers: Integers = pa.array(column, pa.int64()).fill_null(ABSENT).to_numpy()
    return integers


def _value(value: float | None, mark: int | None) -> float | None:
    return value if value is not None or mark is None else NONFINITE.get(int(mark), math.nan)

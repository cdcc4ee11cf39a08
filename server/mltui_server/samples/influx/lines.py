"""Samples to line protocol. A million lines a second: one f-string a sample, on a head made once for each series."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import pyarrow as pa
import pyarrow.compute as pc

from mltui_server.samples.influx.schema import MINUS_INF, NAN, PLUS_INF, Layout, Measurement, escaped, layout, line_head
from mltui_server.samples.store import SeriesColumns

BODY_LINES = 20_000
BODY_BYTES = 6_000_000
"""Servers take 8 MB and more."""
TAIL_BYTES = 90
"""The longest value, step and time."""


@dataclass(frozen=True)
class Piece:
    """Samples `start` to `stop` of a series."""

    columns: SeriesColumns
    start: int
    stop: int


@dataclass
class Body:
    """What one request carries: a line a sample, all of one measurement, in the order of `pieces`."""

    measurement: Measurement
    pieces: list[Piece] = field(default_factory=list)
    size: int = 0
    """In bytes, at most."""

    def __len__(self) -> int:
        return sum(piece.stop - piece.start for piece in self.pieces)

    def encode(self) -> bytes:
        return "\n".join([line for piece in self.pieces for line in lines(piece)]).encode()

    def part(self, start: int, stop: int) -> "Body":
        """Lines `start` to `stop`."""
        part = Body(self.measurement)
        ends = accumulate(piece.stop - piece.start for piece in self.pieces)
        for piece, end in zip(self.pieces, ends, strict=True):
            offset = piece.stop - end
            first, last = max(piece.start, start + offset), min(piece.stop, stop + offset)
            if first < last:
                part.pieces.append(Piece(piece.columns, first, last))
        return part


def bodies(columns: Sequence[SeriesColumns]) -> Iterator[Body]:
    """The samples, each once, in bodies of at most BODY_LINES and BODY_BYTES."""
    growing: dict[Measurement, Body] = {}
    for series in columns:
        place = layout(series.name.key)
        cost = len(_head(series, place).encode()) + 2 * len(place.value.encode()) + TAIL_BYTES
        start = 0
        while start < len(series.times):
            body = growing.setdefault(place.measurement, Body(place.measurement))
            room = max(0, min(BODY_LINES - len(body), (BODY_BYTES - body.size) // cost))
            stop = min(len(series.times), start + room)
            if stop > start:
                body.pieces.append(Piece(series, start, stop))
                body.size += cost * (stop - start)
            if stop < len(series.times):
                yield growing.pop(place.measurement)
            start = stop
    yield from (body for body in growing.values() if body.pieces)


def _head(series: SeriesColumns, place: Layout) -> str:
    return line_head(series.name.run, place, series.node if place.measurement == "resource" else "")


def lines(piece: Piece) -> list[str]:
    """One line a sample, without line breaks."""
    series, place = piece.columns, layout(piece.columns.name.key)
    head, count = _head(series, place), piece.stop - piece.start
    values = series.values.slice(piece.start, count)
    steps = series.steps.slice(piece.start, count)
    stamps = series.times.slice(piece.start, count).to_numpy().tolist()
    if steps.null_count == 0 and pc.all(pc.is_finite(values)).as_py():
        head, between = f"{head}{escaped(place.value)}=", f",{escaped(place.step)}="
        rows = zip(values.to_numpy().tolist(), steps.to_numpy().tolist(), stamps, strict=True)
        return [f"{head}{value!r}{between}{step}i {time}" for value, step, time in rows]
    fields = zip(_values(values, place), _steps(steps, place), stamps, strict=True)
    return [f"{head}{value}{step} {time}" for value, step, time in fields]


def _values(values: pa.DoubleArray, place: Layout) -> list[str]:
    """The value's field, or the one that says in which way it is not finite."""
    head, nonfinite = f"{escaped(place.value)}=", escaped(place.nonfinite)
    words = {math.inf: f"{nonfinite}={PLUS_INF}i", -math.inf: f"{nonfinite}={MINUS_INF}i"}
    nan = f"{nonfinite}={NAN}i"
    return [
        f"{head}{value!r}" if math.isfinite(value) else words.get(value, nan) for value in values.to_numpy().tolist()
    ]


def _steps(steps: pa.Int64Array, place: Layout) -> list[str]:
    """The step's field with a comma before it, or nothing."""
    if steps.null_count == len(steps):
        return [""] * len(steps)
    head = f",{escaped(place.step)}="
    return ["" if step is None else f"{head}{step}i" for step in steps.to_pylist()]

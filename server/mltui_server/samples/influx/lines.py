"""Samples to line protocol. Arrow writes the numbers: four times as fast as an f-string a sample, and in parallel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
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
        return b"".join(_text(lines(piece)) for piece in self.pieces)

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


def _text(lines_: pa.StringArray) -> memoryview:
    """All of them, one after another, as they lie in memory."""
    offsets = np.frombuffer(lines_.buffers()[1], np.int32)
    return memoryview(lines_.buffers()[2])[offsets[lines_.offset] : offsets[lines_.offset + len(lines_)]]


def _head(series: SeriesColumns, place: Layout) -> str:
    return line_head(series.name.run, place, series.node if place.measurement == "resource" else "")


def lines(piece: Piece) -> pa.StringArray:
    """One line a sample, each with its line break."""
    series, place = piece.columns, layout(piece.columns.name.key)
    count = piece.stop - piece.start
    return _glued(
        pa.scalar(_head(series, place)),
        _values(series.values.slice(piece.start, count), place),
        _steps(series.steps.slice(piece.start, count), place),
        pa.scalar(" "),
        series.times.slice(piece.start, count).cast(pa.string()),
        pa.scalar("\n"),
    )


def _values(values: pa.DoubleArray, place: Layout) -> pa.StringArray:
    """The value's field, or the one that says in which way it is not finite."""
    finite = _glued(pa.scalar(f"{escaped(place.value)}="), values.cast(pa.string()))
    good = pc.is_finite(values)
    if pc.all(good).as_py():
        return finite
    head = f"{escaped(place.nonfinite)}="
    infinite = pc.if_else(pc.greater(values, 0), f"{head}{PLUS_INF}i", f"{head}{MINUS_INF}i")
    return pc.if_else(good, finite, pc.if_else(pc.is_nan(values), f"{head}{NAN}i", infinite))


def _steps(steps: pa.Int64Array, place: Layout) -> pa.StringArray:
    """The step's field with a comma before it, or nothing."""
    return _glued(pa.scalar(f",{escaped(place.step)}="), steps.cast(pa.string()), pa.scalar("i")).fill_null("")


def _glued(*parts: pa.StringArray | pa.StringScalar) -> pa.StringArray:
    """Texts, one after another in each row; null where one of them is."""
    return pc.binary_join_element_wise(*parts, "")

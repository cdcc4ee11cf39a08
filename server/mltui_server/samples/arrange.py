"""From inbox rows to columns and summaries. Pure: the same rows and last times always give the same result."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from mltui_server.samples.batch import PackedSeries, decode
from mltui_server.samples.nodes import Hosts
from mltui_server.samples.store import SeriesColumns, SeriesName


@dataclass(frozen=True)
class InboxRow:
    id: int
    run: UUID
    body: bytes

    @cached_property
    def series(self) -> Sequence[PackedSeries]:
        """What is in it. Raises ValueError: nothing that we know."""
        return list(decode(self.body))


@dataclass(frozen=True)
class Refusal:
    """A row, or what is refused of it: the body says which."""

    row: InboxRow
    reason: str


@dataclass(frozen=True)
class Unpacked:
    """What the rows hold, by series, in the order of the rows."""

    series: Mapping[SeriesName, list[PackedSeries]]
    refused: Sequence[Refusal]


@dataclass(frozen=True)
class Addition:
    """What a flush adds to one series' summary."""

    name: SeriesName
    count: int
    nonfinite: int
    min: float | None
    max: float | None
    last: float
    last_step: int | None
    first_time: int
    last_time: int


@dataclass(frozen=True)
class Flush:
    """Rows of the inbox on their way to the store."""

    ids: Sequence[int]
    columns: Sequence[SeriesColumns]
    additions: Sequence[Addition]
    refused: Sequence[Refusal] = field(default=())


def unpack(rows: Sequence[InboxRow]) -> Unpacked:
    series: dict[SeriesName, list[PackedSeries]] = {}
    refused = []
    for row in rows:
        try:
            for packed in row.series:
                if packed.times:
                    series.setdefault(SeriesName(row.run, packed.key), []).append(packed)
        except ValueError as error:
            refused.append(Refusal(row, str(error)))
    return Unpacked(series, refused)


class Already(NamedTuple):
    """Of a series that has samples."""

    last_time: int
    samples: int


def arrange(
    rows: Sequence[InboxRow], unpacked: Unpacked, already: Mapping[SeriesName, Already], hosts: Hosts | None = None
) -> Flush:
    """`hosts`: where resource series were measured."""
    columns = [_columns(name, parts, already.get(name), hosts) for name, parts in unpacked.series.items()]
    return Flush([row.id for row in rows], columns, [addition(column) for column in columns], unpacked.refused)


def _columns(
    name: SeriesName, parts: Sequence[PackedSeries], already: Already | None, hosts: Hosts | None
) -> SeriesColumns:
    times = unique_times(_array(pa.int64(), [part.times for part in parts]), already.last_time if already else None)
    values = _array(pa.float64(), [part.values for part in parts])
    node = hosts.host(name, times[0].as_py()) if hosts else ""
    return SeriesColumns(name, times, _steps(parts), values, already.samples if already else 0, node)


def _array(kind: pa.DataType, chunks: Sequence[bytes]) -> pa.Array:
    packed = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    return pa.Array.from_buffers(kind, len(packed) // 8, [None, pa.py_buffer(packed)])


def _steps(parts: Sequence[PackedSeries]) -> pa.Int64Array:
    if all(part.steps is not None for part in parts):
        return _array(pa.int64(), [part.steps or b"" for part in parts])
    return pa.concat_arrays(
        pa.nulls(len(part.times) // 8, pa.int64()) if part.steps is None else _array(pa.int64(), [part.steps])
        for part in parts
    )


def unique_times(times: pa.Int64Array, last: int | None) -> pa.Int64Array:
    """Each time, or one nanosecond after the one before where it is not later: no two of a series are equal."""
    grows = len(times) == 1 or pc.all(pc.greater(times[1:], times[:-1])).as_py()
    if grows and (last is None or times[0].as_py() > last):
        return times
    return pa.array(_pushed(times.to_pylist(), last), pa.int64())


def _pushed(times: Sequence[int], last: int | None) -> Iterator[int]:
    for time in times:
        last = time if last is None or time > last else last + 1
        yield last


def addition(column: SeriesColumns) -> Addition:
    finite = column.values.filter(pc.is_finite(column.values))
    extremes = pc.min_max(finite)
    steps = column.steps if column.steps.null_count == 0 else column.steps.drop_null()
    return Addition(
        name=column.name,
        count=len(column.values),
        nonfinite=len(column.values) - len(finite),
        min=extremes["min"].as_py(),
        max=extremes["max"].as_py(),
        last=column.values[-1].as_py(),
        last_step=steps[-1].as_py() if len(steps) else None,
        first_time=column.times[0].as_py(),
        last_time=column.times[-1].as_py(),
    )

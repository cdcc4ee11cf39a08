"""Points as they were recorded: by page, each with its labels."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache
from typing import Literal
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa

from mltui.wire.base import Page, to_number
from mltui.wire.metrics import MAX_POINTS, MetricPoint, MetricType
from mltui_server.lib.errors import Invalid
from mltui_server.metrics.selecting import Selection
from mltui_server.metrics.times import iso
from mltui_server.samples.points import SCHEMAS, PointRange, PointStore

Order = Literal["asc", "desc"]
Position = tuple[int, int]
"""Time and series of the last point of a page."""
Cursor = tuple[UUID, Order, int, int]
"""Of which metric's list it is, in which order, and the position."""
Labels = Mapping[int, dict[str, str]]

_cursor = msgspec.msgpack.Decoder(Cursor)


async def read_page(
    store: PointStore, selection: Selection, limit: int, cursor: str | None, order: Order
) -> Page[MetricPoint]:
    """By (time, label set), or the reverse. `cursor`: of the page before. Raises Invalid, StoreError."""
    if not 1 <= limit <= MAX_POINTS:
        raise Invalid(f"limit is {limit}; it must be between 1 and {MAX_POINTS}")
    descending, position = order == "desc", _decoded(cursor, selection, order) if cursor else None
    wanted = _from(selection.points, position, descending)
    if not wanted.series or wanted.first > wanted.last:
        return Page(items=[])
    # Of the cursor's time each series may have a point that was on the page before.
    enough, found = limit + 1 + len(wanted.series), SCHEMAS[wanted.type].empty_table()
    async with aclosing(store.read(wanted, descending=descending, limit=enough)) as batches:
        async for batch in batches:
            found = pa.concat_tables([found, pa.Table.from_batches([_beyond(batch, position, descending)])])
            if len(found) > limit:
                break
    page = found.slice(0, limit).combine_chunks()
    following = None
    if len(found) > limit:
        [last] = page.select(["time", "series"]).slice(limit - 1).to_pylist()
        following = _encoded((selection.id, order, last["time"], last["series"]))
    return Page(items=list(points(wanted.type, page, selection.labels)), next=following)


def _from(wanted: PointRange, position: Position | None, descending: bool) -> PointRange:
    if position is None:
        return wanted
    if descending:
        return replace(wanted, last=min(wanted.last, position[0]))
    return replace(wanted, first=max(wanted.first, position[0]))


def _beyond(batch: pa.RecordBatch, position: Position | None, descending: bool) -> pa.RecordBatch:
    """What follows the position, of points from its time on."""
    if position is None:
        return batch
    (time, series), times, ids = position, batch["time"].to_numpy(), batch["series"].to_numpy()
    return batch.filter(pa.array((times != time) | ((ids < series) if descending else (ids > series))))


def _encoded(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def _decoded(text: str, selection: Selection, order: Order) -> Position:
    try:
        metric, its_order, time, series = _cursor.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, msgspec.DecodeError):
        metric = None
    if metric != selection.id:
        raise Invalid(f"cursor={text!r} is not a cursor that this metric gave out")
    if its_order != order:
        raise Invalid(f"the cursor is of order={its_order}, not of order={order}; go on as you began")
    return time, series


def points(type_: MetricType, rows: pa.Table | pa.RecordBatch, labels: Labels) -> Iterator[MetricPoint]:
    """As answers have them."""
    return _POINTS[type_](rows, labels)


def _heads(rows: pa.Table | pa.RecordBatch, labels: Labels) -> Iterator[tuple[str, dict[str, str]]]:
    for time, series in zip(rows["time"].to_pylist(), rows["series"].to_pylist(), strict=True):
        yield iso(time), labels[series]


def _gauges(rows: pa.Table | pa.RecordBatch, labels: Labels) -> Iterator[MetricPoint]:
    for (time, found), value in zip(_heads(rows, labels), rows["value"].to_pylist(), strict=True):
        yield MetricPoint(timestamp=time, labels=found, value=to_number(value))


def _enums(rows: pa.Table | pa.RecordBatch, labels: Labels) -> Iterator[MetricPoint]:
    for (time, found), state in zip(_heads(rows, labels), rows["state"].to_pylist(), strict=True):
        yield MetricPoint(timestamp=time, labels=found, state=state)


def _histograms(rows: pa.Table | pa.RecordBatch, labels: Labels) -> Iterator[MetricPoint]:
    columns = (rows[name].to_pylist() for name in ("le", "n", "sum"))
    for (time, found), le, counts, total in zip(_heads(rows, labels), *columns, strict=True):
        yield MetricPoint(
            timestamp=time,
            labels=found,
            buckets=dict(zip(map(bound_text, le), counts, strict=True)),
            sum=None if total is None else to_number(total),
            count=counts[-1],
        )


_POINTS: Mapping[MetricType, Callable[[pa.Table | pa.RecordBatch, Labels], Iterator[MetricPoint]]] = {
    MetricType.GAUGE: _gauges,
    MetricType.ENUM: _enums,
    MetricType.HISTOGRAM: _histograms,
}


@lru_cache(4096)
def bound_text(bound: float) -> str:
    """As Prometheus writes upper bounds, without a fraction of nothing.

    >>> bound_text(0.5), bound_text(10.0), bound_text(float("inf"))
    ('0.5', '10', '+Inf')
    """
    return "+Inf" if np.isinf(bound) else repr(bound).removesuffix(".0")

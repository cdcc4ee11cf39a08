"""Reading series: what a client asks for on its axis, put to the store on the store's axis, and back."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from mltui.wire.samples import Axis, Series, SeriesBuckets
from mltui_server.db.database import Database
from mltui_server.lib.errors import Invalid, Unavailable
from mltui_server.samples.export import HEADER, begun, csv_lines
from mltui_server.samples.queries import RunClock, matching_keys, run_clock
from mltui_server.samples.store import BucketColumns, Buckets, SampleStore, Selection

MAX_BUCKETS = 5_000
MAX_SERIES = 500
"""Series of one answer."""
READ_TIMEOUT_S = 20.0
SECOND_NS = 10**9


@dataclass(frozen=True)
class Question:
    """What a client asks for. `low` and `high` are in units of the axis: steps, or seconds."""

    run: UUID
    patterns: Sequence[str]
    axis: Axis = "step"
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        for name, bound in (("from", self.low), ("to", self.high)):
            if bound is not None and not abs(bound) < 2**53:
                raise Invalid(f"{name}={bound} is not a point of the {self.axis} axis")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise Invalid(f"from={self.low} is after to={self.high}")


async def read_series(database: Database, store: SampleStore, question: Question, buckets: int) -> Series:
    """Exact buckets of the series asked for. Raises NotFound, Invalid, Unavailable."""
    if not 1 <= buckets <= MAX_BUCKETS:
        raise Invalid(f"buckets={buckets}; it must be between 1 and {MAX_BUCKETS}")
    clock, selection = await _select(database, question)
    if len(selection.keys) > MAX_SERIES:
        raise Invalid(f"{len(selection.keys)} series match; at most {MAX_SERIES} are read at a time, name fewer keys")
    found = await _in_time(store, selection, buckets) if selection.keys else None
    if found is None:
        start, end = question.low or 0.0, question.high or question.low or 0.0
        return Series(axis=question.axis, start=start, end=end, width=0.0, series=[], cursor=clock.version)
    return _answer(found, question, clock)


async def _in_time(store: SampleStore, selection: Selection, buckets: int) -> Buckets | None:
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await store.buckets(selection, buckets)
    except TimeoutError:
        await store.points.answer()
        raise Unavailable(
            f"reading took longer than {READ_TIMEOUT_S:.0f} s; ask for fewer series or a narrower range"
        ) from None


async def read_csv(database: Database, store: SampleStore, question: Question) -> AsyncIterator[bytes]:
    """Every sample as lines of key, step, time, value. Raises NotFound and StoreError before the first of them."""
    _, selection = await _select(database, question)
    return await begun(_csv(store, selection))


async def _csv(store: SampleStore, selection: Selection) -> AsyncGenerator[bytes, None]:
    await store.points.answer()
    yield HEADER
    for key in selection.keys:
        async for batch in store.export(selection, key):
            yield await asyncio.to_thread(csv_lines, key, batch)


async def _select(database: Database, question: Question) -> tuple[RunClock, Selection]:
    async with database.session() as session:
        clock = await run_clock(session, question.run)
        keys = await matching_keys(session, question.run, question.patterns)
    origin = clock.origin if question.axis == "relative" else 0
    return clock, Selection(
        question.run,
        keys,
        "step" if question.axis == "step" else "time",
        _on_store_axis(question.low, question.axis, origin),
        _on_store_axis(question.high, question.axis, origin),
    )


def _on_store_axis(bound: float | None, axis: Axis, origin: int) -> float | None:
    """Seconds to whole nanoseconds; steps as they are."""
    if bound is None or axis == "step":
        return bound
    fraction, whole = math.modf(bound)
    return origin + int(whole) * SECOND_NS + round(fraction * SECOND_NS)


def _answer(found: Buckets, question: Question, clock: RunClock) -> Series:
    unit = 1 if question.axis == "step" else SECOND_NS
    origin = clock.origin if question.axis == "relative" else 0

    def begin(bucket: int) -> float:
        """In the client's unit. Nothing before the lower bound is in the first bucket: it begins there."""
        return (max(found.low, found.grid.border(bucket)) - origin) / unit

    return Series(
        axis=question.axis,
        start=(found.low - origin) / unit,
        end=(found.high - origin) / unit,
        width=found.grid.width / unit,
        series=[_series(columns, begin) for columns in found.series],
        cursor=clock.version,
    )


def _series(columns: BucketColumns, begin: Callable[[int], float]) -> SeriesBuckets:
    return SeriesBuckets(
        key=columns.key,
        x=[begin(index) for index in columns.index],
        min=columns.min,
        max=columns.max,
        first=columns.first,
        last=columns.last,
        mean=columns.mean,
        count=columns.count,
        nonfinite=columns.nonfinite,
    )
